"""The list of preparations in one small file; plain methods for the thread that owns the database."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.core.preparing import Preparation


class PreparationFile:
    """Written anew with each change, in one step; one that cannot be read counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Preparation]:
        """All of them, in their order."""
        with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            return msgspec.json.decode(self._path.read_bytes(), type=list[Preparation])
        return []

    def write(self, preparations: Sequence[Preparation]) -> None:
        """Keep these.

        Raises:
            OSError: they could not be written; what was there is there still.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        passing = self._path.with_name(f"{self._path.name}.new")
        passing.write_bytes(msgspec.json.encode(list(preparations)))
        passing.replace(self._path)
