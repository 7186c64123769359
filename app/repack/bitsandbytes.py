"""bitsandbytes modules; runs on the threads of a repack.

int8: `weight` (outputs, inputs) int8 with `SCB` (outputs) float32, w = q SCB / 127. nf4 and fp4: `weight` holds pairs
of codes along the rows, the first in the high half; w = quant_map[q] absmax[block], with blocks of `blocksize` along
the rows. With double quantization, absmax = nested_quant_map[absmax] nested_absmax[outer block] + offset.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import msgspec
import numpy as np
from gguf import GGMLQuantizationType as Kind
from numpy.typing import NDArray

from app.core.checkpoints.quantized import four_bit_becomes, int8_becomes
from app.core.checkpoints.repack_errors import (
    QuantizationMismatch,
    QuantizationUnknown,
    ScalesNotFinite,
    TensorMissing,
    TensorWrong,
)
from app.repack import blocks
from app.repack.arrays import Bytes, Floats, Indices
from app.repack.blocks import BLOCK
from app.repack.checkpoint import Checkpoint, require_type
from app.repack.source import Fate, Loaded, Source, fate_of

_INT8_SCALE = 127
_STATES = ("nf4", "fp4")
_LEVELS = 16


@dataclass(frozen=True)
class Int8Source:
    """A module of 8-bit rows."""

    checkpoint: Checkpoint
    module: str
    rows: int
    columns: int
    kind: Kind | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors it takes."""
        names = (f"{self.module}.weight", f"{self.module}.SCB", f"{self.module}.weight_format")
        return tuple(name for name in names if name in self.checkpoint.tensors)

    @property
    def nbytes(self) -> int:
        """What its tensors occupy."""
        return sum(self.checkpoint.tensors[name].nbytes for name in self.names)

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        return fate_of(int8_becomes(self.columns), "bitsandbytes int8", self.kind)

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type."""
        return replace(self, kind=kind)

    def load(self) -> Loaded:
        """Read the scales; see `Source`."""
        name = f"{self.module}.SCB"
        scales = self.checkpoint.floats(name).reshape(-1) / np.float32(_INT8_SCALE)
        if not np.isfinite(scales.astype(np.float16)).all():
            raise ScalesNotFinite(tensor=name)
        return _LoadedInt8(self, scales)


def int8_source(checkpoint: Checkpoint, module: str, shape: tuple[int, int]) -> Int8Source:
    """Look at a module's tensors.

    Raises:
        TensorWrong, QuantizationUnknown: it is not what it should be.
    """
    weight, scales = checkpoint.tensors[f"{module}.weight"], checkpoint.tensors[f"{module}.SCB"]
    if weight.dtype != "I8":
        raise TensorWrong(tensor=f"{module}.weight", reason=f"is of the type {weight.dtype} instead of I8")
    if weight.shape != shape:
        raise TensorWrong(
            tensor=f"{module}.weight", reason=f"has the shape {list(weight.shape)} instead of {list(shape)}"
        )
    if scales.elements != shape[0]:
        raise QuantizationMismatch(
            tensor=f"{module}.SCB", reason=f"it has {scales.elements} scales for {shape[0]} rows"
        )
    form = f"{module}.weight_format"
    if form in checkpoint.tensors and np.any(checkpoint.read(form) != 0):
        raise QuantizationUnknown(method="bitsandbytes in the layout of a GPU")
    return Int8Source(checkpoint, module, *shape)


class _LoadedInt8:
    """The scales in memory; the rows are read as they are needed."""

    def __init__(self, source: Int8Source, scales: Floats) -> None:
        self._source = source
        self._scales = scales
        self._kind = source.fate.kind

    def encode(self, rows: Indices) -> Bytes:
        """These rows as blocks."""
        found = self._codes(rows)
        if self._kind is not Kind.Q8_0:
            return blocks.encoded(found * self._scales[rows, None], self._kind)
        scales = np.repeat(self._scales[rows, None].astype(np.float16), self._source.columns // BLOCK, axis=1)
        return blocks.q8_0(found.view(np.uint8), scales)

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean."""
        return self._codes(rows).astype(np.float32) * self._scales[rows, None]

    def _codes(self, rows: Indices) -> NDArray[np.int8]:
        first = int(rows.min())
        found = self._source.checkpoint.rows(f"{self._source.module}.weight", first, int(rows.max()) + 1)
        return np.ascontiguousarray(found.view(np.int8)[rows - first])


