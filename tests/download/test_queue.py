"""The window's queue: real children, a real database, and a window process that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.catalog.fetch.journal import Journal, Pins, journal_of, kept_bytes, part_of
from app.children.child import Child
from app.core.catalog.download_errors import DownloaderLost, LeftBehind, NotOnHub
from app.core.catalog.downloads import (
    Download,
    DownloadDone,
    DownloadFailed,
    DownloadProgress,
    DownloadState,
    LimitDownload,
)
from app.core.catalog.hub import RemoteFile
from app.core.catalog.hub_errors import Offline
from app.core.errors import ParleyError
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.download_queue import DownloadQueue
from app.services.leftovers import delete_leftovers
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.stores import open_stores
from tests.download.conftest import MIB, DownloadChild, Hub

SECONDS = 30_000


@pytest.fixture
def open_queue(qtbot: QtBot, hub: Hub, tmp_path: Path, monkeypatch: Any) -> Iterator[Callable[[], DownloadQueue]]:
    monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    folders = Folders.of(os.environ)
    opened: list[tuple[DownloadQueue, Storage]] = []
    children: list[Child] = []

    def new_child(on_event: Any, on_exit: Any) -> Child:
        children.append(Child(ChildRole.DOWNLOAD, on_event, on_exit, log=folders.logs / "download.log"))
        return children[-1]

    def start() -> DownloadQueue:
        relay = Relay()
        storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
        queue = DownloadQueue(new_child, storage, relay)
        queue.problems = []  # type: ignore[attr-defined]
        queue.problem.connect(queue.problems.append)  # type: ignore[attr-defined]
        opened.append((queue, storage))
        return queue

    yield start
    for queue, storage in opened:
        queue.shutdown()
        storage.lane.close()
    for child in children:
        assert child.wait(10)


def states(queue: DownloadQueue) -> list[DownloadState]:
    return [download.state for download in queue.downloads]


def stored(tmp_path: Path) -> list[Download]:
    stores = open_stores(Folders.of({"PARLEY_HOME": str(tmp_path)}).database)
    try:
        return stores.downloads.list()
    finally:
        stores.database.close()


def add(queue: DownloadQueue, hub: Hub, folder: Path, *files: RemoteFile) -> None:
    queue.add(files[0].path, hub.source(*files), folder)


def test_downloads_run_one_after_the_other_and_tell_when_they_are_done(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    files = [hub.put(f"{name}.gguf", 2 * MIB) for name in "ab"]
    done: list[str] = []
    queue.finished.connect(lambda download: done.append(download.name))
    for file in files:
        add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: len(done) == 2, timeout=SECONDS)
    assert done == ["a.gguf", "b.gguf"]
    assert states(queue) == [DownloadState.DONE] * 2
    assert all((folder / file.path).read_bytes() == hub.data(file) for file in files)
    qtbot.waitUntil(lambda: [d.state for d in stored(tmp_path)] == [DownloadState.DONE] * 2, timeout=SECONDS)


def test_pause_resume_order_and_cancel(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB, times=-1)
    first, second, third = (hub.put(f"{name}.gguf", 8 * MIB) for name in "abc")
    for file in (first, second, third):
        add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: len(queue.downloads) == 3 and queue.downloads[0].done > 0, timeout=SECONDS)
    assert states(queue) == [DownloadState.RUNNING, DownloadState.QUEUED, DownloadState.QUEUED]
    a, b, c = (download.id for download in queue.downloads)
    queue.move(c, 1)
    queue.pause(a)
    qtbot.waitUntil(lambda: states(queue)[0] is DownloadState.PAUSED, timeout=SECONDS)
    assert [(d.id, d.state) for d in queue.downloads[1:]] == [(c, DownloadState.RUNNING), (b, DownloadState.QUEUED)]
    kept = kept_bytes(folder / "a.gguf")
    assert kept > 0
    qtbot.waitUntil(lambda: queue.downloads[1].done > 0, timeout=SECONDS)
    queue.cancel(c)
    qtbot.waitUntil(lambda: not part_of(folder / "c.gguf").exists(), timeout=SECONDS)
    assert not (folder / "c.gguf").exists()
    hub.faults.clear()
    queue.resume(a)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE] * 2, timeout=SECONDS)
    assert [download.id for download in stored(tmp_path)] == [a, b]
    assert queue.problems == []  # type: ignore[attr-defined]


def test_more_bytes_than_a_c_int_holds(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    size, target = 5_000_000_000, tmp_path / "models" / "a.gguf"
    target.parent.mkdir()
    target.touch()
    os.truncate(target, size)
    hub.put("b.gguf", 10)
    source = hub.source(RemoteFile("a.gguf", size, "0" * 64))
    pins = Pins(repo=source.repo, commit=source.commit, path="a.gguf", bytes=size, sha256="0" * 64)
    with closing(Journal.open(journal_of(target), pins)) as journal:
        journal.pin(completed=1.0)
    queue = open_queue()
    queue.add("a", source, target.parent)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)
    assert queue.downloads[0].done == size


def test_a_failure_is_kept_and_can_be_retried(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    hub.faults.add("status", r"HEAD /acme", status=404)
    add(queue, hub, folder, hub.put("a.gguf", MIB))
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.FAILED], timeout=SECONDS)
    problems: list[ParleyError] = queue.problems  # type: ignore[attr-defined]
    assert [type(problem) for problem in problems] == [NotOnHub]
    queue.resume(queue.downloads[0].id)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)


def test_a_start_without_the_network_pauses_what_ran_until_it_is_wanted_again(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, folder, file = open_queue(), tmp_path / "models", hub.put("a.gguf", 8 * MIB)
    monkeypatch.setattr("app.services.download_queue._KEEP_SECONDS", 0.0)
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB)
    add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: [d.done > 0 for d in stored(tmp_path)] == [True], timeout=SECONDS)
    queue.shutdown()
    done = stored(tmp_path)[0].done

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    queue = open_queue()
    queue.restore()
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.PAUSED], timeout=SECONDS)
    (download,) = queue.downloads
    assert download.failure is not None and isinstance(download.failure.error(), Offline)
    assert download.done == done

    monkeypatch.delenv("HF_HUB_OFFLINE")
    queue.resume(download.id)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)
    assert (folder / "a.gguf").read_bytes() == hub.data(file)


def test_a_killed_child_is_a_failure_that_loses_nothing(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB)
    file = hub.put("a.gguf", 8 * MIB)
    add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: bool(queue.downloads) and queue.downloads[0].done > 0, timeout=SECONDS)
    for process in psutil.Process().children():
        if "download" in process.cmdline():
            process.kill()
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.FAILED], timeout=SECONDS)
    problems: list[ParleyError] = queue.problems  # type: ignore[attr-defined]
    assert isinstance(problems[0], DownloaderLost)
    queue.resume(queue.downloads[0].id)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)
    assert (folder / "a.gguf").read_bytes() == hub.data(file)


def test_what_cannot_be_deleted_is_told_and_keeps_nothing_else(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    hub.faults.add("status", r"HEAD /acme", status=404, times=-1)
    files = [hub.put(f"{name}.gguf", MIB) for name in "ab"]
    add(queue, hub, folder, *files)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.FAILED], timeout=SECONDS)
    part_of(folder / "a.gguf").mkdir()
    part_of(folder / "b.gguf").touch()
    queue.cancel(queue.downloads[0].id)
    problems: list[ParleyError] = queue.problems  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: len(problems) == 2, timeout=SECONDS)
    assert isinstance(problems[1], LeftBehind)
    assert queue.downloads == []
    assert not part_of(folder / "b.gguf").exists()


def test_what_is_given_up_and_wanted_again_waits_until_all_of_it_is_deleted(
    open_queue: Callable[[], DownloadQueue],
    hub: Hub,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, folder, disk = open_queue(), tmp_path / "models", threading.Event()
    begun: list[bool] = []

    def slowly(download: Download) -> None:
        begun.append(part_of(folder / "a.gguf").exists())
        disk.wait()
        delete_leftovers(download)

    monkeypatch.setattr("app.services.download_queue.delete_leftovers", slowly)
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB)
    file = hub.put("a.gguf", 8 * MIB)
    add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: bool(queue.downloads) and queue.downloads[0].done > 0, timeout=SECONDS)
    queue.cancel(queue.downloads[0].id)
    add(queue, hub, folder, file)
    add(queue, hub, tmp_path / "elsewhere", file)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.QUEUED, DownloadState.DONE], timeout=SECONDS)
    assert begun == [True]
    disk.set()
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE] * 2, timeout=SECONDS)
    assert (folder / "a.gguf").read_bytes() == hub.data(file)
    assert queue.problems == []  # type: ignore[attr-defined]


def test_giving_up_here_leaves_alone_what_another_process_downloads(
    open_queue: Callable[[], DownloadQueue],
    child: Callable[..., DownloadChild],
    hub: Hub,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    queue, folder, file = open_queue(), tmp_path / "models", hub.put("a.gguf", 2 * MIB)
    other = child()
    other.start(hub, hub.source(file), folder, limit=1024)
    while not part_of(folder / "a.gguf").exists():
        other.until(DownloadProgress)
    add(queue, hub, folder, file)
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.FAILED], timeout=SECONDS)
    queue.cancel(queue.downloads[0].id)
    queue.shutdown()
    other.send(LimitDownload(limit=0))
    assert isinstance(other.until(DownloadDone, DownloadFailed), DownloadDone)
    assert (folder / "a.gguf").read_bytes() == hub.data(file)


def test_a_download_that_is_given_up_as_the_program_ends_leaves_nothing(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    queue, folder = open_queue(), tmp_path / "models"
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB)
    add(queue, hub, folder, hub.put("a.gguf", 8 * MIB))
    qtbot.waitUntil(lambda: bool(queue.downloads) and queue.downloads[0].done > 0, timeout=SECONDS)
    queue.cancel(queue.downloads[0].id)
    queue.shutdown()
    assert list(folder.iterdir()) == []


WINDOW = """
import os, sys
from pathlib import Path
import msgspec
from PySide6.QtCore import QCoreApplication
from app.children.child import Child
from app.core.catalog.downloads import Source
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.download_queue import DownloadQueue
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.stores import open_stores

