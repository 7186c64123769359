"""Long work on models with its real child: one job after the other, and a stop that always counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.children.child import Child
from app.core.catalog.downloads import CheckFile, FileChecked
from app.core.errors import Cancelled
from app.core.paths import Folders
from app.core.protocol import ChildRole, Event
from app.services.library_work import Job, LibraryWork, Work
from app.services.relay import Relay

Ends = list[tuple[Job, object]]


@pytest.fixture
def checked() -> threading.Event:
    """Set as soon as a child has told of a file, before the window's thread has heard of it."""
    return threading.Event()


@pytest.fixture
def work(qtbot: QtBot, own_home: Path, checked: threading.Event) -> Iterator[LibraryWork]:
    starter = child_starter(ChildRole.DOWNLOAD, Folders.of({"PARLEY_HOME": str(own_home)}), None)

    def start(on_event: Any, on_exit: Any) -> Child:
        def hear(event: Event) -> None:
            on_event(event)
            if isinstance(event, FileChecked):
                checked.set()

        return starter(hear, on_exit)

    made = LibraryWork(start, Relay())
    yield made
    made.shutdown()


@pytest.fixture
def ends(work: LibraryWork) -> Ends:
    """The jobs that are over, each with its error."""
    heard: Ends = []
    work.ended.connect(lambda job, error: heard.append((job, error)))
    return heard


def job(folder: Path, name: str) -> Job:
    """A model of two files to be checked."""
    files = [folder / f"{name}-{number}.gguf" for number in (1, 2)]
    for file in files:
        file.write_bytes(b"GGUF" * 1000)
    return Job(str(files[0]), Work.VERIFYING, [CheckFile(path=str(file)) for file in files])


def test_jobs_are_done_one_after_the_other_and_all_their_files(
    work: LibraryWork, ends: Ends, qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = job(tmp_path, "first"), job(tmp_path, "second")
    work.add(first)
    work.add(second)
    assert work.jobs == (first, second)
    qtbot.waitUntil(lambda: len(ends) == 2)
    assert ends == [(first, None), (second, None)]
    assert [len(done.results) for done, _ in ends] == [2, 2] and work.jobs == ()


def test_a_stop_between_two_files_of_a_model_counts(
    work: LibraryWork, ends: Ends, checked: threading.Event, qtbot: QtBot, tmp_path: Path
) -> None:
    stopped, following = job(tmp_path, "stopped"), job(tmp_path, "following")
    work.add(stopped)
    work.add(following)
    assert checked.wait(30)
    work.stop(stopped.path)
    qtbot.waitUntil(lambda: len(ends) == 2)
    (first, error), (second, nothing) = ends
    assert first is stopped and isinstance(error, Cancelled) and len(stopped.results) == 1
    assert second is following and nothing is None