class _State(msgspec.Struct, frozen=True):
    """What bitsandbytes keeps beside 4-bit codes."""

    quant_type: str
    blocksize: int
    shape: tuple[int, ...]
    nested_blocksize: int = 0
    nested_offset: float = 0.0


@dataclass(frozen=True)
class FourBitSource:
    """A module of nf4 or fp4."""

    checkpoint: Checkpoint
    module: str
    rows: int
    columns: int
    state: _State
    kind: Kind | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors it takes."""
        start = f"{self.module}.weight"
        ends = ("", ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", *(f".{_state(k)}" for k in _STATES))
        return tuple(start + end for end in ends if start + end in self.checkpoint.tensors)

    @property
    def nbytes(self) -> int:
        """What its tensors occupy."""
        return sum(self.checkpoint.tensors[name].nbytes for name in self.names)

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        found = four_bit_becomes(self.columns, self.state.blocksize)
        return fate_of(found, f"bitsandbytes {self.state.quant_type}", self.kind)

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type."""
        return replace(self, kind=kind)

    def load(self) -> Loaded:
        """Read levels and scales; see `Source`."""
        start = f"{self.module}.weight"
        levels = self.checkpoint.floats(f"{start}.quant_map").reshape(-1)
        largest = self._largest()
        if not (np.isfinite(largest.astype(np.float16)).all() and np.isfinite(levels).all()):
            raise ScalesNotFinite(tensor=f"{start}.absmax")
        if not levels.any():
            raise TensorWrong(tensor=f"{start}.quant_map", reason="has no levels but zero")
        return _LoadedFourBit(self, levels, largest)

    def _largest(self) -> Floats:
        """The largest weight of each block."""
        start = f"{self.module}.weight"
        stored = self.checkpoint.read(f"{start}.absmax").reshape(-1)
        if f"{start}.nested_absmax" not in self.checkpoint.tensors:
            return self.checkpoint.floats(f"{start}.absmax").reshape(-1)
        outer = np.repeat(self.checkpoint.floats(f"{start}.nested_absmax").reshape(-1), self.state.nested_blocksize)
        table = self.checkpoint.floats(f"{start}.nested_quant_map").reshape(-1)
        return table[stored.astype(np.intp)] * outer[: stored.size] + np.float32(self.state.nested_offset)


