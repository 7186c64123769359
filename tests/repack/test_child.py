"""The repack child as its parent meets it, and `parley models import` from start to end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from app.children.child import Child
from app.children.outcome import Outcome
from app.core.checkpoints.repack import (
    Conversation,
    RepackDone,
    RepackProgress,
    StartRepack,
    TemplateSource,
)
from app.core.checkpoints.repack_errors import NoCheckpoint, TypeNotOffered
from app.core.protocol import Cancel, ChildRole, Failed, Stopped
from tests.cli.conftest import CommandLine
from tests.cli.conftest import parley as parley  # the fixture
from tests.repack import files, models
from tests.repack.packing import Gptq

SECONDS = 60


class RepackChild:
    """A child of the role, and what it says."""

    def __init__(self, log: Path) -> None:
        self.inbox: Queue[Any] = Queue()
        self.child = Child(ChildRole.REPACK, self.inbox.put, self.inbox.put, log=log)
        self.child.start()

    def until(self, *kinds: type) -> Any:
        while True:
            event = self.inbox.get(timeout=SECONDS)
            if isinstance(event, kinds):
                return event
            assert isinstance(event, RepackProgress), event


@pytest.fixture
def child(tmp_path: Path) -> Iterator[RepackChild]:
    made = RepackChild(tmp_path / "log" / "repack.log")
    yield made
    made.child.shutdown()


def test_a_checkpoint_becomes_a_model(child: RepackChild, tmp_path: Path) -> None:
    child.child.send(StartRepack(folder=str(models.BNB8), into=str(tmp_path)))
    report = child.until(RepackDone).report
    assert Path(report.path) == tmp_path / "tiny-bnb8.gguf" and Path(report.path).stat().st_size == report.bytes
    assert report.template is TemplateSource.OWN
    assert [gap.conversation for gap in report.template_gaps] == [Conversation.TOOLS]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "tiny-bnb8.gguf"]


def test_the_cards_template_serves_where_there_is_no_other(child: RepackChild, tmp_path: Path) -> None:
    folder = models.made_gptq(tmp_path / "model", Gptq()).folder
    (folder / "chat_template.jinja").unlink()
    (folder / "README.md").write_text("---\nprompt_template: 'USER: {prompt}\n\n  ASSISTANT: '\n---\n")
    child.child.send(StartRepack(folder=str(folder), into=str(tmp_path)))
    assert child.until(RepackDone).report.template is TemplateSource.CARD


def test_it_serves_on_after_a_failure(child: RepackChild, tmp_path: Path) -> None:
    child.child.send(StartRepack(folder=str(tmp_path / "nowhere"), into=str(tmp_path)))
    assert isinstance(child.until(Failed).failure.error(), NoCheckpoint)
    child.child.send(StartRepack(folder=str(models.BNB8), into=str(tmp_path)))
    child.until(RepackDone)


def test_a_child_that_was_killed_leaves_no_result(child: RepackChild, tmp_path: Path) -> None:
    child.child.send(StartRepack(folder=str(models.BNB8), into=str(tmp_path)))
    child.until(RepackProgress)
    child.child.kill()
    child.until(Outcome, RepackDone)
    again = RepackChild(tmp_path / "log" / "again.log")
    try:
        (tmp_path / "tiny-bnb8.gguf").unlink(missing_ok=True)
        again.child.send(StartRepack(folder=str(models.BNB8), into=str(tmp_path)))
        again.until(RepackDone)
    finally:
        again.child.shutdown()


def test_a_cancelled_one_says_so(child: RepackChild, tmp_path: Path) -> None:
    child.child.send(StartRepack(folder=str(models.BNB8), into=str(tmp_path)))
    child.child.send(Cancel())
    assert isinstance(child.until(Stopped, RepackDone), Stopped)


def test_import_from_the_command_line(parley: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "tiny-model"
    shutil.copytree(models.BNB8, folder)
    result = parley.run("models", "import", str(folder), "--json")
    assert result.code == 0 and "verifying" in result.err
    told = result.records[-1]
    assert told["method"] == "bitsandbytes int8" and told["lossless"] is True
    assert told["tensors"] == {"Q8_0": 28, "F32": 9, "F16": 2}
    assert Path(told["path"]).stat().st_size == told["bytes"] and told["sample"]
    assert (folder / "model.safetensors").exists() and told["original_removed"] is False
    (known,) = [one for one in parley.done("models", "list", "--json").records if one.get("type") != "found"]
    assert known["identity"]["path"] == told["path"]
    making = parley.done("models", "info", told["path"], "--json").records[0]["making"]
    assert (making["method"], making["lossless"]) == ("bitsandbytes int8", True)
    assert "Made from:          model.safetensors" in parley.done("models", "info", told["path"]).out


@pytest.mark.parametrize("name", ["Q8_0", "Q4_K_M"])
def test_import_of_a_chosen_type(name: str, parley: CommandLine, tmp_path: Path) -> None:
    """In the child's own process, and tried by the engine in another."""
    tensors = {name: values.astype("float16") for name, values in models.trained().items()}
    folder = models.lay_out(tmp_path / "plain", tensors, models.config())
    told = parley.run("models", "import", folder, "--type", name, "--folder", tmp_path, "--json").records[-1]
    assert told["path"] == str(tmp_path / f"plain-{name}.gguf") and told["lossless"] is False and told["sample"]
    (known,) = [one for one in parley.done("models", "list", "--json").records if one.get("type") != "found"]
    assert known["identity"]["path"] == told["path"] and known["identity"]["quantization"] == name


def test_import_of_what_cannot_be(parley: CommandLine, tmp_path: Path) -> None:
    result = parley.run("models", "import", str(models.BNB8), "--type", "q4_0", "--json")
    assert result.code == 1 and result.records[-1]["code"] == TypeNotOffered.__name__
    files.write_json(tmp_path / "config.json", {"architectures": ["Odd"]})
    result = parley.run("models", "import", str(tmp_path))
    assert result.code == 1 and "safetensors" in result.err
