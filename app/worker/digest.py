"""Computes a model's SHA-256 in small slices, between commands, on the child's main thread."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from time import perf_counter

from app.core.engine.engine_frames import Digest

SLICE_BYTES = 1024 * 1024


class ModelDigest:
    """The hash of a model's files, one after the other, as they were when this was made."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Look at them; the first one names the model.

        Raises:
            OSError: one cannot be read.
        """
        self._paths = paths
        self._identity = self._look()
        self._rest = list(paths)
        self._file = self._next()
        self._hash = hashlib.sha256()
        self._buffer = bytearray(SLICE_BYTES)

    def confirms(self, known: Digest) -> bool:
        """Whether an earlier result is of these very files, as their size and time of modification tell."""
        return (known.path, known.bytes, known.modified_ns) == (str(self._paths[0]), *self._identity)

    def work(self) -> Digest | float:
        """Read one slice: the seconds it took, or the result at the end of the last file.

        Raises:
            OSError: one cannot be read any more, or has changed.
        """
        start = perf_counter()
        count = self._file.readinto(self._buffer)
        if count:
            self._hash.update(memoryview(self._buffer)[:count])
            return perf_counter() - start
        self.close()
        if self._rest:
            self._file = self._next()
            return perf_counter() - start
        if self._look() != self._identity:
            raise OSError(f"{self._paths[0]} changed while it was read")
        size, modified = self._identity
        return Digest(path=str(self._paths[0]), bytes=size, modified_ns=modified, sha256=self._hash.hexdigest())

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()

    def _look(self) -> tuple[int, int]:
        stats = [path.stat() for path in self._paths]
        return sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats)

    def _next(self) -> FileIO:
        return self._rest.pop(0).open("rb", buffering=0)
