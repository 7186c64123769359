"""`parley models import owner/name:branch` against a local Hub, in real processes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFReader

from tests.cli.conftest import CommandLine
from tests.download.conftest import Hub, hub  # noqa: F401 - a fixture
from tests.repack import models
from tests.repack.packing import Gptq

REPO, BRANCH = "acme/tiny-GPTQ", "gptq-4bit-32g-actorder_True"
CARD = "---\nprompt_template: 'USER: {prompt}\n\n  ASSISTANT: '\n---\n\n# Tiny\n"


@pytest.fixture
def served(hub: Hub, monkeypatch: Any, tmp_path: Path) -> Hub:  # noqa: F811
    made = models.made_gptq(tmp_path / "made", Gptq(4, 32, act_order=True))
    (made.folder / "chat_template.jinja").unlink()
    for branch in ("main", BRANCH):
        folder = hub.root / REPO / branch
        shutil.copytree(made.folder, folder)
        (folder / "README.md").write_text(CARD)
    monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    return hub


def test_a_branch_is_downloaded_and_made_a_model(parley: CommandLine, served: Hub) -> None:
    result = parley.run("models", "import", f"{REPO}:{BRANCH}", "--remove-original", "--json")
    assert result.code == 0, result
    told = result.records[-1]
    path = Path(told["path"])
    home = parley.home / "data/models/acme" / f"tiny-GPTQ@{BRANCH}"
    assert path == home / f"tiny-GPTQ@{BRANCH}.gguf" and path.is_file()
    assert told["method"] == "GPTQ 4-bit groups of 32" and told["template"] == "card"
    assert told["original_removed"] is True and not (home / "model.safetensors").exists()
    fields = GGUFReader(path).fields
    assert fields["parley.source.repo"].contents() == REPO
    assert fields["parley.source.branch"].contents() == BRANCH
    assert len(fields["parley.source.commit"].contents()) == 40
    assert "USER: " in fields["tokenizer.chat_template"].contents()
