"""The download child: its frames, and what survives when it is killed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.catalog.fetch.journal import Journal, journal_of, kept_bytes, part_of, read_pins
from app.catalog.fetch.place import Errand, opened
from app.catalog.shelf.adopt import Place
from app.catalog.shelf.folders import scan
from app.core import protocol
from app.core.catalog.download_errors import DiskFilling, DiskTooSmall, DownloadElsewhere, OriginUnknown
from app.core.catalog.downloads import (
    CheckFile,
    CheckProgress,
    DownloadDone,
    DownloadFailed,
    DownloadPaused,
    DownloadProgress,
    FileChecked,
    LimitDownload,
    ModelMoved,
    MoveModel,
    PauseDownload,
    RepairFile,
    StartDownload,
)
from app.core.catalog.hub import RemoteFile
from app.core.catalog.hub_errors import Offline
from app.core.catalog.library import Owner
from app.core.errors import Cancelled
from app.core.protocol import Failed
from tests.download.conftest import MIB, QUICK, TOKEN, DownloadChild, Hub

Starter = Callable[..., DownloadChild]
LARGE = 200 * 1000 * 1000
KILLS = 10


def test_a_download_tells_its_progress_and_its_end(hub: Hub, child: Starter, tmp_path: Path) -> None:
    first, second = hub.put("a.gguf", 2 * MIB), hub.put("b.gguf", 3 * MIB)
    hub.faults.add("throttle", r"GET /cdn/", rate=8 * MIB, times=-1)
    running = child()
    running.start(hub, hub.source(first, second), tmp_path / "models")
    events = [running.until(DownloadProgress, DownloadDone, DownloadFailed)]
    while isinstance(events[-1], DownloadProgress):
        events.append(running.until(DownloadProgress, DownloadDone, DownloadFailed))
    paths = tuple(str(tmp_path / "models" / file.path) for file in (first, second))
    assert events[-1] == DownloadDone(paths=paths)
    progress = [event for event in events if isinstance(event, DownloadProgress)]
    assert {event.file.path for event in progress} == {"a.gguf", "b.gguf"}
    assert {event.total for event in progress} == {5 * MIB}
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert any(event.rate > 0 and event.seconds_left is not None for event in progress)


def test_a_pause_ends_with_what_is_kept_and_a_start_goes_on(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file = hub.put("a.gguf", 8 * MIB)
    hub.faults.add("throttle", r"GET /cdn/", rate=4 * MIB)
    running = child()
    running.start(hub, hub.source(file), tmp_path / "models")
    while True:
        event = running.until(DownloadProgress)
        assert isinstance(event, DownloadProgress)
        if event.done:
            break
    running.send(PauseDownload())
    paused = running.until(DownloadPaused)
    assert isinstance(paused, DownloadPaused)
    assert paused.done == kept_bytes(tmp_path / "models" / "a.gguf") > 0
    hub.server.log.clear()
    running.start(hub, hub.source(file), tmp_path / "models")
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
    assert hub.sent() == file.bytes - paused.done


def test_the_speed_limit_can_change_on_the_way(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file = hub.put("a.gguf", 8 * MIB)
    running = child()
    running.start(hub, hub.source(file), tmp_path / "models", limit=64 * 1024)
    event = running.until(DownloadProgress)
    while isinstance(event, DownloadProgress) and not event.rate:
        event = running.until(DownloadProgress)
    assert isinstance(event, DownloadProgress)
    assert event.rate < MIB
    running.send(LimitDownload(limit=0))
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)


def test_a_file_is_checked_and_its_broken_range_fetched_again(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file, target = hub.put("a.gguf", 20 * MIB), tmp_path / "models" / "a.gguf"
    running = child()
    running.start(hub, hub.source(file), target.parent)
    running.until(DownloadDone)
    running.send(CheckFile(path=str(target)))
    assert running.until(FileChecked) == FileChecked(path=str(target), sha256=file.sha256, sound=True)
    with target.open("r+b") as stream:
        stream.seek(9 * MIB)
        stream.write(b"damage")
    running.send(CheckFile(path=str(target)))
    checked = running.until(FileChecked)
    assert isinstance(checked, FileChecked)
    assert (checked.sound, checked.broken) == (False, ((8 * MIB, 8 * MIB),))
    hub.server.log.clear()
    running.start(hub, hub.source(file), target.parent)
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
    assert target.read_bytes() == hub.data(file)
    assert hub.sent() == 8 * MIB


def test_a_damaged_file_is_mended_by_its_broken_range(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file, target = hub.put("a.gguf", 20 * MIB), tmp_path / "elsewhere" / "a.gguf"
    running = child()
    running.start(hub, hub.source(file), tmp_path / "models")
    running.until(DownloadDone)
    model = tmp_path / "models" / "a.gguf"
    target.parent.mkdir()
    model.rename(target)
    journal_of(model).rename(journal_of(target))
    repair = RepairFile(path=str(target), endpoint=hub.server.url)
    hub.server.log.clear()
    running.send(repair)
    assert running.until(DownloadDone, DownloadFailed) == DownloadDone(paths=(str(target),))
    assert hub.server.log == []
    for place, length in ((9 * MIB, 20 * MIB), (18 * MIB, 19 * MIB), (20 * MIB, 21 * MIB)):
        with target.open("r+b") as stream:
            stream.seek(place)
            stream.write(b"damage")
            stream.truncate(length)
        hub.server.log.clear()
        running.send(repair)
        assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
        assert target.read_bytes() == hub.data(file)
        assert hub.sent() <= 8 * MIB


def test_a_repair_that_was_killed_goes_on(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file, target = hub.put("a.gguf", 20 * MIB), tmp_path / "models" / "a.gguf"
    running = child()
    running.start(hub, hub.source(file), target.parent)
    running.until(DownloadDone)
    with target.open("r+b") as stream:
        stream.write(b"damage")
    running.send(RepairFile(path=str(target), endpoint=hub.server.url, limit=1024))
    while not part_of(target).exists():
        running.until(DownloadProgress)
    running.process.kill()
    again = child()
    again.send(RepairFile(path=str(target), endpoint=hub.server.url))
    assert isinstance(again.until(DownloadDone, DownloadFailed), DownloadDone)
    assert target.read_bytes() == hub.data(file)


def test_a_file_of_unknown_origin_cannot_be_mended(child: Starter, tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    running = child()
    running.send(RepairFile(path=str(tmp_path / "a.gguf"), endpoint="http://127.0.0.1:9"))
    failed = running.until(DownloadFailed)
    assert isinstance(failed, DownloadFailed)
    assert isinstance(failed.failure.error(), OriginUnknown)


def test_a_file_without_a_checksum_is_compared_with_the_first_look(child: Starter, tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(b"GGUF and more")
    running = child(PARLEY_HOME=str(tmp_path / "home"))

    def check() -> FileChecked:
        running.send(CheckFile(path=str(path)))
        found = running.until(FileChecked)
        assert isinstance(found, FileChecked)
        return found

    first = check()
    assert (first.sound, first.since) == (None, 0.0)
    again = check()
    assert again.sound is True and again.since > 0
    status = path.stat()
    path.write_bytes(b"GGUF and bore")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert check().sound is False
    path.write_bytes(b"GGUF, another one")
    assert check().sound is None
    assert check().sound is True


def test_a_check_can_be_stopped_and_the_child_goes_on(child: Starter, tmp_path: Path) -> None:
    large, small = tmp_path / "large.gguf", tmp_path / "small.gguf"
    large.touch()
    os.truncate(large, 50_000_000_000)
    small.write_bytes(b"GGUF")
    running = child(PARLEY_HOME=str(tmp_path / "home"))
    running.send(CheckFile(path=str(large)))
    running.until(CheckProgress)
    running.send(protocol.Cancel())
    running.until(protocol.Stopped)
    running.send(CheckFile(path=str(small)))
    assert isinstance(running.until(FileChecked), FileChecked)


def test_a_model_is_moved_with_what_is_known_of_it(child: Starter, tmp_path: Path, tiny_gguf: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    shutil.copy(tiny_gguf, home / "tiny.gguf")
    running = child(PARLEY_HOME=str(tmp_path / "parley"))
    running.send(CheckFile(path=str(home / "tiny.gguf")))
    running.until(FileChecked)
    (model,) = scan([Place(home, Owner.USER)])
    running.send(MoveModel(model=model, folder=str(away)))
    moved = ((str(home / "tiny.gguf"), str(away / "tiny.gguf")),)
    assert running.until(ModelMoved) == ModelMoved(moved=moved)
    running.send(CheckFile(path=str(away / "tiny.gguf")))
    checked = running.until(FileChecked)
    assert isinstance(checked, FileChecked)
    assert checked.sound is True


def test_two_processes_do_not_write_the_same_file(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file = hub.put("a.gguf", 8 * MIB)
    first, second = child(), child()
    first.start(hub, hub.source(file), tmp_path / "models", limit=1024)
    while not part_of(tmp_path / "models" / "a.gguf").exists():
        first.until(DownloadProgress)
    second.start(hub, hub.source(file), tmp_path / "models")
    failed = second.until(DownloadFailed, DownloadDone)
    assert isinstance(failed, DownloadFailed)
    assert isinstance(failed.failure.error(), DownloadElsewhere)


def test_a_wait_for_another_process_can_be_paused(tmp_path: Path) -> None:
    target, stop = tmp_path / "a.gguf", threading.Event()
    errand = Errand("acme/tiny-GGUF", "c0ffee", RemoteFile("a.gguf", 10, "0" * 64), target)
    stop.set()
    with closing(Journal.open(journal_of(target), errand.pins)), pytest.raises(Cancelled), opened(errand, "", stop):
        pass


def test_a_damaged_file_is_told_though_it_cannot_be_noted(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file, target = hub.put("a.gguf", 20 * MIB), tmp_path / "models" / "a.gguf"
    running = child()
    running.start(hub, hub.source(file), target.parent)
    running.until(DownloadDone)
    os.truncate(target, 9 * MIB)
    pins = read_pins(target)
    assert pins is not None
    with closing(Journal.open(journal_of(target), pins)):
        running.send(CheckFile(path=str(target)))
        checked = running.until(FileChecked, Failed)
        assert isinstance(checked, FileChecked), checked
        assert (checked.sound, checked.broken) == (False, ((8 * MIB, 8 * MIB), (16 * MIB, 4 * MIB)))
        running.send(RepairFile(path=str(target), endpoint=hub.server.url))
        failed = running.until(DownloadFailed, DownloadDone)
        assert isinstance(failed, DownloadFailed)
        assert isinstance(failed.failure.error(), DownloadElsewhere)


def test_the_network_can_be_switched_off(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file = hub.put("a.gguf", 10)
    running = child(HF_HUB_OFFLINE="1", HF_ENDPOINT=hub.server.url)
    running.send(StartDownload(source=hub.source(file), folder=str(tmp_path / "models")))
    failed = running.until(DownloadFailed, DownloadDone)
    assert isinstance(failed, DownloadFailed)
    assert isinstance(failed.failure.error(), Offline)
    assert hub.server.log == []


def test_the_environments_endpoint_is_used_and_loopback_needs_no_proxy(
    hub: Hub, child: Starter, tmp_path: Path
) -> None:
    file = hub.put("a.gguf", 10)
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"), "http://192.0.2.1:9")
    running = child(HF_ENDPOINT=hub.server.url, **nowhere)
    running.send(StartDownload(source=hub.source(file), folder=str(tmp_path / "models"), patience=QUICK))
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)


def test_the_token_is_in_no_log(hub: Hub, child: Starter, tmp_path: Path) -> None:
    command = StartDownload(source=hub.source(hub.put("a.gguf", 10)), folder=str(tmp_path), token=TOKEN)
    assert TOKEN not in repr(command)
    assert TOKEN in protocol.encode(command).decode()


@pytest.mark.slow
def test_a_download_killed_ten_times_ends_verified_and_hardly_fetches_twice(
    hub: Hub, child: Starter, tmp_path: Path
) -> None:
    file = hub.put("a.gguf", LARGE)
    hub.faults.add("throttle", r"GET /cdn/", rate=100 * MIB, times=-1)
    chance = random.Random(7)
    marks = sorted(chance.randrange(LARGE // 20, LARGE - LARGE // 20) for _ in range(KILLS))
    target = tmp_path / "models" / "a.gguf"
    for mark in marks:
        running = child()
        running.start(hub, hub.source(file), target.parent)
        event = running.until(DownloadProgress, DownloadDone)
        while isinstance(event, DownloadProgress) and event.done < mark:
            event = running.until(DownloadProgress, DownloadDone)
        running.process.kill()
        running.process.wait()
        assert not target.exists()
    hub.faults.clear()
    kept = kept_bytes(target)
    assert kept > marks[-1]
    asked = requested(hub)
    running = child()
    running.start(hub, hub.source(file), target.parent)
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
    assert target.read_bytes() == hub.data(file)
    assert requested(hub) - asked == LARGE - kept
    running.end()
    hub.server.stop()
    hub.join()
    if sys.platform != "linux":
        return  # only there a server knows what arrived; the rest waited in its own buffers and was fetched by nobody
    assert 0 < sum(hub.server.received) - LARGE < LARGE // 100


def requested(hub: Hub) -> int:
    """The bytes of all ranges that were asked for."""
    total = 0
    for request in hub.server.seen("^GET /cdn/"):
        first, last = str(request["range"]).removeprefix("bytes=").split("-")
        total += int(last) + 1 - int(first)
    return total


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 48 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(
    small_disk: Path, hub: Hub, child: Starter
) -> None:
    file = hub.put("a.gguf", 60 * MIB)
    running = child()
    running.start(hub, hub.source(file), small_disk / "models")
    failed = running.until(DownloadFailed, DownloadDone)
    assert isinstance(failed, DownloadFailed)
    assert isinstance(failed.failure.error(), DiskTooSmall)
    assert hub.sent() == 0


def test_a_disk_that_others_fill_pauses_the_download_cleanly(small_disk: Path, hub: Hub, child: Starter) -> None:
    file = hub.put("a.gguf", 20 * MIB)
    hub.faults.add("throttle", r"GET /cdn/", rate=10 * MIB)
    running = child()
    running.start(hub, hub.source(file), small_disk / "models")
    event = running.until(DownloadProgress)
    while isinstance(event, DownloadProgress) and not event.done:
        event = running.until(DownloadProgress)
    other = small_disk / "other"
    fill(other)
    failed = running.until(DownloadFailed, DownloadDone)
    assert isinstance(failed, DownloadFailed)
    assert isinstance(failed.failure.error(), DiskFilling)
    assert failed.done == kept_bytes(small_disk / "models" / "a.gguf") > 0
    other.unlink()
    running.start(hub, hub.source(file), small_disk / "models")
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
    assert (small_disk / "models" / "a.gguf").read_bytes() == hub.data(file)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(MIB))
        except OSError:
            return


def test_space_is_set_aside_at_the_start(small_disk: Path, hub: Hub, child: Starter) -> None:
    file = hub.put("a.gguf", 30 * MIB)
    running = child()
    running.start(hub, hub.source(file), small_disk / "models", limit=1024)
    while not part_of(small_disk / "models" / "a.gguf").exists():
        running.until(DownloadProgress)
    running.until(DownloadProgress)
    status = os.statvfs(small_disk)
    assert status.f_bavail * status.f_frsize < 20 * MIB


def test_what_is_there_already_is_taken_as_it_is(hub: Hub, child: Starter, tmp_path: Path) -> None:
    file, target = hub.put("a.gguf", 9 * MIB), tmp_path / "models" / "a.gguf"
    target.parent.mkdir()
    target.write_bytes(hub.data(file))
    running = child()
    running.start(hub, hub.source(file), target.parent)
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadDone)
    assert hub.server.log == []
    target.write_bytes(b"something else")
    (target.parent / ".a.gguf.parley").unlink()
    running.start(hub, hub.source(RemoteFile(file.path, file.bytes, file.sha256)), target.parent)
    assert isinstance(running.until(DownloadDone, DownloadFailed), DownloadFailed)
    assert target.read_bytes() == b"something else"
