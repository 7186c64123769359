"""What is known of a file that is being downloaded, kept beside it; also the record of where it came from.

`NAME` arrives as `NAME.part` with its journal `.NAME.parley`; as long as an older file has the place, whose
journal that is, it is `.NAME.part.parley`. The journal is a page of JSON with what was pinned at the start,
then for each segment of the file how many of its bytes are on disk and their CRC-32. Bytes are written before
their entry, so a killed process leaves a journal that is behind by one block at most; after a power failure,
the CRC tells what did not reach the disk. When the file is complete, its journal stays: with it a damaged file
can be repaired by its broken segments.

Used by the threads of a download child.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from app.core.catalog.download_errors import DownloadElsewhere

SEGMENT = 8 * 1024 * 1024
_PAGE = 8192
_ENTRY = struct.Struct("<II")
_BLOCK = 1024 * 1024
_LOCK_OFFSET = 1 << 40
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What disks say that know no locks, as some do that are reached over the network."""


class Pins(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the file was when its download began.

    `etag` is the Hub's (the sha256, or a git blob's id), `cdn_etag` that of the server that sends the
    bytes. `completed` is when the whole file was verified, in Unix seconds, 0 before.
    """

    repo: str
    commit: str
    path: str
    bytes: int
    sha256: str
    etag: str = ""
    cdn_etag: str = ""
    segment: int = SEGMENT
    completed: float = 0.0

    def is_same(self, other: Pins) -> bool:
        """Whether the bytes are those of another, which may be of a later time."""
        if self.bytes != other.bytes:
            return False
        if other.sha256:
            return self.sha256 == other.sha256
        return (self.repo, self.path, self.commit) == (other.repo, other.path, other.commit)


def part_of(target: Path) -> Path:
    """Where a file grows before it is put in place."""
    return target.with_name(f"{target.name}.part")


def journal_of(target: Path) -> Path:
    """Where the journal of a file in its place lies."""
    return target.with_name(f".{target.name}.parley")


def growing_journal_of(target: Path) -> Path:
    """Where the journal of a file's part lies, or will."""
    part = part_of(target)
    own = journal_of(part)
    return own if own.exists() or (target.exists() and not part.exists()) else journal_of(target)


def settle(target: Path) -> None:
    """Give a file that has its place the journal it grew with.

    Raises:
        OSError: it cannot be renamed.
    """
    journal = _journal_in_force(target)
    if journal != journal_of(target):
        journal.replace(journal_of(target))


def is_journal(path: Path) -> bool:
    """Whether a file is the journal of another."""
    return path.name.startswith(".") and path.suffix == ".parley"


class Journal:
    """An open journal; its methods may be called by any thread. One process at a time has it."""

    def __init__(self, path: Path, file: BinaryIO, pins: Pins, entries: list[tuple[int, int]]) -> None:
        self.path = path
        self.pins = pins
        self._file = file
        self._entries = entries
        self._lock = threading.Lock()
        self._done = sum(done for done, _ in entries)

    @staticmethod
    def open(path: Path, wanted: Pins) -> Journal:
        """The journal there is, if it is of the same content, else a new one.

        Raises:
            DownloadElsewhere: another process has it.
            OSError: it cannot be written.
        """
        file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        try:
            _lock(file, wanted.path)
            found = _read(file)
            if found is not None and found[0].is_same(wanted):
                pins = msgspec.structs.replace(found[0], repo=wanted.repo, commit=wanted.commit, path=wanted.path)
                return Journal(path, file, pins, found[1])
            journal = Journal(path, file, wanted, [(0, 0)] * _count(wanted))
            journal.reset()
            return journal
        except BaseException:
            file.close()
            raise

    @property
    def done(self) -> int:
        """The bytes that are on disk."""
        return self._done

    @property
    def count(self) -> int:
        """How many segments there are."""
        return len(self._entries)

    def size(self, index: int) -> int:
        """A segment's bytes; the last one is shorter."""
        return min(self.pins.segment, self.pins.bytes - index * self.pins.segment)

    def entry(self, index: int) -> tuple[int, int]:
        """The bytes of a segment that are on disk, and their CRC-32."""
        return self._entries[index]

    def complete(self, index: int) -> bool:
        """Whether all of a segment is on disk."""
        return self._entries[index][0] == self.size(index)

    def note(self, index: int, done: int, crc: int) -> None:
        """Say what is on disk of a segment."""
        with self._lock:
            self._done += done - self._entries[index][0]
            self._entries[index] = (done, crc)
            self._file.seek(_PAGE + index * _ENTRY.size)
            self._file.write(_ENTRY.pack(done, crc))

    def pin(self, **changes: str | float) -> None:
        """Change what is pinned."""
        with self._lock:
            self.pins = msgspec.structs.replace(self.pins, **changes)
            self._file.seek(0)
            self._file.write(_page(self.pins))

    def reset(self) -> None:
        """Forget all bytes."""
        with self._lock:
            self._entries = [(0, 0)] * _count(self.pins)
            self._done = 0
            self.pins = msgspec.structs.replace(self.pins, completed=0.0)
            self._file.seek(0)
            self._file.truncate()
            self._file.write(_page(self.pins) + bytes(_ENTRY.size * len(self._entries)))

    def sync(self) -> None:
        """Bring it onto the disk itself."""
        with self._lock:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


