"""`parley models import owner/name:branch` against a local Hub, in real processes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFReader

from app.core.checkpoints.repack_errors import TypeNotOffered
from tests.cli.conftest import CommandLine
from tests.download.conftest import Hub, hub  # noqa: F401 - a fixture
from tests.repack import models, shards
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


def test_shards_are_prepared_while_they_arrive(parley: CommandLine, served: Hub) -> None:
    shards.split(served.root / REPO / "main", 4)
    kept = parley.run("models", "import", f"{REPO}:main", "--json", "--folder", str(parley.home / "kept"))
    assert kept.code == 0, kept
    home = parley.home / "data/models/acme/tiny-GPTQ"
    assert len(list(home.glob("*.safetensors"))) == 4
    for path in home.iterdir():
        path.unlink()
    served.server.log.clear()
    gone = parley.run("models", "import", f"{REPO}:main", "--remove-original", "--json")
    assert gone.code == 0 and "Each of 4 shards is prepared" in gone.err, gone
    told = gone.records[-1]
    assert Path(told["path"]) == home / "tiny-GPTQ.gguf" and told["original_removed"] is True and told["sample"]
    assert Path(told["path"]).read_bytes() == Path(kept.records[-1]["path"]).read_bytes()
    assert not list(home.glob("*.safetensors"))
    again = parley.run("models", "import", f"{REPO}:main", "--remove-original", "--json")
    assert again.code == 0 and again.records[-1]["bytes"] == told["bytes"]


def test_what_cannot_be_prepared_is_refused_at_once(parley: CommandLine, served: Hub) -> None:
    folder = served.root / REPO / "main"
    shards.split(folder, 4)
    result = parley.run("models", "import", f"{REPO}:main", "--remove-original", "--type", "q4_0", "--json")
    assert result.code == 1 and result.records[-1]["code"] == TypeNotOffered.__name__
    home = parley.home / "data/models/acme/tiny-GPTQ"
    assert not list(home.glob("*.safetensors")) and not list(home.glob("*.part"))
