"""Compares the result with the checkpoint: rows of every module from both sides, and the header by another reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize

from app.core.checkpoints.repack import NoteKind
from app.core.checkpoints.repack_errors import RepackUnsound
from app.core.engine.model_errors import GgufDamaged, NotGguf
from app.repack.arrays import Bytes, Floats, Indices
from app.repack.layout import Layout
from app.repack.source import LOSSLESS, Fate

_SAMPLED_ROWS = 4
_EXACT = frozenset({NoteKind.EXACT, NoteKind.COPIED})
_HALF_STEP = {
    Kind.F32: 2.0**-23, Kind.F16: 2.0**-11, Kind.BF16: 2.0**-8, Kind.Q8_0: 0.6 / 64, Kind.Q5_0: 1 / 15,
    Kind.Q5_1: 1 / 15, Kind.Q4_0: 1 / 7, Kind.Q4_1: 1 / 7, Kind.Q6_K: 1 / 25, Kind.Q5_K: 1 / 10, Kind.Q4_K: 1 / 5,
    Kind.Q3_K: 2 / 5,
}  # fmt: skip
_KEPT_CODES = 2.0**-10
_EXACT_SUMS = 2.0**-22
_TINY = 2.0**-16
"""The largest error that a scale below float16's normal range brings to a weight of 127 of it."""

_TINY_SEARCHED = {Kind.Q6_K: 2.0**-12, Kind.Q5_K: 2.0**-13, Kind.Q4_K: 2.0**-14}
"""The same where that scale is one of scales: a weight is up to 128 times 32 of it."""


def sampled_rows(rows: int, seed: int) -> Indices:
    """Some rows of a module, the first and the last among them; the same for the same seed."""
    inner = np.random.default_rng(seed).integers(0, rows, _SAMPLED_ROWS)
    return np.unique(np.concatenate([[0, rows - 1], inner])).astype(np.intp)


def require_alike(name: str, fate: Fate, kind: Kind, stored: Bytes, meant: Floats) -> None:
    """Compare rows of the result, as bytes, with what the checkpoint means by them.

    Raises:
        RepackUnsound: they differ by more than the rounding that this fate allows.
    """
    found = np.asarray(dequantize(stored, kind)).reshape(meant.shape)
    largest = np.abs(meant).max(axis=1, keepdims=True)
    error = np.abs(found - meant)
    allowed = largest * _tolerance(fate, kind) + (0.0 if fate.note in _EXACT else _TINY_SEARCHED.get(kind, _TINY))
    if not np.isfinite(found).all() or bool((error > allowed).any()):
        worst = float((error / np.maximum(largest, 1e-30)).max())
        raise RepackUnsound(tensor=name, reason=f"by {worst:.2%} of its largest weight")


class Found(Protocol):
    """A tensor as a reader of GGUF files finds it."""

    @property
    def name(self) -> str:
        """The name under which it is looked for."""

    @property
    def type_name(self) -> str:
        """Such as `Q4_0`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The innermost dimension first."""

    @property
    def offset(self) -> int:
        """Where it begins, in bytes from the file's start."""


TensorsOf = Callable[[Path], Sequence[Found]]
"""Reads the header of a GGUF file.

Raises:
    NotGguf, GgufDamaged: it cannot be read.
"""


def require_header(path: Path, layout: Layout, tensors_of: TensorsOf) -> None:
    """Read the result's header, by other means than it was written, and compare it with the plan.

    Raises:
        RepackUnsound: a tensor is missing, left over, or not where it was written.
    """
    try:
        found = {tensor.name: tensor for tensor in tensors_of(path)}
    except (NotGguf, GgufDamaged) as error:
        raise RepackUnsound(tensor="its header", reason=f"{error.values.get('reason', 'it is none')}") from None
    if len(found) != len(layout.targets):
        raise RepackUnsound(
            tensor="its header", reason=f"it lists {len(found)} tensors instead of {len(layout.targets)}"
        )
    for target, offset in zip(layout.targets, layout.offsets, strict=True):
        tensor = found.get(target.name)
        if tensor is None:
            raise RepackUnsound(tensor=target.name, reason="it is missing")
        place = (tensor.type_name, tuple(reversed(tensor.shape)), tensor.offset)
        if place != (target.kind.name, target.shape, offset):
            raise RepackUnsound(f"{place}", tensor=target.name, reason="it has another type, shape or place")


def _tolerance(fate: Fate, kind: Kind) -> float:
    if fate.note in _EXACT or (fate.note is NoteKind.ORDER_UNDONE and kind is Kind.Q4_0):
        return _EXACT_SUMS
    return _KEPT_CODES if fate.note in LOSSLESS else _HALF_STEP[kind]
