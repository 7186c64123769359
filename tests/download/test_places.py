"""Where files go: names, what lies there already, what is given up, and disks of every kind."""

from __future__ import annotations

import errno
import hashlib
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from app.catalog.fetch.check import check_file, forget_broken
from app.catalog.fetch.checksums import Checksums
from app.catalog.fetch.crew import Report
from app.catalog.fetch.download import ProgressTeller
from app.catalog.fetch.journal import Journal, Pins, journal_of, kept_bytes, part_of, read_pins
from app.catalog.fetch.layout import folder_for, target_of
from app.catalog.fetch.place import discard
from app.catalog.fetch.puller import Limiter, Stopped
from app.catalog.fetch.repair import Comparer, Mended
from app.core.catalog.download_errors import (
    DiskFilling,
    DiskTooSmall,
    DownloadElsewhere,
    FileInTheWay,
    FileTooLarge,
    FolderRefused,
    HubBusy,
    NameRefused,
)
from app.core.catalog.downloads import Activity, DownloadProgress
from app.core.catalog.hub import RemoteFile
from tests.download.conftest import MIB, Attempt, Hub

SMALL = 3 * MIB + 17


@pytest.mark.parametrize(
    "path",
    [
        *("CON", "aux.gguf", "Nul.tar.gz", "com1", "lpt9.gguf", "COM².gguf", "prn .gguf", "CONIN$", "aux/a.gguf"),
        *("a.", "a ", "sub./a.gguf", "sub /a.gguf", ".. /a.gguf", ".../a.gguf"),
        *("c:a.gguf", "a.gguf:stream", "12:30.gguf", "a?.gguf", "a*.gguf", "a|b", "<a>", 'a"b'),
    ],
)
def test_a_name_that_windows_does_not_know_is_refused_there_alone(path: str, tmp_path: Path) -> None:
    with pytest.raises(NameRefused):
        target_of(tmp_path, path, platform="win32")
    assert target_of(tmp_path, path, platform="linux") == tmp_path / path


@pytest.mark.parametrize(
    "path", ["auxiliary.gguf", "console", "a.con", "com10.gguf", "a b.gguf", ".hidden", "é/模型.gguf"]
)
def test_a_name_that_only_looks_like_one_is_taken(path: str, tmp_path: Path) -> None:
    assert target_of(tmp_path, path, platform="win32") == tmp_path / path


def test_each_branch_has_a_folder_of_its_own(tmp_path: Path) -> None:
    branches = ["main", "a_b", "a/b", "a:b", "a_b.", "refs/pr/1", "refs_pr/1", "a", "é"]
    folders = [folder_for(tmp_path, "acme/tiny", branch) for branch in branches]
    assert len({str(folder).casefold().rstrip(". ") for folder in folders}) == len(branches)
    assert {folder.parent for folder in folders} == {tmp_path / "acme"}


@pytest.mark.parametrize("branch", ["gptq-4bit-32g-actorder_True", "v1.0", "é"])
def test_the_folder_of_an_ordinary_branch_has_its_name(branch: str, tmp_path: Path) -> None:
    assert folder_for(tmp_path, "acme/tiny", branch) == tmp_path / "acme" / f"tiny@{branch}"


@pytest.mark.skipif(sys.platform == "win32", reason="these names are none there")
def test_odd_names_arrive(hub: Hub, attempt: Attempt) -> None:
    files = [hub.put(name, 1000 + at) for at, name in enumerate(("aux.gguf", "12:30 #1%20 é.gguf", "a?b&c=d.gguf"))]
    attempt.run(hub.source(*files))
    assert all((attempt.folder / file.path).read_bytes() == hub.data(file) for file in files)


def test_files_of_one_name_in_several_folders_do_not_meet(hub: Hub, attempt: Attempt) -> None:
    files = [hub.put(f"{folder}a.gguf", SMALL, seed=at) for at, folder in enumerate(("", "sub/", "sub/sub/"), start=1)]
    hub.faults.add("drop", r"GET /cdn/", after=MIB, times=3)
    attempt.run(hub.source(*files))
    assert all((attempt.folder / file.path).read_bytes() == hub.data(file) for file in files)


def update(hub: Hub, attempt: Attempt) -> RemoteFile:
    """A file is in its place; on the Hub it is another one of the same size now."""
    attempt.run(hub.source(hub.put("a.gguf", SMALL, seed=1)))
    return hub.put("a.gguf", SMALL, seed=2)


