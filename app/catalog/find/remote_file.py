"""A file on the Hub of which only the beginning is read, and the folder that remembers such beginnings.

Runs in the hub child or on the command line.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from typing_extensions import Buffer

from app.core.catalog.hub_errors import RemoteHeaderTooLong
from app.core.sizes import format_bytes

PREFIX_BYTES = 64 * 1024
MAX_HEADER_BYTES = 128 * 1024 * 1024
CACHE_BYTES = 512 * 1024 * 1024

ReadRange = Callable[[int, int], bytes]
"""Gives the bytes [start, stop) of a file, fewer where it ends before."""


class RemoteStart(io.RawIOBase):
    """The beginning of a remote file, fetched as far as it is read; each fetch doubles what is there."""

    def __init__(self, name: str, file_bytes: int, read_range: ReadRange) -> None:
        self._name = name
        self._bytes = file_bytes
        self._read_range = read_range
        self._fetched = bytearray()
        self._position = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is; a jump fetches nothing."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase.seek`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._bytes}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def readinto(self, target: Buffer, /) -> int:
        """Fill a buffer.

        Raises:
            RemoteHeaderTooLong: more would have to be fetched than is reasonable.
            ParleyError: the Hub does not give it.
        """
        view = memoryview(target).cast("B")
        stop = min(self._position + len(view), self._bytes)
        if stop > len(self._fetched):
            self._fetch(stop)
        piece = self._fetched[self._position : stop]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _fetch(self, stop: int) -> None:
        if stop > MAX_HEADER_BYTES:
            raise RemoteHeaderTooLong(file=self._name, limit=format_bytes(MAX_HEADER_BYTES))
        start = len(self._fetched)
        goal = min(max(stop, 2 * start, PREFIX_BYTES), self._bytes, MAX_HEADER_BYTES)
        self._fetched += self._read_range(start, goal)


class HeaderCache:
    """Beginnings of files, each under its commit and path: what they hold can never change."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when something is kept."""
        self._folder = folder

    def path(self, repo: str, commit: str, file: str, kind: str) -> Path:
        """Where the entry is, or would be."""
        key = hashlib.sha256("\n".join((repo, commit, file)).encode()).hexdigest()
        return self._folder / f"{key[:40]}.{kind}"

    def read(self, path: Path) -> bytes | None:
        """What was kept, None if nothing was."""
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def keep(self, path: Path, data: bytes) -> None:
        """Remember; a full or read-only disk only means to fetch it again next time."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix="unfinished-")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(unfinished).replace(path)

    def forget(self, path: Path) -> None:
        """Drop an entry that turned out to be of no use."""
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def prune(self, limit: int = CACHE_BYTES) -> None:
        """Drop what was not used for longest, until the rest is within `limit` bytes."""
        with contextlib.suppress(OSError):
            entries = [(entry.stat(), entry) for entry in self._folder.iterdir() if entry.is_file()]
            total = 0
            for status, entry in sorted(entries, key=lambda one: one[0].st_mtime_ns, reverse=True):
                total += status.st_size
                if total > limit:
                    entry.unlink(missing_ok=True)
