"""Blocks of ggml: 32 weights along the input with their scale, made of codes or of decoded weights.

Layouts (`ggml-common.h` of llama.cpp), d and m in float16, q as bytes: Q4_0 is d and 16 bytes of pairs (weight j in
the low half of byte j, weight j + 16 in the high one), w = d (q - 8); Q4_1 is d, m and such pairs, w = d q + m; Q8_0
is d and 32 signed bytes, w = d q.

Runs on the threads of a repack, a strip of rows at a time.
"""

from __future__ import annotations

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import quantize
from numpy.typing import NDArray

from app.repack.arrays import Array, Bytes, Floats, Halves, Pairs

BLOCK = 32
K_QUANTS = frozenset(
    {GGMLQuantizationType.Q3_K, GGMLQuantizationType.Q4_K, GGMLQuantizationType.Q5_K, GGMLQuantizationType.Q6_K}
)
"""Types of super-blocks, whose scales are searched for: only ggml's library makes them."""

_FULL_SCALE = 127
_EIGHT_BYTES = np.uint64(0x0101010101010101)


def row_bytes(kind: GGMLQuantizationType, columns: int) -> int:
    """What a row takes."""
    elements, width = GGML_QUANT_SIZES[kind]
    return columns // elements * width


def paired(codes: Bytes, shift: Bytes | None = None) -> Pairs:
    """Codes (rows, columns) as Q4_0 and Q4_1 hold them, once `shift` (rows, blocks) is added: up to 15 then."""
    words = _words(codes)
    if shift is not None:
        words = words + (shift.astype(np.uint64) * _EIGHT_BYTES)[..., None]
    pairs = words[..., 2:] << np.uint64(4)
    pairs |= words[..., :2]
    return pairs.view(np.uint32)


def q4_0(pairs: Pairs, scales: Halves) -> Bytes:
    """Codes whose zero is 8; `scales` is (rows, blocks)."""
    return _blocks(pairs, scales)


def q4_1(pairs: Pairs, scales: Halves, offsets: Halves) -> Bytes:
    """Codes from 0 to 15 with what is added to each weight; `scales` and `offsets` are (rows, blocks)."""
    return _blocks(pairs, scales, offsets)


def q8_0(codes: Bytes, scales: Halves) -> Bytes:
    """Signed codes, given as the bytes they are; `scales` is (rows, blocks)."""
    return _blocks(_words(codes), scales)


def quantized_q8_0(weights: Floats) -> Bytes:
    """The nearest Q8_0 of decoded weights (rows, columns), each block's largest at 127."""
    parts = weights.reshape(weights.shape[0], -1, BLOCK)
    largest = np.maximum(parts.max(axis=2), -parts.min(axis=2))
    scales = (largest / np.float32(_FULL_SCALE)).astype(np.float16)
    used = scales.astype(np.float32)
    inverse = np.divide(np.float32(1), used, out=np.zeros_like(used), where=used > 0)
    scaled = parts * inverse[..., None]
    np.rint(scaled, out=scaled)
    np.clip(scaled, -_FULL_SCALE, _FULL_SCALE, out=scaled)
    return q8_0(scaled.astype(np.int8).reshape(weights.shape).view(np.uint8), scales)


def encoded(weights: Floats, kind: GGMLQuantizationType) -> Bytes:
    """Decoded weights (rows, columns) as a type, in bytes."""
    if kind is GGMLQuantizationType.Q8_0:
        return quantized_q8_0(weights)
    if kind is GGMLQuantizationType.F32:
        return _as_bytes(np.ascontiguousarray(weights, "<f4"))
    if kind is GGMLQuantizationType.F16:
        return _as_bytes(weights.astype("<f2"))
    return _as_bytes(quantize(weights, kind))


def _words(codes: Bytes) -> NDArray[np.uint64]:
    """(rows, blocks, 4): the 32 codes of a block as four words."""
    return np.ascontiguousarray(codes).view(np.uint64).reshape(codes.shape[0], -1, 4)


def _blocks(codes: NDArray[np.unsignedinteger], *halves: Halves) -> Bytes:
    """Blocks of these float16 numbers, then codes; all are (rows, blocks), the codes with one more dimension."""
    names = [f"{number}" for number in range(len(halves))]
    places = [2 * number for number in range(len(halves) + 1)]
    formats = ["<f2"] * len(halves) + [(codes.dtype, codes.shape[2:])]
    size = places[-1] + codes.shape[2] * codes.itemsize
    found = np.empty(
        codes.shape[:2], np.dtype({"names": [*names, "q"], "formats": formats, "offsets": places, "itemsize": size})
    )
    found["q"] = codes
    for name, values in zip(names, halves, strict=True):
        found[name] = values
    return _as_bytes(found)


def _as_bytes(rows: Array) -> Bytes:
    return rows.reshape(rows.shape[0], -1).view(np.uint8)
