"""Verifies a file while it arrives: hashes what is on disk from the beginning on, as far as it has no gap.

Runs on a thread of its own in a download child. Each segment is compared with its CRC on the way, which
finds what a power failure or a bad disk has spoiled; such a segment is forgotten and arrives anew.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from pathlib import Path
from typing import BinaryIO, Protocol

from app.catalog.fetch.journal import Journal, segment_blocks
from app.core.catalog.download_errors import FolderRefused

_POLL_SECONDS = 0.5
_MOST_ARRIVALS = 4


class Hash(Protocol):
    """What is used of hashlib's objects."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def copy(self) -> Hash:
        """The state now."""

    def hexdigest(self) -> str:
        """The result."""


def hash_for(etag: str, size: int) -> Hash | None:
    """The hash that a Hub's ETag is of: sha256, or that of a git blob; None where it is neither."""
    if len(etag) == 64:
        return hashlib.sha256()
    if len(etag) == 40:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return None


class Hasher:
    """Hashes the whole file once; `checked` bytes so far, `digest` at the end."""

    def __init__(self, part: Path, journal: Journal, digest: Hash, stop: threading.Event) -> None:
        self._part = part
        self._journal = journal
        self._hash = digest
        self._stop = stop
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="hasher", daemon=True)
        self.checked = 0
        self.digest = ""
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that a segment is complete."""
        with self._news:
            self._news.notify_all()

    @property
    def running(self) -> bool:
        """Whether it still has something to hash."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._part.open("rb", buffering=0) as file:
                for index in range(self._journal.count):
                    self._take_patiently(file, index)
                    if self._stop.is_set():
                        return
            self.digest = self._hash.hexdigest()
        except BaseException as error:
            self.error = error

    def _take_patiently(self, file: BinaryIO, index: int) -> None:
        """Hash a segment, which may have to arrive anew.

        Raises:
            FolderRefused: however often it arrives, the disk spoils it.
        """
        for _ in range(_MOST_ARRIVALS):
            if not self._await(index) or self._take(file, index):
                return
        raise FolderRefused(folder=str(self._part.parent), reason="the disk gives back other bytes than were written")

    def _await(self, index: int) -> bool:
        """Whether the segment is there; False when it is time to stop."""
        with self._news:
            while not self._journal.complete(index):
                if self._stop.is_set():
                    return False
                self._news.wait(_POLL_SECONDS)
        return not self._stop.is_set()

    def _take(self, file: BinaryIO, index: int) -> bool:
        """Hash a segment; one that is not what its journal says is forgotten."""
        before, crc, size = self._hash.copy(), 0, self._journal.size(index)
        for block in segment_blocks(file, index * self._journal.pins.segment, size):
            self._hash.update(block)
            crc = zlib.crc32(block, crc)
            if self._stop.is_set():
                return True
        if crc != self._journal.entry(index)[1]:
            self._hash = before
            self._journal.note(index, 0, 0)
            return False
        self.checked += size
        return True
