"""Repacking as the window uses it: real child processes, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.program import child_starter
from app.core.errors import Cancelled
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.core.repack import RepackReport, StartRepack
from app.core.repack_errors import NoCheckpoint, RepackerLost
from app.services.model_import import ImportState, ModelImport
from app.services.relay import Relay
from tests.repack import models

MILLISECONDS = 30_000


@pytest.fixture
def imports(qtbot: QtBot, tmp_path: Path) -> Iterator[ModelImport]:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    service = ModelImport(child_starter(ChildRole.REPACK, folders, None), Relay())
    yield service
    service.shutdown()


def command(into: Path, folder: Path = models.BNB8) -> StartRepack:
    return StartRepack(folder=str(folder), into=str(into))


def test_it_tells_how_far_it_is_and_what_came_of_it(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    told: list[object] = []
    imports.progress.connect(lambda _, progress: told.append(progress))
    with qtbot.waitSignal(imports.finished, timeout=MILLISECONDS) as signal:
        imports.add(command(tmp_path))
    asked, report = signal.args
    assert asked == command(tmp_path) and isinstance(report, RepackReport)
    assert told and imports.state is ImportState.IDLE
    assert (tmp_path / "tiny-bnb8.gguf").is_file()


def test_the_next_one_begins_when_one_is_over(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    failures: list[object] = []
    imports.failed.connect(lambda _, error: failures.append(error))
    with qtbot.waitSignals([imports.failed, imports.finished], timeout=MILLISECONDS, order="strict"):
        imports.add(command(tmp_path, tmp_path / "nowhere"))
        imports.add(command(tmp_path))
        assert len(imports.waiting) == 2
    assert [type(error) for error in failures] == [NoCheckpoint]


def test_stopping(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(imports.failed, timeout=MILLISECONDS) as signal:
        imports.add(command(tmp_path))
        imports.stop(command(tmp_path))
    assert isinstance(signal.args[1], Cancelled)
    assert not (tmp_path / "tiny-bnb8.gguf").exists()


def test_a_child_that_is_lost(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    imports.progress.connect(lambda *_: imports._child and imports._child.kill())
    with qtbot.waitSignal(imports.failed, timeout=MILLISECONDS) as signal:
        imports.add(command(tmp_path))
    assert isinstance(signal.args[1], RepackerLost)
