"""What packed tensors mean, written for clarity: the independent side of every comparison.

GPTQ: w = scale[g] (q - zero[g]); AWQ: the same, eight outputs to a word in another order; bitsandbytes: int8 rows with
SCB / 127, or 16 levels times the largest of a block.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from tests.repack.files import Array, Tensors

AWQ_COLUMNS = [0, 2, 4, 6, 1, 3, 5, 7]
Floats = NDArray[np.float32]


def stream(packed: Array, bits: int) -> NDArray[np.int64]:
    """(words, m) -> (values, m): one stream of bits down the rows, least significant first."""
    words = np.ascontiguousarray(packed).view(np.uint32)
    flat = ((words[:, None, :] >> np.arange(32, dtype=np.uint32)[None, :, None]) & 1).reshape(-1, words.shape[1])
    return np.tensordot(flat.reshape(-1, bits, words.shape[1]), 1 << np.arange(bits), axes=([1], [0]))


def gptq(tensors: Tensors, module: str, bits: int, group: int, bias: int) -> Floats:
    """(outputs, inputs); `bias` is added to stored zero points."""
    q = stream(tensors[f"{module}.qweight"], bits)
    scales = tensors[f"{module}.scales"].astype(np.float32)
    zeros = stream(tensors[f"{module}.qzeros"].T, bits).T[:, : scales.shape[1]]
    zeros = (zeros + bias) % (1 << bits)
    index = np.asarray(tensors.get(f"{module}.g_idx", np.empty(0)), np.int64)
    if not index.size:
        index = np.arange(len(q)) // (group if group > 0 else len(q))
    return (scales[index] * (q - zeros[index])).T.astype(np.float32)


def awq(tensors: Tensors, module: str) -> Floats:
    """(outputs, inputs)."""

    def nibbles(packed: Array) -> NDArray[np.int64]:
        words = np.ascontiguousarray(packed).view(np.uint32)
        out = np.empty((*words.shape, 8), np.int64)
        for place, column in enumerate(AWQ_COLUMNS):
            out[:, :, column] = (words >> np.uint32(4 * place)) & 15
        return out.reshape(words.shape[0], -1)

    q, zeros = nibbles(tensors[f"{module}.qweight"]), nibbles(tensors[f"{module}.qzeros"])
    scales = tensors[f"{module}.scales"].astype(np.float32)
    group = len(q) // len(scales)
    return (np.repeat(scales, group, 0) * (q - np.repeat(zeros, group, 0))).T.astype(np.float32)


def int8(tensors: Tensors, module: str) -> Floats:
    """(outputs, inputs)."""
    scales = tensors[f"{module}.SCB"].astype(np.float32) / 127
    return tensors[f"{module}.weight"].astype(np.float32) * scales[:, None]


def four_bit(tensors: Tensors, module: str) -> Floats:
    """(outputs, inputs)."""
    start = f"{module}.weight"
    state = json.loads(tensors[next(name for name in tensors if name.startswith(f"{start}.quant_state."))].tobytes())
    packed = tensors[start].reshape(-1).view(np.uint8)
    codes = np.stack([packed >> 4, packed & 15], 1).reshape(-1)
    largest = tensors[f"{start}.absmax"]
    if f"{start}.nested_absmax" in tensors:
        outer = np.repeat(tensors[f"{start}.nested_absmax"], state["nested_blocksize"])[: largest.size]
        largest = tensors[f"{start}.nested_quant_map"][largest] * outer + state["nested_offset"]
    scales = np.repeat(largest.astype(np.float32), state["blocksize"])[: codes.size]
    return (tensors[f"{start}.quant_map"][codes] * scales).reshape(state["shape"]).astype(np.float32)


def plain(values: Array) -> Floats:
    """Floats as float32; 16-bit integers are BF16."""
    if values.dtype == np.uint16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)


def decoded(tensors: Tensors, *, method: str, bits: int = 4, group: int = -1, bias: int = 1) -> dict[str, Floats]:
    """Every weight of a checkpoint under the names of the unquantized model."""
    out: dict[str, Floats] = {}
    for name in tensors:
        module, _, part = name.rpartition(".")
        if part == "qweight":
            is_awq = method == "awq"
            out[f"{module}.weight"] = awq(tensors, module) if is_awq else gptq(tensors, module, bits, group, bias)
        elif part in ("weight", "bias"):
            if part == "weight" and f"{module}.SCB" in tensors:
                out[name] = int8(tensors, module)
            elif f"{name}.absmax" in tensors:
                out[name] = four_bit(tensors, module)
            else:
                out[name] = plain(tensors[name])
    return out
