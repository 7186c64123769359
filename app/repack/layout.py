"""Where in the file each module of a plan goes, and in which order they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.repack import blocks
from app.repack.arrays import Indices
from app.repack.checkpoint import Checkpoint
from app.repack.source import Source
from app.repack.target import Target

_ALIGNMENT = 32
_STRIP_WEIGHTS = 1 << 19
_STRIP_STEP = 8


@dataclass(frozen=True)
class Module:
    """A module of a tensor: its number in the plan, the order of its rows, and where it begins in the file."""

    number: int
    target: Target
    source: Source
    order: Indices | None
    offset: int

    @property
    def row_bytes(self) -> int:
        """What a row takes in the file."""
        return blocks.row_bytes(self.target.kind, self.source.columns)

    def rows(self, first: int, last: int) -> Indices:
        """The source's rows that are written at these places."""
        places = np.arange(first, last)
        return places if self.order is None else self.order[first:last]

    def strips(self) -> Iterator[tuple[int, int]]:
        """Ranges of rows of a bounded number of weights."""
        step = max(_STRIP_STEP, _STRIP_WEIGHTS // self.source.columns // _STRIP_STEP * _STRIP_STEP)
        for first in range(0, self.source.rows, step):
            yield first, min(first + step, self.source.rows)


@dataclass(frozen=True)
class Layout:
    """The tensors of a file, where each begins, and how large it is."""

    targets: tuple[Target, ...]
    offsets: tuple[int, ...]
    bytes: int

    @staticmethod
    def after(header: int, targets: tuple[Target, ...]) -> Layout:
        """Of tensors one after the other, behind a header of so many bytes."""
        offsets = [header]
        for target in targets:
            offsets.append(offsets[-1] + -(-target.nbytes // _ALIGNMENT) * _ALIGNMENT)
        return Layout(targets, tuple(offsets[:-1]), offsets[-1])

    def modules(self) -> Iterator[Module]:
        """All of them, in the order of the file."""
        number = 0
        for target, offset in zip(self.targets, self.offsets, strict=True):
            for slot in target.slots:
                module = Module(number, target, slot.source, slot.order, offset)
                yield module
                number, offset = number + 1, offset + slot.source.rows * module.row_bytes


def in_order_of_reading(modules: Sequence[Module], checkpoint: Checkpoint) -> list[Module]:
    """Those of a file together, and as they lie in it."""

    def place(module: Module) -> tuple[str, str, int]:
        """The last and the first file that a module lies in, and where most of it does."""
        names = module.source.names
        if not names:
            return ("", "", 0)
        files = [checkpoint.file_of(name).name for name in names]
        largest = max(names, key=lambda name: checkpoint.tensors[name].nbytes)
        return (max(files), min(files), checkpoint.tensors[largest].offset)

    return sorted(modules, key=place)
