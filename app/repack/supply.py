"""Sees to it that weights are there when they are needed, and learns when they have served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.repack.checkpoint import Checkpoint
from app.repack.layout import Module
from app.repack.part import Part
from app.repack.whereabouts import InPlace, Whereabouts


class Supply(Whereabouts, Protocol):
    """Brings the files of weights, in the order of the modules that are to be written."""

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


class _OnDisk(InPlace):
    """All is there, and stays."""

    def begin(self, _checkpoint: Checkpoint, _modules: Sequence[Module], _part: Part) -> None:
        """Nothing has to be done."""

    def has(self, _module: Module) -> bool:
        return True

    def wait_for(self, _module: Module) -> None:
        """There is nothing to wait for."""

    def finished(self, _module: Module) -> None:
        """It stays."""


ON_DISK: Supply = _OnDisk()
