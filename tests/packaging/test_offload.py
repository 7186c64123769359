"""Layers on a GPU for real, where the bundle that `PARLEY_BUNDLE` names has the Vulkan backend and there is a device.

Debian's mesa-vulkan-drivers make one in software, which llama.cpp uses only when it is told so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(os.environ.get("PARLEY_BUNDLE", ""), "parley.exe" if sys.platform == "win32" else "parley")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif("PARLEY_BUNDLE" not in os.environ, reason="the development libraries have no GPU backend"),
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"PARLEY_HOME": str(tmp_path), "GGML_VK_VISIBLE_DEVICES": "0"}


@pytest.fixture
def device(environment: dict[str, str]) -> str:
    """The name of a Vulkan device that the doctor sees."""
    machine = json.loads(said(environment, "doctor", "--json")[-1])["machine"]
    names = [device["name"] for device in machine["devices"] if device["backend"] == "Vulkan"]
    if not names:
        pytest.skip("there is no Vulkan device")
    return str(names[0])


def said(environment: dict[str, str], *arguments: str) -> list[str]:
    done = subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_model_is_planned_for_the_device(environment: dict[str, str], device: str, tiny_gguf: Path) -> None:
    assert device in "\n".join(said(environment, "models", "fit", str(tiny_gguf), "--json"))


def test_one_layer_on_the_device_gives_the_same_words(
    environment: dict[str, str], device: str, tiny_gguf: Path
) -> None:
    question = ["ask", "--model", str(tiny_gguf), "--temporary", "--temperature", "0", "--max-tokens", "4", "Hello"]
    answers = [said(environment, *question, "--gpu-layers", layers) for layers in ("0", "1")]
    assert answers[0] == answers[1] and answers[0] != []
