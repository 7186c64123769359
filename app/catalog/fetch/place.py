"""A file's places: where it grows, where it ends up, and what is there already. Runs in a download child."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.catalog.fetch.hasher import hash_for
from app.catalog.fetch.journal import (
    Journal,
    Pins,
    crc_of,
    growing_journal_of,
    held,
    journal_of,
    part_of,
    read_pins,
    segment_blocks,
    settle,
)
from app.core.catalog.download_errors import DownloadElsewhere, FileChanged, FileInTheWay
from app.core.catalog.hub import RemoteFile
from app.core.errors import Cancelled

_LOCK_PATIENCE_SECONDS, _LOCK_LOOK_SECONDS = 5.0, 0.1


@dataclass(frozen=True)
class Errand:
    """What to fetch, and where to put it."""

    repo: str
    commit: str
    file: RemoteFile
    target: Path

    @property
    def pins(self) -> Pins:
        """What is known before the Hub is asked."""
        file = self.file
        return Pins(repo=self.repo, commit=self.commit, path=file.path, bytes=file.bytes, sha256=file.sha256)


def is_in_place(errand: Errand, told_etag: Callable[[], str], stop: threading.Event) -> bool:
    """Whether the file is there, verified; one that was found damaged becomes a part again.

    `told_etag` asks the Hub what a file is that lies there already, where the listing does not say.

    Raises:
        FileInTheWay: another file has its name.
        DownloadElsewhere, Cancelled: see `opened`.
    """
    target, file = errand.target, errand.file
    settle(target)
    if target.is_dir():
        raise FileInTheWay(file=target.name, folder=str(target.parent))
    if not target.is_file():
        return False
    pins = read_pins(target)
    if pins is None:
        if target.stat().st_size == file.bytes and _adopted(errand, file.sha256 or told_etag(), stop):
            return True
        raise FileInTheWay(file=target.name, folder=str(target.parent))
    if not pins.is_same(errand.pins):
        return False  # it is of another commit, and stays until this one is whole
    if pins.completed and target.stat().st_size == file.bytes:
        return True
    if not part_of(target).exists():
        target.replace(part_of(target))
    return False


@contextmanager
def opened(errand: Errand, etag: str, stop: threading.Event) -> Iterator[Journal]:
    """The file's journal, with what it says of half a segment checked against the disk.

    Raises:
        DownloadElsewhere: another process is at it.
        Cancelled: `stop` was set while this waited for the other process.
        FileChanged: the commit now has another file than when this began.
    """
    journal = _locked_journal(growing_journal_of(errand.target), errand, stop)
    try:
        if journal.pins.etag and journal.pins.etag != etag:
            raise FileChanged(f"{journal.pins.etag} became {etag}", file=errand.file.path)
        journal.pin(etag=etag)
        part = part_of(errand.target)
        if not part.exists():
            if journal.done:
                journal.reset()
        else:
            _check_halves(part, journal)
        yield journal
    finally:
        journal.close()


def put_in_place(errand: Errand, journal: Journal) -> None:
    """Make the verified part the file."""
    part = part_of(errand.target)
    with part.open("r+b", buffering=0) as file:
        os.fsync(file.fileno())
    journal.pin(completed=time.time())
    journal.sync()
    part.replace(errand.target)
    with contextlib.suppress(OSError):  # a folder cannot be opened everywhere
        folder = os.open(errand.target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def discard(target: Path) -> None:
    """Delete what has arrived of a file that is not complete; an older one in its place stays.

    Raises:
        DownloadElsewhere: another process is at it.
        OSError: it cannot be deleted.
    """
    settle(target)
    journal = growing_journal_of(target)
    with held(journal, target.name):
        part_of(target).unlink(missing_ok=True)
    journal.unlink(missing_ok=True)


def _locked_journal(path: Path, errand: Errand, stop: threading.Event) -> Journal:
    """A child whose parent was killed may take a moment to end. To wait in the lock itself could not be stopped."""
    until = time.monotonic() + _LOCK_PATIENCE_SECONDS
    while True:
        try:
            return Journal.open(path, errand.pins)
        except DownloadElsewhere:
            if time.monotonic() > until:
                raise
            if stop.wait(_LOCK_LOOK_SECONDS):
                raise Cancelled from None


def _check_halves(part: Path, journal: Journal) -> None:
    with part.open("rb", buffering=0) as file:
        for index in range(journal.count):
            done, crc = journal.entry(index)
            if done and not journal.complete(index) and crc_of(file, index * journal.pins.segment, done) != crc:
                journal.note(index, 0, 0)


def _adopted(errand: Errand, etag: str, stop: threading.Event) -> bool:
    """Whether a file that lies there already is the right one; from then on it has a journal."""
    digest = hash_for(etag, errand.file.bytes)
    crcs: list[int] = []
    if digest is None:
        return False
    with errand.target.open("rb", buffering=0) as file:
        for start in range(0, errand.file.bytes, errand.pins.segment):
            crc = 0
            for block in segment_blocks(file, start, errand.pins.segment):
                if stop.is_set():
                    raise Cancelled
                digest.update(block)
                crc = zlib.crc32(block, crc)
            crcs.append(crc)
    if digest.hexdigest() != etag:
        return False
    journal = _locked_journal(journal_of(errand.target), errand, stop)
    try:
        for index, crc in enumerate(crcs):
            journal.note(index, journal.size(index), crc)
        journal.pin(completed=time.time(), etag=etag)
    finally:
        journal.close()
    return True
