"""Verifies a file of the library: is it still what it was? Runs in a download child."""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from app.catalog.fetch.checksums import Checksum, Checksums
from app.catalog.fetch.hasher import Hash, hash_for
from app.catalog.fetch.journal import Journal, Pins, journal_of, read_crcs, read_pins, segment_blocks, settle
from app.core.catalog.downloads import FileChecked
from app.core.errors import Cancelled
from app.core.file_errors import FileGone, FileUnreadable

_SEGMENT = 8 * 1024 * 1024


def check_file(
    path: Path, sha256: str, checksums: Checksums, tell: Callable[[int, int], None], stopped: Callable[[], bool]
) -> FileChecked:
    """Read a whole file and compare it; nothing of it is changed.

    `sha256` is what it must be; where it is empty, what Parley noted when it downloaded the file counts,
    and else what the file was at the first look, which this may be.

    Raises:
        FileGone, FileUnreadable: there is no such file, or the system refuses.
        Cancelled: it was stopped.
    """
    pins = read_pins(path)
    expected = sha256 or (pins.etag or pins.sha256 if pins is not None else "")
    segment = pins.segment if pins is not None else _SEGMENT
    try:
        status, noted = path.stat(), None if expected else checksums.of(path)
        wanted = noted.sha256 if noted is not None else expected
        digest: Hash = hash_for(wanted, status.st_size) or hashlib.sha256()
        crcs = _read(path, status.st_size, segment, digest, tell, stopped)
        found = digest.hexdigest()
        if not expected:
            return _compare_with_first_look(path, status, found, noted, checksums)
    except FileNotFoundError as error:
        raise FileGone(file=path.name, folder=str(path.parent)) from error
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=error.strerror or str(error)) from error
    if found == expected:
        return FileChecked(path=str(path), sha256=found, sound=True)
    return FileChecked(path=str(path), sha256=found, sound=False, broken=_broken(path, crcs, pins))


def forget_broken(path: Path, broken: Iterable[tuple[int, int]]) -> None:
    """Note in the journal of a damaged file which ranges of it are broken, so that a repair fetches just those.

    Raises:
        DownloadElsewhere: another process is at it.
        OSError: it cannot be noted.
    """
    pins = read_pins(path)
    if pins is None:
        return
    settle(path)
    journal = Journal.open(journal_of(path), pins)
    try:
        for start, _ in broken:
            journal.note(start // pins.segment, 0, 0)
        journal.pin(completed=0.0)
    finally:
        journal.close()


def _broken(path: Path, crcs: Sequence[int], pins: Pins | None) -> tuple[tuple[int, int], ...]:
    """The ranges that are not what arrived; none where that is not known."""
    if pins is None:
        return ()
    wrong = [index for index, crc in enumerate(read_crcs(path)) if index >= len(crcs) or crcs[index] != crc]
    starts = [index * pins.segment for index in wrong]
    return tuple((start, min(pins.segment, pins.bytes - start)) for start in starts)


def _compare_with_first_look(
    path: Path, status: os.stat_result, found: str, noted: Checksum | None, checksums: Checksums
) -> FileChecked:
    """A file that was replaced since, as its size and time say, is looked at for the first time once more."""
    since = noted.noted_at if noted is not None else 0.0
    if noted is not None and (found == noted.sha256 or noted.is_of(status)):
        return FileChecked(path=str(path), sha256=found, sound=found == noted.sha256, since=since)
    checksums.note(path, Checksum(found, status.st_size, status.st_mtime_ns, time.time()))
    return FileChecked(path=str(path), sha256=found, sound=None, since=since)


def _read(
    path: Path, size: int, segment: int, digest: Hash, tell: Callable[[int, int], None], stopped: Callable[[], bool]
) -> list[int]:
    """Hash it; the CRC-32 of each segment."""
    crcs, done = [], 0
    with path.open("rb", buffering=0) as file:
        for start in range(0, size, segment):
            crc = 0
            for block in segment_blocks(file, start, segment):
                if stopped():
                    raise Cancelled
                digest.update(block)
                crc = zlib.crc32(block, crc)
                done += len(block)
            crcs.append(crc)
            tell(done, size)
    return crcs