def test_a_verified_file_that_could_not_take_its_place_is_not_there(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the old one is in use on Windows, or the program is killed in between."""
    new = update(hub, attempt)
    target = attempt.folder / new.path
    old = target.read_bytes()

    def refuse(*_: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "It is in use")

    with monkeypatch.context() as in_use, pytest.raises(FolderRefused):
        in_use.setattr(Path, "replace", refuse)
        attempt.run(hub.source(new))
    assert target.read_bytes() == old
    hub.server.log.clear()
    attempt.run(hub.source(new))
    assert target.read_bytes() == hub.data(new)
    assert hub.sent() == 0


def begin_update(hub: Hub, attempt: Attempt) -> RemoteFile:
    """An update of a file that is in its place, cut off halfway."""
    new = update(hub, attempt)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(hub.source(new))
    hub.faults.clear()
    hub.server.log.clear()
    assert kept_bytes(attempt.folder / new.path) == MIB
    return new


def is_sound(target: Path) -> bool | None:
    checksums = Checksums(target.parent.parent / "checksums.json")
    return check_file(target, "", checksums, lambda *_: None, lambda: False).sound


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_update_that_is_given_up_leaves_the_older_file_as_it_was(hub: Hub, attempt: Attempt) -> None:
    new = begin_update(hub, attempt)
    target = attempt.folder / new.path
    assert is_sound(target)
    discard(target)
    assert is_sound(target)
    assert names(attempt.folder) == {"a.gguf", ".a.gguf.parley"}


def test_an_update_goes_on_and_takes_the_older_files_place(hub: Hub, attempt: Attempt) -> None:
    new = begin_update(hub, attempt)
    target = attempt.folder / new.path
    attempt.run(hub.source(new))
    assert target.read_bytes() == hub.data(new)
    assert is_sound(target)
    assert hub.sent() == new.bytes - MIB
    assert names(attempt.folder) == {"a.gguf", ".a.gguf.parley"}


def test_the_older_file_may_go_while_its_update_is_paused(hub: Hub, attempt: Attempt) -> None:
    new = begin_update(hub, attempt)
    target = attempt.folder / new.path
    target.unlink()
    attempt.run(hub.source(new))
    assert target.read_bytes() == hub.data(new)
    assert hub.sent() == new.bytes - MIB
    assert names(attempt.folder) == {"a.gguf", ".a.gguf.parley"}


def test_the_older_file_is_still_there_for_who_wants_it_again(hub: Hub, attempt: Attempt) -> None:
    begin_update(hub, attempt)
    old = hub.put("a.gguf", SMALL, seed=1)
    attempt.run(hub.source(old))
    assert hub.sent() == 0
    assert kept_bytes(attempt.folder / old.path) == MIB


def test_an_update_of_a_file_that_was_found_damaged_keeps_what_is_known_of_it(hub: Hub, attempt: Attempt) -> None:
    new = begin_update(hub, attempt)
    target = attempt.folder / new.path
    pins = read_pins(target)
    with target.open("r+b") as file:
        file.write(b"broken")
    assert is_sound(target) is False
    forget_broken(target, [(0, SMALL)])
    assert read_pins(target) == msgspec.structs.replace(pins, completed=0.0)
    assert kept_bytes(target) == MIB


def test_a_program_that_is_killed_as_an_update_takes_its_place_loses_nothing(hub: Hub, attempt: Attempt) -> None:
    new = update(hub, attempt)
    target = attempt.folder / new.path
    journal, older = journal_of(target), journal_of(target).read_bytes()
    attempt.run(hub.source(new))
    journal.rename(journal_of(part_of(target)))  # the file has its place already, its journal not yet
    journal.write_bytes(older)
    hub.server.log.clear()
    assert is_sound(target)
    attempt.run(hub.source(new))
    assert hub.sent() == 0
    assert is_sound(target)
    assert names(attempt.folder) == {"a.gguf", ".a.gguf.parley"}


def test_an_update_whose_journal_took_the_older_ones_place_goes_on(hub: Hub, attempt: Attempt) -> None:
    """As those were begun that came before the part had a journal of its own."""
    new = begin_update(hub, attempt)
    target = attempt.folder / new.path
    journal_of(part_of(target)).replace(journal_of(target))
    attempt.run(hub.source(new))
    assert target.read_bytes() == hub.data(new)
    assert hub.sent() == new.bytes - MIB
    assert names(attempt.folder) == {"a.gguf", ".a.gguf.parley"}


def test_room_is_asked_for_though_an_older_file_has_the_name(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = update(hub, attempt)
    hub.server.log.clear()
    monkeypatch.setattr("app.catalog.fetch.disk.free", lambda _: SMALL - 1)
    with pytest.raises(DiskTooSmall):
        attempt.run(hub.source(new))
    assert hub.server.log == []


def test_a_disk_that_fills_while_several_connections_write_loses_nothing(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hub.put("a.gguf", 70 * MIB + 5)
    hub.faults.add("throttle", r"GET /cdn/", rate=20 * MIB, times=-1)
    target = attempt.folder / file.path
    monkeypatch.setattr("app.catalog.fetch.disk.is_low", lambda _: len(pullers()) == 2 and kept_bytes(target) > 4 * MIB)
    with pytest.raises(DiskFilling):
        attempt.run(hub.source(file))
    assert pullers() == []
    kept = kept_bytes(target)
    monkeypatch.undo()
    hub.faults.clear()
    hub.server.log.clear()
    attempt.run(hub.source(file))
    assert target.read_bytes() == hub.data(file)
    assert hub.sent() == file.bytes - kept


def pullers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "puller"]


def test_a_limit_that_comes_while_several_connections_run_loses_nothing(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiters: list[Limiter] = []

    def kept(rate: int) -> Limiter:
        limiters.append(Limiter(rate))
        return limiters[-1]

    monkeypatch.setattr("tests.download.conftest.Limiter", kept)
    file = hub.put("a.gguf", 160 * MIB)
    hub.faults.add("throttle", r"GET /cdn/", rate=20 * MIB, times=4)
    most: list[int] = []

    def limit(_: DownloadProgress) -> None:
        most.append(len(pullers()))
        if limiters[0].rate == 0 and most[-1] == 3:
            limiters[0].rate = 300 * MIB

    attempt.run(hub.source(file), limit)
    assert (attempt.folder / file.path).read_bytes() == hub.data(file)
    assert hub.sent() == file.bytes
    assert max(most) == 3


def test_a_folder_of_the_same_name_is_told_before_anything_is_fetched(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    (attempt.folder / "a.gguf").mkdir(parents=True)
    with pytest.raises(FileInTheWay):
        attempt.run(hub.source(file))
    assert hub.server.log == []


@pytest.mark.skipif(sys.platform == "win32", reason="a limit like that of FAT32 is set by POSIX there")
def test_a_disk_that_takes_no_such_large_file_is_said_to_be_so(hub: Hub, attempt: Attempt) -> None:
    import resource

    file = hub.put("a.gguf", SMALL)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limits[1]))
    try:
        with pytest.raises(FileTooLarge):
            attempt.run(hub.source(file))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert hub.sent() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="locks are of another kind there")
def test_a_disk_without_locks_serves(hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any) -> NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unknown)
    file = hub.put("a.gguf", SMALL)
    attempt.run(hub.source(file))
    assert (attempt.folder / file.path).read_bytes() == hub.data(file)


def test_what_another_process_downloads_is_not_deleted(hub: Hub, attempt: Attempt) -> None:
    file = hub.put("a.gguf", SMALL)
    hub.faults.add("drop", r"GET /cdn/", after=MIB)
    hub.faults.add("status", r"GET /cdn/", times=-1, skip=1)
    with pytest.raises(HubBusy):
        attempt.run(hub.source(file))
    target = attempt.folder / file.path
    pins = Pins(repo="", commit="", path=file.path, bytes=file.bytes, sha256=file.sha256)
    with closing(Journal.open(journal_of(target), pins)), pytest.raises(DownloadElsewhere):
        discard(target)
    assert kept_bytes(target) == MIB
    discard(target)
    assert list(attempt.folder.iterdir()) == []


def test_what_was_there_before_is_no_speed() -> None:
    told: list[DownloadProgress] = []
    teller = ProgressTeller(300, told.append)
    for before, name in enumerate("abc"):
        teller.tell(RemoteFile(name, 100, ""), Report(Activity.CHECKING, 100, 100), before * 100, now=True)
    assert [progress.done for progress in told] == [100, 200, 300]
    assert {progress.rate for progress in told} == {0.0}


class Broken:
    """A complete file of which the disk has other bytes than the Hub, in every segment."""

    COUNT = 40

    def __init__(self, path: Path) -> None:
        self.sound = bytes(range(256)) * (self.COUNT * 2)
        self.path = path
        path.write_bytes(bytes(len(self.sound)))
        self.etag = hashlib.sha256(self.sound).hexdigest()
        segment = len(self.sound) // self.COUNT
        pins = Pins(repo="", commit="", path="", bytes=len(self.sound), sha256=self.etag, segment=segment)
        self.journal = Journal.open(journal_of(path), pins)

    def compare(self, stop: threading.Event) -> None:
        with self.path.open("r+b", buffering=0) as file, closing(self.journal):
            Comparer(file, self.journal, self.etag, stop).take(self.sound)


def test_a_file_that_is_broken_all_over_is_not_hashed_after_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = [0]

    class Counted:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def update(self, data: bytes) -> None:
            hashed[0] += len(data)
            self._inner.update(data)

        def copy(self) -> Counted:
            return Counted(self._inner.copy())

        def hexdigest(self) -> str:
            return str(self._inner.hexdigest())

    monkeypatch.setattr("app.catalog.fetch.repair.hash_for", lambda *_: Counted(hashlib.sha256()))
    broken = Broken(tmp_path / "a.gguf")
    with pytest.raises(Mended):
        broken.compare(threading.Event())
    assert broken.path.read_bytes() == broken.sound
    assert hashed[0] <= 7 * len(broken.sound)


def test_a_repair_that_hashes_can_be_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        Broken(tmp_path / "a.gguf").compare(stop)
