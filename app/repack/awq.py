"""AWQ modules (gemm): w = scale[g] (q - zero[g]), groups one after the other; runs on the threads of a repack.

Tensors of a module: `qweight` (inputs, outputs / 8) int32, `qzeros` (groups, outputs / 8) int32 and `scales` (groups,
outputs) float16; eight outputs to a word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from gguf import GGMLQuantizationType as Kind

from app.core.checkpoints.quantized import Scheme, awq_becomes
from app.core.checkpoints.repack_errors import QuantizationMismatch, ScalesNotFinite, TensorMissing
from app.repack import blocks, codes
from app.repack.arrays import Bytes, Floats, Halves, Indices, Words
from app.repack.blocks import BLOCK
from app.repack.checkpoint import WORDS, Checkpoint, as_floats, require_type
from app.repack.codes import AWQ_OUTPUTS
from app.repack.source import Fate, Loaded, Source, fate_of, span

_EIGHT = 8


@dataclass(frozen=True)
class AwqSource:
    """A module; `zero` is the zero point if all are the same."""

    checkpoint: Checkpoint
    module: str
    rows: int
    columns: int
    group: int
    zero: int | None
    scales_exact: bool
    kind: Kind | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors it takes."""
        return _names(self.module)

    @property
    def nbytes(self) -> int:
        """What its tensors occupy."""
        return sum(self.checkpoint.tensors[name].nbytes for name in self.names)

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        was = f"AWQ 4-bit groups of {self.group}"
        found = awq_becomes(self.group, self.columns, zero=self.zero, scales_exact=self.scales_exact)
        return fate_of(found, was, self.kind)

    def widened(self, kind: Kind) -> Source:
        """The same, to become another type."""
        return replace(self, kind=kind)

    def load(self) -> Loaded:
        """Read the packed weights; see `Source`."""
        name = f"{self.module}.scales"
        scales = as_floats(self.checkpoint.read(name), self.checkpoint.tensors[name], name)
        halves = scales.astype(np.float16)
        zeros = self.zeros()
        offsets = -(halves.astype(np.float32) * zeros)
        if not (np.isfinite(halves).all() and np.isfinite(offsets.astype(np.float16)).all()):
            raise ScalesNotFinite(tensor=name)
        words = self.checkpoint.read(f"{self.module}.qweight").view(np.uint32)
        return _LoadedAwq(self, words, halves, offsets, zeros)

    def zeros(self) -> Bytes:
        """(groups, outputs): the zero points."""
        packed = self.checkpoint.read(f"{self.module}.qzeros").view(np.uint32)
        return np.ascontiguousarray(codes.awq_codes(packed).T)


def awq_source(checkpoint: Checkpoint, module: str, shape: tuple[int, int], scheme: Scheme) -> AwqSource:
    """Look at a module's tensors; arguments and errors are those of `gptq_source`."""
    outputs, inputs = shape
    for name in _names(module):
        if name not in checkpoint.tensors:
            raise TensorMissing(tensor=name)
    qweight, qzeros, scales = (checkpoint.tensors[name] for name in _names(module))
    require_type(qweight, f"{module}.qweight", *WORDS)
    require_type(qzeros, f"{module}.qzeros", *WORDS)
    if qweight.shape != (inputs, outputs // _EIGHT) or outputs % _EIGHT:
        raise QuantizationMismatch(
            tensor=f"{module}.qweight", reason=f"its shape is {list(qweight.shape)} for {inputs} by {outputs} at 4 bits"
        )
    groups = scales.shape[0] if len(scales.shape) == 2 else 0
    if scales.shape != (groups, outputs) or groups == 0 or inputs % groups:
        raise QuantizationMismatch(tensor=f"{module}.scales", reason=f"its shape is {list(scales.shape)}")
    if qzeros.shape != (groups, outputs // _EIGHT):
        raise QuantizationMismatch(tensor=f"{module}.qzeros", reason=f"its shape is {list(qzeros.shape)}")
    group = inputs // groups
    if scheme.group is not None and group != (scheme.group if scheme.group > 0 else inputs):
        raise QuantizationMismatch(
            tensor=f"{module}.scales", reason=f"its groups are of {group}, the settings say {scheme.group}"
        )
    found = AwqSource(checkpoint, module, outputs, inputs, group, None, scales.dtype == "F16")
    zeros = found.zeros()
    first = int(zeros.flat[0])
    return replace(found, zero=first if bool((zeros == first).all()) else None)


def _names(module: str) -> tuple[str, ...]:
    return tuple(f"{module}.{part}" for part in ("qweight", "qzeros", "scales"))


class _LoadedAwq:
    """The packed weights of a module in memory."""

    def __init__(self, source: AwqSource, words: Words, scales: Halves, offsets: Floats, zeros: Bytes) -> None:
        self._source = source
        self._words = words
        self._scales = scales
        self._offsets = offsets
        self._zeros = zeros
        self._kind = source.fate.kind

    def encode(self, rows: Indices) -> Bytes:
        """These rows as blocks."""
        first, last = int(rows.min()) // _EIGHT, int(rows.max()) // _EIGHT + 1
        words, chosen = self._words[:, first:last], span(rows - first * _EIGHT)
        if self._kind not in (Kind.Q4_0, Kind.Q4_1):
            return blocks.encoded(self._weights(codes.awq_codes(words)[chosen], rows), self._kind)
        pairs = codes.awq_pairs(words)[chosen]
        groups = np.arange(0, self._source.columns, BLOCK) // self._source.group
        scales = np.ascontiguousarray(self._scales[:, rows].T)[:, groups]
        if self._kind is Kind.Q4_0:
            return blocks.q4_0(pairs, scales)
        offsets = np.ascontiguousarray(self._offsets[:, rows].T.astype(np.float16))[:, groups]
        return blocks.q4_1(pairs, scales, offsets)

    def decode(self, rows: Indices) -> Floats:
        """What these rows mean, nibble by nibble."""
        place = np.argsort(AWQ_OUTPUTS)[rows % _EIGHT]
        words = self._words[:, rows // _EIGHT]
        found = (words >> (4 * place).astype(np.uint32)[None, :]) & np.uint32(15)
        return self._weights(found.T.astype(np.uint8), rows)

    def _weights(self, found: Bytes, rows: Indices) -> Floats:
        scales = np.repeat(self._scales[:, rows].T.astype(np.float32), self._source.group, axis=1)
        zeros = np.repeat(self._zeros[:, rows].T.astype(np.float32), self._source.group, axis=1)
        return scales * (found - zeros)