@contextlib.contextmanager
def held(journal: Path, name: str) -> Iterator[None]:
    """Have a journal, where there is one, so that nobody else is at the file of this name.

    Raises:
        DownloadElsewhere: another process has it.
        OSError: it cannot be opened.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            _lock(stack.enter_context(journal.open("r+b", buffering=0)), name)
        yield


def read_pins(target: Path) -> Pins | None:
    """Where a file came from and what its bytes must be; None for one that Parley did not download."""
    found = _read_at(_journal_in_force(target))
    return found[0] if found is not None else None


def read_crcs(target: Path) -> list[int]:
    """The CRC-32 of each segment of a file that is complete; none where they are not known."""
    found = _read_at(_journal_in_force(target))
    return [crc for _, crc in found[1]] if found is not None and found[0].completed else []


def kept_bytes(target: Path) -> int:
    """How much of a file has arrived, as its journal says."""
    found = _read_at(growing_journal_of(target)) if part_of(target).exists() else None
    return sum(done for done, _ in found[1]) if found is not None else 0


def segment_blocks(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    """The bytes of one segment in blocks; fewer where the file ends early."""
    file.seek(start)
    while size > 0 and (block := file.read(min(_BLOCK, size))):
        yield block
        size -= len(block)


def crc_of(file: BinaryIO, start: int, size: int) -> int:
    """The CRC-32 of a range."""
    crc = 0
    for block in segment_blocks(file, start, size):
        crc = zlib.crc32(block, crc)
    return crc


def _count(pins: Pins) -> int:
    return -(-pins.bytes // pins.segment)


def _page(pins: Pins) -> bytes:
    return msgspec.json.encode(pins).ljust(_PAGE - 1) + b"\n"


def _journal_in_force(target: Path) -> Path:
    """The one a file grew with, if the program was killed before that could take the place of the older file's."""
    part = part_of(target)
    grown = _read_at(journal_of(part)) if not part.exists() else None
    return journal_of(part) if grown is not None and grown[0].completed else journal_of(target)


def _read_at(journal: Path) -> tuple[Pins, list[tuple[int, int]]] | None:
    try:
        with journal.open("rb") as file:
            return _read(file)
    except OSError:
        return None


def _read(file: BinaryIO) -> tuple[Pins, list[tuple[int, int]]] | None:
    """The journal's content; None where it is none, or was cut off."""
    file.seek(0)
    page, rest = file.read(_PAGE), b""
    try:
        pins = msgspec.json.decode(page, type=Pins)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    rest = file.read(_count(pins) * _ENTRY.size) if pins.segment > 0 and pins.bytes >= 0 else b""
    if pins.segment <= 0 or len(rest) != _count(pins) * _ENTRY.size:
        return None
    sizes = [min(pins.segment, pins.bytes - at) for at in range(0, pins.bytes, pins.segment)]
    entries = zip(_ENTRY.iter_unpack(rest), sizes, strict=True)
    return pins, [(done, crc) if done <= size else (0, 0) for (done, crc), size in entries]


def _lock(file: BinaryIO, name: str) -> None:
    """Have the file for this process until it closes it or ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_LOCK_OFFSET)
            with contextlib.suppress(AttributeError):
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise DownloadElsewhere(file=name) from error
