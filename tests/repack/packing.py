"""Packs weights the way the quantizers do, by rounding to the nearest: for every form that a checkpoint can have."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.repack.files import Array, Tensors
from tests.repack.reference import AWQ_COLUMNS

Floats = NDArray[np.float32]

NF4 = np.array([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
], np.float32)  # fmt: skip
FP4 = np.array([
    0.0, 0.005208333333, 0.66666667, 1.0, 0.33333333, 0.5, 0.16666667, 0.25, -0.0, -0.005208333333, -0.66666667, -1.0,
    -0.33333333, -0.5, -0.16666667, -0.25,
], np.float32)  # fmt: skip


@dataclass(frozen=True)
class Gptq:
    """How a GPTQ module is packed; `bias` is what version 1 lacks in its zero points."""

    bits: int = 4
    group: int = 128
    act_order: bool = False
    symmetric: bool = True
    bias: int = 1
    with_index: bool = True

    @property
    def settings(self) -> dict[str, object]:
        """As the configuration has it."""
        return {
            "quant_method": "gptq", "bits": self.bits, "group_size": self.group, "desc_act": self.act_order,
            "sym": self.symmetric, "checkpoint_format": "gptq" if self.bias else "gptq_v2",
        }  # fmt: skip


def streamed(values: NDArray[np.integer], bits: int) -> NDArray[np.int32]:
    """(n, m) codes -> (n bits / 32, m) words, least significant first."""
    single = ((values[:, None, :] >> np.arange(bits)[None, :, None]) & 1).reshape(-1, values.shape[1])
    words = single.reshape(-1, 32, values.shape[1]).astype(np.uint32) << np.arange(32, dtype=np.uint32)[None, :, None]
    return words.sum(axis=1, dtype=np.uint32).view(np.int32)


def rounded(weights: Floats, index: NDArray[np.integer], bits: int, symmetric: bool) -> tuple[Array, Array, Array]:
    """Codes (inputs, outputs), scales and zero points (groups, outputs) of weights (outputs, inputs)."""
    groups, top = int(index.max()) + 1, (1 << bits) - 1
    columns = weights.T
    low = np.array([columns[index == g].min(axis=0) for g in range(groups)])
    high = np.array([columns[index == g].max(axis=0) for g in range(groups)])
    if symmetric:
        scales = 2 * np.maximum(np.abs(low), np.abs(high)) / top
        zeros = np.full(scales.shape, 1 << (bits - 1))
    else:
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        scales = (high - low) / top
        zeros = np.rint(-low / np.maximum(scales, 1e-9)).astype(np.int64).clip(0, top)
    scales = np.maximum(scales, 1e-6).astype(np.float16)
    codes = np.rint(columns / scales.astype(np.float32)[index] + zeros[index]).clip(0, top).astype(np.int64)
    return codes, scales, zeros


def gptq(module: str, weights: Floats, form: Gptq, order: NDArray[np.integer] | None = None) -> Tensors:
    """The tensors of a module; `order` says in which order the inputs were quantized."""
    inputs = weights.shape[1]
    size = form.group if form.group > 0 else inputs
    index = np.arange(inputs) // size
    if order is not None:
        index = index[np.argsort(order)]
    codes, scales, zeros = rounded(weights, index, form.bits, form.symmetric)
    stored = (zeros - form.bias) % (1 << form.bits)
    found: Tensors = {
        f"{module}.qweight": streamed(codes, form.bits),
        f"{module}.qzeros": np.ascontiguousarray(streamed(np.ascontiguousarray(stored.T), form.bits).T),
        f"{module}.scales": scales,
    }
    if form.with_index:
        found[f"{module}.g_idx"] = index.astype(np.int32)
    return found


def awq(module: str, weights: Floats, group: int, symmetric: bool = False) -> Tensors:
    """The tensors of a module, gemm."""
    codes, scales, zeros = rounded(weights, np.arange(weights.shape[1]) // group, 4, symmetric)

    def packed(values: Array) -> NDArray[np.int32]:
        eights = values.reshape(values.shape[0], -1, 8).astype(np.uint32)
        words = sum(eights[:, :, column] << np.uint32(4 * place) for place, column in enumerate(AWQ_COLUMNS))
        return np.asarray(words, np.uint32).view(np.int32)

    return {f"{module}.qweight": packed(codes), f"{module}.qzeros": packed(zeros), f"{module}.scales": scales}


def int8(module: str, weights: Floats) -> Tensors:
    """The tensors of a module of bitsandbytes' 8-bit rows."""
    largest = np.abs(weights).max(axis=1).astype(np.float32)
    codes = np.rint(weights / largest[:, None] * 127).astype(np.int8)
    form = np.zeros((), np.uint8)
    return {f"{module}.weight": codes, f"{module}.SCB": largest, f"{module}.weight_format": form}


def four_bit(module: str, weights: Floats, kind: str, block: int = 64, nested: bool = False) -> Tensors:
    """The tensors of a module of bitsandbytes' nf4 or fp4."""
    levels = NF4 if kind == "nf4" else FP4
    flat = weights.reshape(-1)
    blocks = np.pad(flat, (0, -flat.size % block)).reshape(-1, block)
    largest = np.abs(blocks).max(axis=1).astype(np.float32)
    scaled = (blocks / np.maximum(largest, 1e-12)[:, None]).reshape(-1)[: flat.size]
    codes = np.abs(scaled[:, None] - levels[None, :]).argmin(axis=1).astype(np.uint8)
    start = f"{module}.weight"
    state: dict[str, object] = {
        "quant_type": kind, "blocksize": block, "dtype": "float16", "shape": list(weights.shape)
    }  # fmt: skip
    found: Tensors = {start: ((codes[0::2] << 4) | codes[1::2]).reshape(-1, 1), f"{start}.quant_map": levels}
    if nested:
        offset = float(largest.mean())
        outer = np.pad(largest - offset, (0, -largest.size % 256)).reshape(-1, 256)
        table = np.linspace(-1, 1, 256, dtype=np.float32)
        sizes = np.abs(outer).max(axis=1).astype(np.float32)
        small = np.abs((outer / np.maximum(sizes, 1e-12)[:, None]).reshape(-1, 1) - table[None, :]).argmin(axis=1)
        found |= {
            f"{start}.absmax": small[: largest.size].astype(np.uint8),
            f"{start}.nested_absmax": sizes,
            f"{start}.nested_quant_map": table,
        }
        state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": offset}
    else:
        found[f"{start}.absmax"] = largest
    text = np.frombuffer(json.dumps(state).encode(), np.uint8)
    return {**found, f"{start}.quant_state.bitsandbytes__{kind}": text}
