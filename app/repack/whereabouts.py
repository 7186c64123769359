"""Where the bytes of weights can be read: in files that lie on the disk, or in what has arrived of one until now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.core.catalog.safetensors import SafetensorsHeader, read_header
from app.repack.arrays import Array

Identity = tuple[str | int, ...]


class NeedsAll(Exception):
    """What was asked for can only be told with all weights on the disk."""


class Whereabouts(Protocol):
    """Finds bytes; `arriving` are the names of files that may not be there, `identity` tells them from others."""

    @property
    def arriving(self) -> frozenset[str]:
        """Names of files."""

    @property
    def identity(self) -> Sequence[Identity]:
        """What the files arriving are."""

    def header(self, path: Path) -> SafetensorsHeader:
        """A file's header; raises as `read_header`."""

    def locate(self, path: Path, offset: int, count: int, /) -> tuple[Path, int]:
        """Where these bytes of a file can be read now.

        Raises:
            NeedsAll: nowhere yet.
        """

    def presume(self, path: Path, name: str, test: Callable[[Array], bool], /) -> bool:
        """Whether a test of a tensor can wait until its file is there; if it fails then, `NeedsAll` follows."""


class InPlace:
    """All files are there whole."""

    arriving: frozenset[str] = frozenset()
    identity: Sequence[Identity] = ()

    def header(self, path: Path) -> SafetensorsHeader:
        """See `Whereabouts`."""
        return read_header(path)

    def locate(self, path: Path, offset: int, _count: int) -> tuple[Path, int]:
        """See `Whereabouts`."""
        return path, offset

    def presume(self, _path: Path, _name: str, _test: Callable[[Array], bool]) -> bool:
        """See `Whereabouts`."""
        return False


IN_PLACE: Whereabouts = InPlace()
