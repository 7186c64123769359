"""The result while it grows: written in any order by several threads, with a journal of what is done.

`NAME` grows as `NAME.part` with its journal `.NAME.repack`, lines of text: first what the plan and the sources were,
then the number of each finished module. A module is noted only after its bytes are on the disk itself, so that a
repack goes on where it was after a kill as after a power failure.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from pathlib import Path

from app.core.catalog.download_errors import DiskTooSmall, FolderRefused
from app.core.checkpoints.repack_errors import ResultInTheWay
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull
from app.core.sizes import format_bytes

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOTE_BYTES = 256 * 1024 * 1024
_SPARE_BYTES = 64 * 1000 * 1000


def part_of(target: Path) -> Path:
    """Where a result grows before it has its name."""
    return target.with_name(f"{target.name}.part")


def journal_of(target: Path) -> Path:
    """Where it is noted how far it is."""
    return target.with_name(f".{target.name}.repack")


def header_of(target: Path) -> Path:
    """Where its header is made."""
    return target.with_name(f".{target.name}.header")


def lock_of(target: Path) -> Path:
    """Where the lock of whoever makes it lies."""
    return target.with_name(f".{target.name}.lock")


class Part:
    """An open part; `write` and `read` may be called by any thread, all else by one."""

    def __init__(self, target: Path, size: int, fingerprint: str) -> None:
        """Open the part there is, if it is of the same plan and sources, else a new one.

        Raises:
            ResultInTheWay: the result exists.
            DiskTooSmall, DiskFull, FolderRefused: it cannot be written.
        """
        self._target = target
        self._size = size
        self._lock = threading.Lock()
        self._unsynced = 0
        self._finished: list[int] = []
        if target.exists():
            raise ResultInTheWay(file=target.name, folder=str(target.parent))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.done = _noted(target, size, fingerprint)
            path = part_of(target)
            _require_space(target.parent, size - (_allocated(path) if self.done else 0))
            self._file = path.open("r+b" if self.done else "w+b", buffering=0)
            self._journal = journal_of(target).open("a" if self.done else "w", encoding="ascii", newline="\n")
            if not self.done:
                self._file.truncate(size)
                self._journal.write(f"{fingerprint}\n")
        except OSError as error:
            raise write_error(error, target.parent) from error

    @property
    def missing(self) -> int:
        """The bytes of disk that it still needs."""
        return self._size - _allocated(part_of(self._target))

    def write(self, offset: int, data: bytes | memoryview) -> None:
        """Put bytes at their place.

        Raises:
            DiskFull, FolderRefused: the system takes no more.
        """
        view = memoryview(data)
        try:
            while view:
                count = self._write_some(offset, view)
                offset, view = offset + count, view[count:]
        except OSError as error:
            raise write_error(error, self._target.parent) from error

    def read(self, offset: int, count: int) -> bytes:
        """Read bytes back."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(count)

    def finished(self, number: int, size: int) -> None:
        """Note that a module is whole; from time to time this reaches the disk."""
        self._finished.append(number)
        self._unsynced += size
        if self._unsynced >= _NOTE_BYTES:
            self.sync()

    def sync(self) -> None:
        """Bring bytes and notes onto the disk itself.

        Raises:
            DiskFull, FolderRefused: it takes no more.
        """
        try:
            os.fsync(self._file.fileno())
            self._journal.write("".join(f"{number}\n" for number in self._finished))
            self._journal.flush()
        except OSError as error:
            raise write_error(error, self._target.parent) from error
        self._finished.clear()
        self._unsynced = 0

    def put_in_place(self) -> None:
        """Give the result its name.

        Raises:
            ResultInTheWay: another file took it meanwhile.
            DiskFull, FolderRefused: the system refuses.
        """
        self.sync()
        self.close()
        if self._target.exists():
            raise ResultInTheWay(file=self._target.name, folder=str(self._target.parent))
        try:
            part_of(self._target).replace(self._target)
        except OSError as error:
            raise write_error(error, self._target.parent) from error
        journal_of(self._target).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a folder cannot be opened everywhere
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Delete what there is: it is not worth going on with."""
        self.close()
        part_of(self._target).unlink(missing_ok=True)
        journal_of(self._target).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the files; notes for which the disk had no room are not worth another error."""
        self._file.close()
        with contextlib.suppress(OSError):
            self._journal.close()

    def _write_some(self, offset: int, view: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._file.fileno(), view, offset)
        with self._lock:
            self._file.seek(offset)
            return self._file.write(view)


def discard(target: Path) -> None:
    """Delete what is left of a result that nobody makes any more."""
    for path in (part_of(target), journal_of(target), header_of(target), lock_of(target)):
        path.unlink(missing_ok=True)


def write_error(error: OSError, folder: Path) -> ParleyError:
    """The typed error of a failed write."""
    if error.errno in _FULL:
        return DiskFull(str(error), folder=str(folder))
    return FolderRefused(str(error), folder=str(folder), reason=error.strerror or str(error))


def _noted(target: Path, size: int, fingerprint: str) -> set[int]:
    """The modules that an earlier run has finished; none if it had another plan or other sources.

    A line that was cut off goes, or the next one would become another number.
    """
    try:
        lines = journal_of(target).read_text(encoding="ascii", errors="replace").splitlines(keepends=True)
        if part_of(target).stat().st_size != size or not lines or lines[0] != f"{fingerprint}\n":
            return set()
    except OSError:
        return set()
    if not lines[-1].endswith("\n"):
        os.truncate(journal_of(target), sum(map(len, lines[:-1])))
        del lines[-1]
    return {int(line) for line in lines[1:] if line.strip().isdecimal()}


def _allocated(path: Path) -> int:
    """What of a file has space of its own; all of it where the system does not tell."""
    status = path.stat()
    blocks: int | None = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else min(status.st_size, blocks * 512)


def _require_space(folder: Path, size: int) -> None:
    available = shutil.disk_usage(folder).free
    if size + _SPARE_BYTES > available:
        raise DiskTooSmall(folder=str(folder), need=format_bytes(size + _SPARE_BYTES), free=format_bytes(available))
