"""Where the files of weights are while a checkpoint is repacked: on the disk, or on their way to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.core.catalog.safetensors import SafetensorsHeader, read_header

if TYPE_CHECKING:
    from app.repack.checkpoint import Array, Checkpoint
    from app.repack.part import Part
    from app.repack.writer import Module

Identity = tuple[str | int, ...]


class NeedsAll(Exception):
    """What was asked for can only be told with all weights on the disk."""


class Supply(Protocol):
    """Sees to it that weights are there when they are read.

    `arriving` are the names of files that may not be on the disk, `identity` tells them from others of these names.
    """

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

    def begin(self, checkpoint: Checkpoint, modules: Sequence[Module], part: Part, /) -> None:
        """These modules are to be written, in this order.

        Raises:
            DiskTooSmall: there is no room for what they need.
        """

    def has(self, module: Module, /) -> bool:
        """Whether all tensors of a module are on the disk."""

    def wait_for(self, module: Module, /) -> None:
        """Wait until they are; all modules before this one are finished.

        Raises:
            Cancelled, NeedsAll, ParleyError: they will not be.
        """

    def finished(self, module: Module, /) -> None:
        """A module is written and compared: its tensors have served."""


class _OnDisk:
    """All is there, and stays."""

    arriving: frozenset[str] = frozenset()
    identity: Sequence[Identity] = ()

    def header(self, path: Path) -> SafetensorsHeader:
        return read_header(path)

    def locate(self, path: Path, offset: int, _count: int) -> tuple[Path, int]:
        return path, offset

    def presume(self, _path: Path, _name: str, _test: Callable[[Array], bool]) -> bool:
        return False

    def begin(self, _checkpoint: Checkpoint, _modules: Sequence[Module], _part: Part) -> None:
        """Nothing has to be done."""

    def has(self, _module: Module) -> bool:
        return True

    def wait_for(self, _module: Module) -> None:
        """There is nothing to wait for."""

    def finished(self, _module: Module) -> None:
        """It stays."""


ON_DISK: Supply = _OnDisk()
