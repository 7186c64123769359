"""The Guide on the command line: it answers where no model was ever chosen, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import models
from app.cli.models import NoModelGiven, choose_model
from app.core.engine.guide import guide_file
from app.storage.lane import Lane
from app.storage.stores import open_stores
from tests.cli.conftest import CommandLine


def test_it_answers_on_a_fresh_install(parley: CommandLine) -> None:
    (record,) = parley.done("ask", "--json", "Which file should I take with 8 GB?").records[-1:]
    assert record["model"]["built_in"] is True
    assert record["finish_reason"] == "stop"
    assert "7B" in record["text"] or "8B" in record["text"]
    assert parley.done("models", "list", "--json").records == []


def test_it_steps_back_once_a_model_was_used(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("models", "add", tiny_gguf)
    record = parley.done("ask", "--json", "--max-tokens", "8", "Hi").records[-1]
    assert record["model"]["path"] == str(tiny_gguf)
    assert "built_in" not in record["model"]


def test_a_program_without_it_asks_for_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "guide_file", lambda: None)
    lane = Lane(lambda: open_stores(tmp_path / "parley.sqlite3"))
    try:
        with pytest.raises(NoModelGiven):
            choose_model(lane, None)
    finally:
        lane.close()


def test_its_file_is_small() -> None:
    guide = guide_file()
    assert guide is not None and 0 < guide.identity.bytes <= 12_000_000
