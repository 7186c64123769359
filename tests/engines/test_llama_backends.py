"""Plugins that cannot work are named with their reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.engines.llama import native
from app.engines.llama.backends import IdleBackend, idle_backends

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the plugins are made for this loader")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Like that of an installed bundle: a variant for the processor, and two backends for GPUs.

    One needs a driver's library that is not there, the other loads but registers nothing.
    """
    driver, code = tmp_path / "libdriver-of-nobody.so.1", tmp_path / "empty.c"
    code.touch()
    name = f"-Wl,-soname,{driver.name}"
    _compile(code, "-o", str(driver), name)
    _compile(code, "-o", str(tmp_path / "libggml-cuda.so"), "-Wl,--no-as-needed", str(driver))
    _compile(code, "-o", str(tmp_path / "libggml-vulkan.so"))
    for part in ("libggml-base.so", "libggml-cpu-haswell.so", "libllama.so"):
        (tmp_path / part).touch()
    driver.unlink()
    return tmp_path


def _compile(code: Path, *options: str) -> None:
    subprocess.run(["cc", "-shared", str(code), *options], check=True)


def test_a_missing_driver_is_the_reason(folder: Path) -> None:
    cuda, vulkan = idle_backends(folder, ["CPU"])
    assert cuda.name == "cuda"
    assert cuda.reason.startswith("libdriver-of-nobody.so.1: ")
    assert "could not be loaded (libdriver-of-nobody.so.1: " in cuda.sentence
    assert vulkan == IdleBackend("vulkan", "")
    assert vulkan.sentence.startswith("The backend for Vulkan found nothing to compute on.")


def test_a_backend_at_work_needs_no_words(folder: Path) -> None:
    assert idle_backends(folder, ["CPU", "CUDA", "Vulkan"]) == []


def test_the_development_libraries_have_no_idle_backend(engine: object) -> None:
    assert "CPU" in native.registered_backends()
    assert idle_backends(native.LIBRARIES, native.registered_backends()) == []
