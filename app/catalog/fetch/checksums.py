"""What files were when Parley first looked at them, for those whose owner tells no checksum.

A small file in the user's data folder, written anew in one step. Runs in a download child.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Checksum(msgspec.Struct, frozen=True):
    """A file's SHA-256 and what it looked like then; `noted_at` in Unix seconds."""

    sha256: str
    bytes: int
    modified_ns: int
    noted_at: float

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file still has the size and the time of modification it had."""
        return (self.bytes, self.modified_ns) == (status.st_size, status.st_mtime_ns)


class Checksums:
    """Read and written as a whole: there are as many entries as there are such models."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, file: Path) -> Checksum | None:
        """What was noted of a file."""
        return self._read().get(str(file))

    def note(self, file: Path, checksum: Checksum) -> None:
        """Keep what a file is.

        Raises:
            OSError: it cannot be written.
        """
        self._write({**self._read(), str(file): checksum})

    def move(self, old: Path, new: Path) -> None:
        """A file has another path now; raises as `note`."""
        known = self._read()
        if (checksum := known.pop(str(old), None)) is not None:
            self._write({**known, str(new): checksum})

    def _read(self) -> dict[str, Checksum]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Checksum])
        except (OSError, ValueError):
            return {}

    def _write(self, known: dict[str, Checksum]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            partial.write_bytes(msgspec.json.encode(known))
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)
