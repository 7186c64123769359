"""Finds which bytes of a complete file differ from what the Hub sends. Runs in a download child.

The file is fetched a second time, in order, but only what differs is written; after such a segment the whole file is
hashed from the disk, so that the first broken range usually is the last one fetched. Where many are broken, that
happens after the first, the second, the fourth and so on: to hash a large file after each would take days.
"""

from __future__ import annotations

import threading
import zlib
from typing import BinaryIO

from app.catalog.fetch.hasher import Hash, hash_for
from app.catalog.fetch.journal import Journal, segment_blocks
from app.catalog.fetch.puller import Stopped


class Mended(Exception):
    """The file is what the Hub says; nothing more needs to be fetched."""


class Comparer:
    """Takes the file's bytes from its beginning; `stop` ends it, also while it hashes."""

    def __init__(self, file: BinaryIO, journal: Journal, etag: str, stop: threading.Event) -> None:
        digest = hash_for(etag, journal.pins.bytes)
        assert digest is not None
        self._file = file
        self._journal = journal
        self._etag = etag
        self._stop = stop
        self._index = 0
        self._segment = bytearray()
        self._compared = digest
        self._changed = 0

    def take(self, block: bytes) -> None:
        """Compare the next bytes.

        Raises:
            Mended: they made the file whole.
            Stopped: it is to stop.
            OSError: they cannot be written.
        """
        self._segment += block
        while self._index < self._journal.count and len(self._segment) >= self._journal.size(self._index):
            size = self._journal.size(self._index)
            self._compare(bytes(self._segment[:size]))
            del self._segment[:size]
            self._index += 1

    def _compare(self, data: bytes) -> None:
        start, crc = self._index * self._journal.pins.segment, zlib.crc32(data)
        differs = crc != self._journal.entry(self._index)[1]
        if differs:
            self._write(start, data)
            self._journal.note(self._index, len(data), crc)
            self._changed += 1
        self._hash(self._compared, start, len(data))
        is_last = self._index + 1 == self._journal.count
        if is_last or (differs and self._changed & (self._changed - 1) == 0):
            self._judge(start + len(data))

    def _write(self, start: int, data: bytes) -> None:
        self._file.seek(start)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _judge(self, compared: int) -> None:
        digest = self._compared.copy()
        self._hash(digest, compared, self._journal.pins.bytes - compared)
        if digest.hexdigest() == self._etag:
            raise Mended

    def _hash(self, digest: Hash, start: int, size: int) -> None:
        for block in segment_blocks(self._file, start, size):
            if self._stop.is_set():
                raise Stopped
            digest.update(block)
