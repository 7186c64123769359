"""Repacking as the window uses it: real child processes, one after the other, and a list that survives."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from app.children.child import Child
from app.children.outcome import OutcomeKind
from app.core.checkpoints.preparing import Original, Preparation, PreparationState, Wishes
from app.core.checkpoints.repack import RepackActivity, RepackProgress, RepackReport, StartRepack, TypeChoice
from app.core.checkpoints.repack_errors import NoCheckpoint, RepackerLost
from app.core.paths import Folders
from app.core.protocol import VERSION, ChildRole, Event, Hello, encode
from app.services import model_import
from app.services.model_import import ImportState, ModelImport
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.stores import open_stores
from tests.repack import models

MILLISECONDS = 30_000


@dataclass
class Bench:
    """Makes services over the same list, and keeps the children that they start."""

    folders: Folders
    relay: Relay
    storage: Storage
    made: list[ModelImport] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    program: list[str] | None = None

    @property
    def file(self) -> PreparationFile:
        """The list on the disk."""
        return PreparationFile(self.folders.data / "preparations.json")

    def __call__(self) -> ModelImport:
        self.made.append(ModelImport(self._start, self.storage, self.file, self.relay))
        return self.made[-1]

    def _start(self, on_event: Any, on_exit: Any) -> Child:
        log = self.folders.logs / "repack.log"
        self.children.append(Child(ChildRole.REPACK, on_event, on_exit, log=log, command=self.program))
        return self.children[-1]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    """All services are ended, and no child outlives them."""
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    relay = Relay()
    bench = Bench(folders, relay, Storage(Lane(lambda: open_stores(folders.database)), relay))
    yield bench
    for service in bench.made:
        service.shutdown()
    bench.storage.close()
    assert all(child.wait(0) for child in bench.children)


@pytest.fixture
def imports(make: Bench) -> ModelImport:
    return make()


def never_ready(tmp_path: Path, *said: Event) -> list[str]:
    """A child that greets, says this, and then does nothing that it is asked for."""
    frames = b"".join(map(encode, (Hello(version=VERSION, role="repack", pid=0), *said)))
    script = tmp_path / "never_ready.py"
    script.write_text(f"import sys\nsys.stdout.buffer.write({frames!r})\nsys.stdout.flush()\nsys.stdin.read()\n")
    return [sys.executable, str(script)]


@pytest.fixture
def deaf(make: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelImport:
    """Its children greet, and then do nothing that they are asked for; it has no patience with them."""
    monkeypatch.setattr(model_import, "_STOP_MS", 0)
    make.program = never_ready(tmp_path)
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


def test_one_that_waits_is_stopped_without_the_one_at_work(deaf: ModelImport, make: Bench, tmp_path: Path) -> None:
    deaf.add("first", command(tmp_path / "first"), Wishes())
    deaf.add("second", command(tmp_path / "second"), Wishes())
    deaf.stop(deaf.preparations[1].id)
    assert states(deaf) == [PreparationState.RUNNING, PreparationState.STOPPED]
    assert deaf.state is ImportState.WORKING and len(make.children) == 1


def test_a_child_that_does_not_stop_is_killed_and_the_next_one_is_not(
    deaf: ModelImport, make: Bench, qtbot: QtBot, tmp_path: Path
) -> None:
    problems: list[object] = []
    deaf.problem.connect(problems.append)
    deaf.add("stopped", command(tmp_path / "first"), Wishes())
    deaf.add("next", command(tmp_path / "second"), Wishes())
    deaf.stop(deaf.preparations[0].id)
    assert deaf.state is ImportState.STOPPING
    qtbot.waitUntil(lambda: states(deaf) == [PreparationState.STOPPED, PreparationState.RUNNING])
    assert [child.outcome.kind for child in make.children] == [OutcomeKind.KILLED, OutcomeKind.RUNNING]
    assert deaf.state is ImportState.WORKING and not problems


def test_a_child_that_is_lost(imports: ModelImport, make: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    make.program = never_ready(tmp_path, RepackProgress(RepackActivity.WRITING))
    imports.progress.connect(lambda *_: make.children[0].kill())
    with qtbot.waitSignal(imports.problem, timeout=MILLISECONDS) as signal:
        imports.add("tiny", command(tmp_path), Wishes())
    make.program = None
    assert isinstance(signal.args[0], RepackerLost)
    assert states(imports) == [PreparationState.FAILED]
    with qtbot.waitSignal(imports.finished, timeout=MILLISECONDS):
        imports.retry(imports.preparations[0].id)
    assert len(make.children) == 2 and states(imports) == [PreparationState.DONE]


def test_closing_ends_the_child_and_what_it_did_counts_as_under_way(
    imports: ModelImport, make: Bench, qtbot: QtBot, tmp_path: Path
) -> None:
    problems: list[object] = []
    imports.problem.connect(problems.append)
    make.program = never_ready(tmp_path, RepackProgress(RepackActivity.WRITING))
    with qtbot.waitSignal(imports.progress, timeout=MILLISECONDS):
        imports.add("tiny", command(tmp_path), Wishes())
    imports.shutdown()
    assert make.children[0].wait(0)
    assert make.storage.lane.submit(lambda _: make.file.read()).result(10) == imports.preparations
    assert states(imports) == [PreparationState.RUNNING] and not problems


def test_what_was_kept_stays_on_the_disk_while_something_new_is_at_work(
    deaf: ModelImport, make: Bench, qtbot: QtBot, tmp_path: Path
) -> None:
    earlier = Preparation(id=1, name="kept", command=command(tmp_path), original=Original.KEEP)
    make.file.write([msgspec.structs.replace(earlier, state=PreparationState.STOPPED)])
    deaf.restore()
    deaf.add("new", command(tmp_path / "new"), Wishes())
    qtbot.waitUntil(lambda: len(deaf.preparations) == 2)
    on_disk = make.storage.lane.submit(lambda _: make.file.read()).result(10)
    assert [one.name for one in on_disk] == ["kept", "new"]


def test_what_was_under_way_goes_on_with_the_next_start(make: Bench, qtbot: QtBot, tmp_path: Path) -> None:
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


def test_a_list_that_cannot_be_read_is_empty(make: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "home" / "data" / "preparations.json"
    path.parent.mkdir(parents=True)
    path.write_text("[{")
    service = make()
    with qtbot.waitSignal(service.changed):
        service.restore()
    assert service.preparations == []