def four_bit_source(checkpoint: Checkpoint, module: str, shape: tuple[int, int]) -> FourBitSource:
    """Look at a module's tensors.

    Raises:
        TensorMissing, TensorWrong, QuantizationMismatch: it is not what it should be.
    """
    start = f"{module}.weight"
    found = [name for kind in _STATES if (name := f"{start}.{_state(kind)}") in checkpoint.tensors]
    if not found:
        raise TensorMissing(tensor=f"{start}.{_state(_STATES[0])}")
    try:
        state = msgspec.json.decode(checkpoint.read(found[0]).tobytes(), type=_State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TensorWrong(str(error), tensor=found[0], reason="does not describe its codes") from None
    if state.shape != shape:
        raise TensorWrong(tensor=start, reason=f"has the shape {list(state.shape)} instead of {list(shape)}")
    weights, tensors = shape[0] * shape[1], checkpoint.tensors
    if tensors[start].nbytes * 2 != weights or weights % 2 or shape[1] % 2:
        raise QuantizationMismatch(tensor=start, reason=f"it has {tensors[start].nbytes} bytes for {weights} codes")
    absmax = tensors.get(f"{start}.absmax")
    if absmax is None:
        raise TensorMissing(tensor=f"{start}.absmax")
    if state.blocksize <= 0 or absmax.elements != -(-weights // state.blocksize):
        raise QuantizationMismatch(
            tensor=f"{start}.absmax", reason=f"{absmax.elements} scales are not one for {state.blocksize} weights each"
        )
    is_nested = f"{start}.nested_absmax" in tensors
    require_type(absmax, f"{start}.absmax", *(("U8",) if is_nested else ("F32", "F16", "BF16")))
    _check_tables(checkpoint, start, state, absmax.elements)
    return FourBitSource(checkpoint, module, *shape, state)


def _check_tables(checkpoint: Checkpoint, start: str, state: _State, count: int) -> None:
    tensors = checkpoint.tensors
    sizes = {".quant_map": _LEVELS}
    if f"{start}.nested_absmax" in tensors:
        if state.nested_blocksize <= 0:
            raise QuantizationMismatch(tensor=f"{start}.nested_absmax", reason="its blocks have no size")
        sizes |= {".nested_quant_map": 256, ".nested_absmax": -(-count // state.nested_blocksize)}
    for ending, size in sizes.items():
        tensor = tensors.get(start + ending)
        if tensor is None:
            raise TensorMissing(tensor=start + ending)
        if tensor.elements != size:
            raise TensorWrong(tensor=start + ending, reason=f"has {tensor.elements} values instead of {size}")


def _state(kind: str) -> str:
    return f"quant_state.bitsandbytes__{kind}"


class _LoadedFourBit:
    """Levels and scales in memory; the rows are read as they are needed.

    The 16 levels become the nearest whole numbers after a stretch of at most 127, the same for all blocks: the one
    with the least error. So no weight is decoded: a byte of two codes is replaced by two signed bytes.
    """

    def __init__(self, source: FourBitSource, levels: Floats, largest: Floats) -> None:
        self._source = source
        self._levels = levels
        self._largest = largest
        self._kind = source.fate.kind

    def encode(self, rows: Indices) -> Bytes:
        """These rows as blocks."""
        if self._kind is not Kind.Q8_0 or self._source.columns % BLOCK:
            return blocks.encoded(self.decode(rows), self._kind)
        stretch, pairs = self._pairs
        found = np.take(pairs, self._bytes(rows)).view(np.uint8)
        per_row = self._source.columns // BLOCK
        places = (rows[:, None] * per_row + np.arange(per_row)) * BLOCK // self._source.state.blocksize
        return blocks.q8_0(found, (self._largest[places] / stretch).astype(np.float16))

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean, half a byte at a time."""
        packed = self._bytes(rows)
        found = np.stack([packed >> 4, packed & 15], axis=2).reshape(len(rows), -1)
        places = rows[:, None] * self._source.columns + np.arange(self._source.columns)
        weights: Floats = self._levels[found] * self._largest[places // self._source.state.blocksize]
        return weights

    @cached_property
    def _pairs(self) -> tuple[np.float32, NDArray[np.uint16]]:
        """The stretch, and for each byte its two signed codes in the order of the row."""
        stretches = np.linspace(64, _INT8_SCALE, 4 * (_INT8_SCALE - 64) + 1, dtype=np.float32)
        stretches = stretches / np.abs(self._levels).max()
        scaled = self._levels[None, :] * stretches[:, None]
        errors = np.square((np.rint(scaled) - scaled) / stretches[:, None]).sum(axis=1)
        best = int(errors.argmin())
        signed = np.rint(scaled[best]).astype(np.int8).view(np.uint8)
        both = np.empty((256, 2), np.uint8)
        both[:, 0] = signed[np.arange(256) >> 4]
        both[:, 1] = signed[np.arange(256) & 15]
        return stretches[best], both.view(np.uint16).reshape(-1)

    def _bytes(self, rows: Indices) -> Bytes:
        """(rows, columns / 2): the packed codes, whatever type they are stored as."""
        source, first, last = self._source, int(rows.min()), int(rows.max()) + 1
        half = source.columns // 2
        data = source.checkpoint.part(f"{source.module}.weight", first * half, (last - first) * half)
        return np.ascontiguousarray(data.reshape(-1, half)[rows - first])