application = QCoreApplication([])
folders, relay = Folders.of(os.environ), Relay()
storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
log = folders.logs / "download.log"
queue = DownloadQueue(lambda e, x: Child(ChildRole.DOWNLOAD, e, x, log=log), storage, relay)
queue.progress.connect(lambda _, progress: print(progress.done, flush=True))
queue.add("a.gguf", msgspec.json.decode(sys.argv[1], type=Source), Path(sys.argv[2]))
application.exec()
"""


def test_the_queue_survives_a_kill_of_the_windows_process(
    open_queue: Callable[[], DownloadQueue], hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    import msgspec

    folder, file = tmp_path / "models", hub.put("a.gguf", 8 * MIB)
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB)
    command = [sys.executable, "-c", WINDOW, msgspec.json.encode(hub.source(file)).decode(), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        while int(window.stdout.readline()) == 0:
            pass
        (child,) = psutil.Process(window.pid).children()
        window.send_signal(signal.SIGKILL)
        window.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    assert [download.state for download in stored(tmp_path)] == [DownloadState.RUNNING]
    kept = kept_bytes(folder / "a.gguf")
    hub.server.log.clear()
    queue = open_queue()
    queue.restore()
    qtbot.waitUntil(lambda: states(queue) == [DownloadState.DONE], timeout=SECONDS)
    assert (folder / "a.gguf").read_bytes() == hub.data(file)
    assert hub.sent() == file.bytes - kept
