"""A tensor of the result: its shape and type, and the modules that it is made of, each with an order of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gguf import GGMLQuantizationType as Kind

from app.repack import blocks
from app.repack.arrays import Indices
from app.repack.source import Source

_WIDTH = (Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0, Kind.BF16, Kind.F16, Kind.F32)


@dataclass(frozen=True)
class Slot:
    """A module and the order in which its rows are written; None as they are."""

    source: Source
    order: Indices | None = None


@dataclass(frozen=True)
class Target:
    """A tensor of the result: its shape, outermost dimension first, and its modules, one below the other."""

    name: str
    shape: tuple[int, ...]
    kind: Kind
    slots: tuple[Slot, ...]

    @property
    def nbytes(self) -> int:
        """What it occupies."""
        return sum(slot.source.rows * blocks.row_bytes(self.kind, slot.source.columns) for slot in self.slots)


def widened(target: Target) -> Target:
    """All modules of a tensor become of one type: the widest that one of them needs."""
    kinds = {slot.source.fate.kind for slot in target.slots}
    if len(kinds) == 1:
        return target
    widest = max(kinds, key=_WIDTH.index)
    slots = tuple(
        slot if slot.source.fate.kind is widest else replace(slot, source=slot.source.widened(widest))
        for slot in target.slots
    )
    return replace(target, kind=widest, slots=slots)
