"""Repacking as the window uses it: real child processes, one after the other, and a list that survives."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.core.checkpoints.preparing import Original, Preparation, PreparationState, Wishes
from app.core.checkpoints.repack import RepackReport, StartRepack, TypeChoice
from app.core.checkpoints.repack_errors import NoCheckpoint, RepackerLost
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.model_import import ImportState, ModelImport
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.stores import open_stores
from tests.repack import models

MILLISECONDS = 30_000


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], ModelImport]]:
    """Makes a service over the same list; all are ended."""
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    relay = Relay()
    storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
    file = PreparationFile(folders.data / "preparations.json")
    made: list[ModelImport] = []

    def one() -> ModelImport:
        made.append(ModelImport(child_starter(ChildRole.REPACK, folders, None), storage, file, relay))
        return made[-1]

    yield one
    for service in made:
        service.shutdown()
    storage.close()


@pytest.fixture
def imports(make: Callable[[], ModelImport]) -> ModelImport:
    return make()


def command(into: Path, folder: Path = models.BNB8) -> StartRepack:
    return StartRepack(folder=str(folder), into=str(into))


def states(service: ModelImport) -> list[PreparationState]:
    return [one.state for one in service.preparations]


def test_it_tells_how_far_it_is_and_what_came_of_it(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    told: list[object] = []
    imports.progress.connect(lambda _, progress: told.append(progress))
    with qtbot.waitSignal(imports.finished, timeout=MILLISECONDS) as signal:
        imports.add("tiny", command(tmp_path), Wishes())
    (done,) = signal.args
    assert isinstance(done, Preparation) and isinstance(done.report, RepackReport)
    assert told and imports.state is ImportState.IDLE and states(imports) == [PreparationState.DONE]
    assert (tmp_path / "tiny-bnb8.gguf").is_file()
    imports.clear(done.id)
    assert imports.preparations == [] and (tmp_path / "tiny-bnb8.gguf").is_file()


def test_the_next_one_begins_when_one_is_over(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    failures: list[object] = []
    imports.problem.connect(failures.append)
    with qtbot.waitSignals([imports.problem, imports.finished], timeout=MILLISECONDS, order="strict"):
        imports.add("nowhere", command(tmp_path, tmp_path / "nowhere"), Wishes())
        imports.add("tiny", command(tmp_path), Wishes())
        assert states(imports) == [PreparationState.RUNNING, PreparationState.QUEUED]
    assert [type(error) for error in failures] == [NoCheckpoint]
    assert states(imports) == [PreparationState.FAILED, PreparationState.DONE]


def test_stopping_and_going_on(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    imports.add("tiny", command(tmp_path), Wishes())
    (number,) = (one.id for one in imports.preparations)
    imports.stop(number)
    qtbot.waitUntil(lambda: states(imports) == [PreparationState.STOPPED], timeout=MILLISECONDS)
    assert not (tmp_path / "tiny-bnb8.gguf").exists()
    with qtbot.waitSignal(imports.finished, timeout=MILLISECONDS):
        imports.retry(number)
    assert (tmp_path / "tiny-bnb8.gguf").is_file()


def test_a_child_that_is_lost(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    imports.progress.connect(lambda *_: imports._child and imports._child.kill())
    with qtbot.waitSignal(imports.problem, timeout=MILLISECONDS) as signal:
        imports.add("tiny", command(tmp_path), Wishes())
    assert isinstance(signal.args[0], RepackerLost)
    assert states(imports) == [PreparationState.FAILED]


def test_what_was_under_way_goes_on_with_the_next_start(
    make: Callable[[], ModelImport], qtbot: QtBot, tmp_path: Path
) -> None:
    first = make()
    first.add("tiny", command(tmp_path), Wishes(choice=None))
    first.add("other", command(tmp_path / "other"), Wishes())
    first.shutdown()
    second = make()
    with qtbot.waitSignals([second.finished, second.finished], timeout=MILLISECONDS):
        second.restore()
    assert [one.name for one in second.preparations] == ["tiny", "other"]
    assert (tmp_path / "tiny-bnb8.gguf").is_file() and (tmp_path / "other" / "tiny-bnb8.gguf").is_file()


def test_the_original_goes_only_when_the_result_is_there(imports: ModelImport, qtbot: QtBot, tmp_path: Path) -> None:
    folder = shutil.copytree(models.BNB8, tmp_path / "mine")
    weights = folder / "model.safetensors"
    wrong = StartRepack(folder=str(folder), into=str(tmp_path), choice=TypeChoice.Q4_0)
    with qtbot.waitSignal(imports.problem, timeout=MILLISECONDS):
        imports.add("wrong", wrong, Wishes(original=Original.DELETE))
    assert weights.is_file()
    with qtbot.waitSignal(imports.finished, timeout=MILLISECONDS):
        imports.add("mine", command(tmp_path, folder), Wishes(original=Original.DELETE))
    qtbot.waitUntil(lambda: not weights.exists())
    assert (tmp_path / "mine.gguf").is_file() and (folder / "config.json").is_file()


def test_a_list_that_cannot_be_read_is_empty(make: Callable[[], ModelImport], qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "home" / "data" / "preparations.json"
    path.parent.mkdir(parents=True)
    path.write_text("[{")
    service = make()
    with qtbot.waitSignal(service.changed):
        service.restore()
    assert service.preparations == []
