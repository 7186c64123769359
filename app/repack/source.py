"""What a GGUF matrix is made of: a module of the checkpoint that can be loaded, encoded and decoded by rows.

A row is one output. `encode` is the fast way, `decode` a plain one of its own, against which the result is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from gguf import GGMLQuantizationType as Kind

from app.core.checkpoints.quantized import Becomes
from app.core.checkpoints.repack import NoteKind
from app.repack.arrays import Bytes, Floats, Indices

LOSSLESS = frozenset(
    {
        NoteKind.EXACT,
        NoteKind.SCALES_ROUNDED,
        NoteKind.OFFSETS_ROUNDED,
        NoteKind.ORDER_UNDONE,
        NoteKind.COPIED,
        NoteKind.HALVED,
    }
)
"""Every code is kept; at most scales, offsets and tiny values are rounded."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a module: its new type, what that means, and what it was, such as `4-bit groups of 128`."""

    kind: Kind
    note: NoteKind
    was: str


def fate_of(found: Becomes, was: str, widened: Kind | None) -> Fate:
    """What becomes of a module by itself, unless its neighbours in a tensor are `widened` to another type."""
    kind = Kind[found.type]
    if widened is None or widened is kind:
        return Fate(kind, found.note, was)
    return Fate(widened, NoteKind.RANGE_WIDENED, was)


class Loaded(Protocol):
    """A module whose packed weights are in memory, or read as they are needed."""

    def encode(self, rows: Indices) -> Bytes:
        """These rows as blocks; (rows, bytes)."""

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean; (rows, columns)."""


class Source(Protocol):
    """A module; `names` are the tensors it takes, `nbytes` what they occupy."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors it takes."""

    @property
    def rows(self) -> int:
        """Outputs."""

    @property
    def columns(self) -> int:
        """Inputs."""

    @property
    def nbytes(self) -> int:
        """What its tensors occupy."""

    @property
    def fate(self) -> Fate:
        """What becomes of it."""

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type, since its neighbours in a tensor do."""

    def load(self) -> Loaded:
        """Read what is needed for any row.

        Raises:
            ScalesNotFinite: the checkpoint is no sane model.
            SourceChanged: a file changed.
        """


def span(rows: Indices) -> slice | Indices:
    """Neighbouring rows as a slice, which numpy reads much faster."""
    first, count = int(rows[0]), len(rows)
    if int(rows[-1]) - first == count - 1 and np.all(np.diff(rows) == 1):
        return slice(first, first + count)
    return rows
