"""The list of preparations in one small file; plain methods for the thread that owns the database.

It is work under way on this machine's disk, and so in no backup: a list of another day would name folders that are
gone and models that are there. Without it nothing is lost: a folder that is prepared once more goes on where it
was, and how a model was made stands in its own file (see `app.catalog.gguf.making`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.core.checkpoints.preparing import Preparation


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
