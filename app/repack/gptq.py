"""GPTQ modules: w = scale[g] (q - zero[g]) with g = g_idx[input]; runs on the threads of a repack.

Tensors of a module: `qweight` (inputs x bits / 32, outputs) int32, `scales` (groups, outputs) float16, `qzeros`
(groups, outputs x bits / 32) int32 and, where inputs are not in order, `g_idx` (inputs) int32.

A block of 32 inputs within one group is kept as it is: 2 and 3 bits have room in Q4_0 with any zero point, 4 bits
with a zero point of 8 (else Q4_1), 8 bits in Q8_0. Where act-order mixes groups within a block, the weights are
decoded and stored as Q8_0, unless the order of the inputs can be undone; see `app.repack.ordering`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from gguf import GGMLQuantizationType as Kind
from numpy.typing import NDArray

from app.core.catalog.safetensors import Tensor
from app.core.checkpoints.quantized import BITS, Scheme, gptq_becomes, group_size
from app.core.checkpoints.repack_errors import QuantizationMismatch, ScalesNotFinite, TensorMissing, TensorWrong
from app.repack import blocks, codes
from app.repack.arrays import Bytes, Floats, Halves, Indices, Pairs, Words
from app.repack.blocks import BLOCK
from app.repack.checkpoint import WORDS, Checkpoint, as_floats, require_type
from app.repack.codes import WORD_BITS
from app.repack.source import Fate, Loaded, Source, fate_of, span


@dataclass(frozen=True)
class GptqSource:
    """A module.

    `group` is the size of each, but perhaps of the last. `index` is the group of each input, None where groups are
    simply one after the other. `zero` is the zero point if all are the same. `order` is the order in which inputs are
    to be written.
    """

    checkpoint: Checkpoint
    module: str
    rows: int
    columns: int
    bits: int
    group: int
    zero_bias: int
    zero: int | None
    index: NDArray[np.uint16] | None
    scales_exact: bool
    order: Indices | None = None
    kind: Kind | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors it takes."""
        return tuple(name for name in _names(self.module) if name in self.checkpoint.tensors)

    @property
    def nbytes(self) -> int:
        """What its tensors occupy."""
        return sum(self.checkpoint.tensors[name].nbytes for name in self.names)

    @property
    def group_of(self) -> Indices:
        """The group of each input, in the order of writing."""
        if self.index is None:
            return np.arange(self.columns) // self.group
        index = self.index.astype(np.intp)
        return index if self.order is None else index[self.order]

    @property
    def is_ordered(self) -> bool:
        """Whether each block of 32 inputs lies within one group."""
        return _in_blocks(self.group_of)

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        found = gptq_becomes(
            self.bits,
            self.columns,
            in_blocks=self.is_ordered,
            zero=self.zero,
            scales_exact=self.scales_exact,
            undone=self.order is not None,
        )
        return fate_of(found, self._was, self.kind)

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type."""
        return replace(self, kind=kind)

    def load(self) -> Loaded:
        """Read the packed weights; see `Source`."""
        read, tensors = self.checkpoint.read, self.checkpoint.tensors
        name = f"{self.module}.scales"
        scales = as_floats(read(name), tensors[name], name)
        halves = scales.astype(np.float16)
        if not np.isfinite(halves).all():
            raise ScalesNotFinite(tensor=name)
        words = read(f"{self.module}.qweight").view(np.uint32)
        return _LoadedGptq(self, words, halves, self.zeros())

    def zeros(self) -> Bytes:
        """(groups, outputs): the zero points."""
        packed = self.checkpoint.read(f"{self.module}.qzeros").view(np.uint32)
        stored = codes.unpack_row(packed, self.bits, self.rows)
        return (stored + np.uint8(self.zero_bias)) & np.uint8((1 << self.bits) - 1)

    @property
    def _was(self) -> str:
        grouping = "rows" if self.group == self.columns else f"groups of {self.group}"
        return f"GPTQ {self.bits}-bit {grouping}"


def gptq_source(checkpoint: Checkpoint, module: str, shape: tuple[int, int], scheme: Scheme) -> GptqSource:
    """Look at a module's tensors; its codes are not read yet.

    Args:
        checkpoint: where it is.
        module: its name.
        shape: (outputs, inputs), as the architecture has it.
        scheme: what the configuration says of it.

    Raises:
        TensorMissing, TensorWrong, QuantizationMismatch: it is not what it should be.
    """
    outputs, inputs = shape
    tensors = checkpoint.tensors
    qweight, scales, qzeros = (_needed(tensors.get(name), name) for name in _names(module)[:3])
    bits = _bits(module, qweight, inputs, scheme)
    groups = scales.shape[0] if scales.shape[1:] == (outputs,) else 0
    _check_shape(f"{module}.qweight", qweight, (inputs * bits // WORD_BITS, outputs))
    if not 0 < groups <= inputs:
        raise QuantizationMismatch(tensor=f"{module}.scales", reason=f"its shape is {list(scales.shape)}")
    require_type(qzeros, f"{module}.qzeros", *WORDS)
    if len(qzeros.shape) != 2 or qzeros.shape[0] != groups or not _holds(qzeros.shape[1], bits, outputs):
        raise QuantizationMismatch(tensor=f"{module}.qzeros", reason=f"its shape is {list(qzeros.shape)}")
    group = group_size(inputs, groups, scheme.group)
    if scheme.group is not None and groups != -(-inputs // group):
        raise QuantizationMismatch(
            tensor=f"{module}.scales", reason=f"it has {groups} groups, the settings say groups of {scheme.group}"
        )
    index = _group_index(checkpoint, f"{module}.g_idx", groups, np.arange(inputs) // group)
    if index is None and inputs % groups and scheme.group is None:
        raise QuantizationMismatch(tensor=f"{module}.scales", reason=f"{inputs} inputs are no {groups} equal groups")
    found = GptqSource(
        checkpoint, module, outputs, inputs, bits, group, scheme.zero_bias, None, index, scales.dtype == "F16"
    )
    return replace(found, zero=_common_zero(found))


def _needed(tensor: Tensor | None, name: str) -> Tensor:
    if tensor is None:
        raise TensorMissing(tensor=name)
    return tensor


def _names(module: str) -> tuple[str, ...]:
    return tuple(f"{module}.{part}" for part in ("qweight", "scales", "qzeros", "g_idx"))


def _bits(module: str, qweight: Tensor, inputs: int, scheme: Scheme) -> int:
    require_type(qweight, f"{module}.qweight", *WORDS)
    if len(qweight.shape) != 2:
        raise TensorWrong(tensor=f"{module}.qweight", reason=f"has the shape {list(qweight.shape)}")
    bits = qweight.shape[0] * WORD_BITS / inputs
    if bits not in BITS or (scheme.bits is not None and bits != scheme.bits):
        said = f"{scheme.bits} bits" if scheme.bits else "2, 3, 4 or 8 bits"
        raise QuantizationMismatch(
            tensor=f"{module}.qweight", reason=f"{qweight.shape[0]} words for {inputs} inputs are not {said}"
        )
    return int(bits)


def _check_shape(name: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise TensorWrong(tensor=name, reason=f"has the shape {list(tensor.shape)} instead of {list(shape)}")


def _holds(words: int, bits: int, count: int) -> bool:
    """Whether a row of words holds so many codes; codes of three bits come by three words."""
    return words * WORD_BITS >= count * bits and (WORD_BITS % bits == 0 or words % bits == 0)


def _group_index(checkpoint: Checkpoint, name: str, groups: int, plain: Indices) -> NDArray[np.uint16] | None:
    """The group of each input, None where it is the `plain` one: one after the other."""
    tensor = checkpoint.tensors.get(name)
    if tensor is None or not tensor.elements:
        return None
    require_type(tensor, name, *WORDS, "I64")
    _check_shape(name, tensor, plain.shape)
    index = checkpoint.read(name).astype(np.intp)
    if index.min() < 0 or index.max() >= groups:
        raise QuantizationMismatch(tensor=name, reason=f"it names a group that is not among the {groups}")
    if np.array_equal(index, plain):
        return None
    return index.astype(np.uint16)


def _common_zero(source: GptqSource) -> int | None:
    """The zero point of all groups, if there is but one."""
    zeros = source.zeros()
    first = int(zeros.flat[0])
    return first if bool((zeros == first).all()) else None


def _in_blocks(group_of: Indices) -> bool:
    if len(group_of) % BLOCK:
        return False
    parts = group_of.reshape(-1, BLOCK)
    return bool((parts == parts[:, :1]).all())


class _LoadedGptq:
    """The packed weights of a module in memory."""

    def __init__(self, source: GptqSource, words: Words, scales: Halves, zeros: Bytes) -> None:
        self._source = source
        self._words = words
        self._scales = scales
        self._zeros = zeros
        self._group_of = source.group_of
        self._fate = source.fate
        self._ordered = source.is_ordered

    def encode(self, rows: Indices) -> Bytes:
        """These rows as blocks."""
        source, kind, chosen = self._source, self._fate.kind, span(rows)
        if not self._ordered or kind not in (Kind.Q4_0, Kind.Q4_1, Kind.Q8_0):
            return blocks.encoded(self._weights(chosen), kind)
        if kind is Kind.Q8_0 and (source.bits, source.zero) != (8, 128):
            return blocks.encoded(self._weights(chosen), kind)
        groups = self._group_of[::BLOCK]
        scales = np.ascontiguousarray(self._scales[:, chosen].T)[:, groups]
        if kind is Kind.Q8_0:
            return blocks.q8_0(self._codes(chosen) ^ np.uint8(128), scales)
        if kind is Kind.Q4_0 and source.zero == 8:
            return blocks.q4_0(self._pairs(chosen), scales)
        zeros = np.ascontiguousarray(self._zeros[:, chosen].T)[:, groups]
        if kind is Kind.Q4_0:
            return blocks.q4_0(blocks.paired(self._codes(chosen), np.uint8(8) - zeros), scales)
        offsets = -(scales.astype(np.float32) * zeros)
        return blocks.q4_1(self._pairs(chosen), scales, _finite(offsets, f"{source.module}.scales"))

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean, bit by bit."""
        bits = self._source.bits
        lines = np.ascontiguousarray(self._words[:, rows].T).view(np.uint8)
        single = np.unpackbits(lines, axis=1, bitorder="little").reshape(len(rows), -1, bits)
        found = single @ (1 << np.arange(bits))
        if self._source.order is not None:
            found = found[:, self._source.order]
        scales = self._scales[:, rows].T.astype(np.float32)[:, self._group_of]
        zeros = self._zeros[:, rows].T.astype(np.float32)[:, self._group_of]
        return (scales * (found - zeros)).astype(np.float32)

    def _pairs(self, chosen: slice | Indices) -> Pairs:
        if self._source.bits == 4 and self._source.order is None:
            return codes.gptq_pairs(self._words[:, chosen])
        return blocks.paired(self._codes(chosen))

    def _codes(self, chosen: slice | Indices) -> Bytes:
        found = codes.gptq_codes(self._words[:, chosen], self._source.bits)
        return found if self._source.order is None else np.take(found, self._source.order, axis=1)

    def _weights(self, chosen: slice | Indices) -> Floats:
        scales = np.ascontiguousarray(self._scales[:, chosen].T.astype(np.float32))
        weights = self._codes(chosen).astype(np.float32)
        if self._source.zero is not None:
            weights -= np.float32(self._source.zero)
        else:
            zeros = np.ascontiguousarray(self._zeros[:, chosen].T.astype(np.float32))
            weights -= np.take(zeros, self._group_of, axis=1)
        weights *= np.take(scales, self._group_of, axis=1)
        return weights


def _finite(values: Floats, name: str) -> Halves:
    halves = values.astype(np.float16)
    if not np.isfinite(halves).all():
        raise ScalesNotFinite(tensor=name)
    return halves
