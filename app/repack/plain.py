"""Modules that are not quantized, and the vectors of all models; runs on the threads of a repack."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from gguf import GGMLQuantizationType as Kind

from app.core.checkpoints.quantized import plain_becomes
from app.core.checkpoints.repack import NoteKind
from app.core.checkpoints.repack_errors import ScalesNotFinite, TensorMissing, TensorWrong
from app.repack import blocks
from app.repack.arrays import Array, Bytes, Floats, Indices
from app.repack.checkpoint import Checkpoint, as_floats, require_type
from app.repack.source import Fate, Loaded, Source

_NEAR = 8
"""Rows that are farther apart than so many, on average, are read one by one."""

_SAME = {"F32": Kind.F32, "F16": Kind.F16, "BF16": Kind.BF16}
_HALF_MAX = 65504


@dataclass(frozen=True)
class PlainSource:
    """A matrix of floats, to become `kind`; in blocks only where its width allows."""

    checkpoint: Checkpoint
    name: str
    rows: int
    columns: int
    kind: Kind

    @property
    def names(self) -> tuple[str, ...]:
        """The tensor it takes."""
        return (self.name,)

    @property
    def nbytes(self) -> int:
        """What it occupies."""
        return self.checkpoint.tensors[self.name].nbytes

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        dtype = self.checkpoint.tensors[self.name].dtype
        found = plain_becomes(dtype, self.kind.name, self.columns)
        return Fate(Kind[found.type], found.note, dtype)

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type."""
        return replace(self, kind=kind)

    def load(self) -> Loaded:
        """Nothing is read yet; see `Source`."""
        return _LoadedPlain(self)


def plain_source(checkpoint: Checkpoint, name: str, shape: tuple[int, int], kind: Kind | None) -> PlainSource:
    """Look at a matrix; without a `kind` it stays what it is.

    Raises:
        TensorMissing, TensorWrong: it is not what it should be.
    """
    tensor = checkpoint.tensors.get(name)
    if tensor is None:
        raise TensorMissing(tensor=name)
    if tensor.shape != shape:
        raise TensorWrong(tensor=name, reason=f"has the shape {list(tensor.shape)} instead of {list(shape)}")
    require_type(tensor, name, *_SAME, "F64")
    return PlainSource(checkpoint, name, *shape, _SAME.get(tensor.dtype, Kind.F32) if kind is None else kind)


class _LoadedPlain:
    """The rows are read as they are needed."""

    def __init__(self, source: PlainSource) -> None:
        self._source = source
        self._fate = source.fate

    def encode(self, rows: Indices) -> Bytes:
        """These rows as they are, or as blocks.

        Raises:
            ScalesNotFinite: a weight is no number, or too large for float16.
        """
        if self._fate.note is NoteKind.COPIED and self._fate.kind is not Kind.F32:
            stored = self._stored(rows)
            if not _are_numbers(stored):
                raise ScalesNotFinite(tensor=self._source.name)
            return stored.view(np.uint8)
        weights = self.decode(rows)
        if not np.isfinite(weights).all() or (self._fate.kind is Kind.F16 and np.abs(weights).max() > _HALF_MAX):
            raise ScalesNotFinite(tensor=self._source.name)
        return blocks.encoded(weights, self._fate.kind)

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean."""
        return as_floats(self._stored(rows), self._source.checkpoint.tensors[self._source.name], self._source.name)

    def _stored(self, rows: Indices) -> Array:
        """These rows, read together where they lie near each other: those between them would cost memory."""
        read, name = self._source.checkpoint.rows, self._source.name
        first, last = int(rows.min()), int(rows.max())
        if last - first >= _NEAR * len(rows):
            return np.concatenate([read(name, int(row), int(row) + 1) for row in rows])
        return np.ascontiguousarray(read(name, first, last + 1)[rows - first])


def _are_numbers(stored: Array) -> bool:
    """Whether floats of 16 bits, BF16 as integers, are all finite: where not, all bits of the exponent are set."""
    exponent = np.uint16(0x7F80 if stored.dtype == np.uint16 else 0x7C00)
    return not bool(((stored.view(np.uint16) & exponent) == exponent).any())


@dataclass(frozen=True)
class VectorSource:
    """A vector, stored in float32 with `shift` added, its values in another `order` if there is one."""

    checkpoint: Checkpoint
    name: str
    columns: int
    shift: float = 0.0
    order: Indices | None = None
    rows: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The tensor it takes."""
        return (self.name,)

    @property
    def nbytes(self) -> int:
        """What it occupies."""
        return self.checkpoint.tensors[self.name].nbytes

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        return Fate(Kind.F32, NoteKind.COPIED, self.checkpoint.tensors[self.name].dtype)

    def widened(self, kind: Kind) -> Source:
        """A vector has but one type."""
        raise AssertionError(f"{self.name} cannot become {kind.name}")

    def load(self) -> Loaded:
        """Read it; see `Source`."""
        values = self.checkpoint.floats(self.name).reshape(-1) + np.float32(self.shift)
        if not np.isfinite(values).all():
            raise ScalesNotFinite(tensor=self.name)
        return Values(values if self.order is None else values[self.order])


def vector_source(checkpoint: Checkpoint, name: str, size: int) -> VectorSource:
    """Look at a vector.

    Raises:
        TensorMissing, TensorWrong: it is not what it should be.
    """
    tensor = checkpoint.tensors.get(name)
    if tensor is None:
        raise TensorMissing(tensor=name)
    if tensor.shape != (size,):
        raise TensorWrong(tensor=name, reason=f"has the shape {list(tensor.shape)} instead of {[size]}")
    return VectorSource(checkpoint, name, size)


@dataclass(frozen=True)
class MadeSource:
    """A vector that follows from the configuration, such as rope factors."""

    values: Floats
    names: tuple[str, ...] = ()
    nbytes: int = 0
    rows: int = 1

    @property
    def columns(self) -> int:
        """How many values."""
        return len(self.values)

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        return Fate(Kind.F32, NoteKind.COPIED, "F32")

    def widened(self, kind: Kind) -> Source:
        """A vector has but one type."""
        raise AssertionError(f"a made vector cannot become {kind.name}")

    def load(self) -> Loaded:
        """Nothing to read."""
        return Values(self.values)


class Values:
    """One row of float32."""

    def __init__(self, values: Floats) -> None:
        self._values = values

    def encode(self, rows: Indices) -> Bytes:
        """As bytes."""
        return blocks.encoded(self.decode(rows), Kind.F32)

    def decode(self, rows: Indices) -> Floats:
        """As they are."""
        return self._values.reshape(1, -1)[rows]
