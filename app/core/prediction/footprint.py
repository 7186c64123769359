"""The one formula for what a model needs in memory, by part and by layer; pure functions for every process.

Sizes are bytes. Weights are the tensors' own sizes, the KV cache follows llama.cpp's allocation
exactly, the compute buffers were fitted to what llama.cpp plans (`sched_reserve` in its log).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from app.core.catalog.hub import ModelShape, Weights
from app.core.engine.loading import FlashAttention, KvType
from app.core.prediction.fit import CONTEXT_BYTES, MIB, DeviceKind, Hardware, Need, Placement, Plan, Verdict

CELL_PADDING = 256
PROCESS_BYTES = 54 * MIB
"""The engine's process before a model: interpreter, libraries, llama.cpp's backends; measured."""

TOKEN_BYTES = 350
"""What a vocabulary entry takes in llama.cpp and in the engine; measured."""

KV_BYTES: Mapping[KvType, float] = {
    KvType.F32: 4,
    KvType.F16: 2,
    KvType.BF16: 2,
    KvType.Q8_0: 34 / 32,
    KvType.Q5_1: 24 / 32,
    KvType.Q5_0: 22 / 32,
    KvType.Q4_1: 20 / 32,
    KvType.Q4_0: 18 / 32,
}
"""Bytes per element of the KV cache: block bytes over block elements of the ggml type."""

_FLOAT, _HALF = 4, 2


@dataclass(frozen=True)
class Footprint:
    """What each part needs: a list has one number for each repeating layer.

    `input` and `output` are the weights before and after the layers; `tied_output` is what a second
    copy of the input costs where it also serves as the output and that lies on a GPU.
    """

    layer_weights: tuple[int, ...]
    layer_kv: tuple[int, ...]
    input: int
    output: int
    tied_output: int
    compute: int
    host_compute: int
    process: int

    @property
    def layers(self) -> int:
        """Layers that can be offloaded: the repeating ones, and the output as the last one."""
        return len(self.layer_weights) + 1

    @cached_property
    def _weight_sums(self) -> list[int]:
        return list(accumulate(self.layer_weights, initial=0))

    @cached_property
    def _kv_sums(self) -> list[int]:
        return list(accumulate(self.layer_kv, initial=0))

    def memory_need(self, gpu_layers: int) -> Need:
        """What main memory holds when so many layers are on GPUs."""
        if gpu_layers <= 0:
            weights = self._weight_sums[-1] + self.input + self.output
            return Need("CPU", weights, self._kv_sums[-1], self.compute, self.process)
        kept = self.layers - gpu_layers
        compute = self.compute if kept else self.host_compute
        return Need("CPU", self._weight_sums[kept] + self.input, self._kv_sums[kept], compute, self.process)

    def gpu_needs(self, gpu_layers: int, hardware: Hardware) -> tuple[Need, ...]:
        """What each GPU holds of the last `gpu_layers` layers, the output being the last of all.

        GPUs share the layers in proportion to their free memory, in order (`load_tensors` of
        llama.cpp's `llama-model.cpp`); one that gets none has no buffers either.
        """
        shares = list(accumulate(gpu.free for gpu in hardware.gpus))
        first = self.layers - gpu_layers
        found = []
        begin = first
        for index, gpu in enumerate(hardware.gpus):
            bound = shares[index] / shares[-1] if shares[-1] else 1.0
            end = self.layers if index == len(shares) - 1 else first + _layers_below(bound, gpu_layers)
            found.append(self._gpu_need(gpu.name, gpu.backend, begin, end))
            begin = end
        return tuple(found)

    def _gpu_need(self, name: str, backend: str, begin: int, end: int) -> Need:
        if begin >= end:
            return Need(name)
        last = min(end, self.layers - 1)
        weights = self._weight_sums[last] - self._weight_sums[min(begin, last)]
        kv = self._kv_sums[last] - self._kv_sums[min(begin, last)]
        if end == self.layers:
            weights += self.output + self.tied_output
        return Need(name, weights, kv, self.compute, CONTEXT_BYTES.get(backend, 0))


@dataclass(frozen=True)
class Allotment:
    """Where a model would lie: the verdict, the needs (main memory first), and the bytes that are missing."""

    verdict: Verdict
    needs: tuple[Need, ...]
    missing: int


def footprint(shape: ModelShape, weights: Weights, plan: Plan) -> Footprint:
    """The parts of a model as the plan would load it."""
    return Footprint(
        layer_weights=weights.layers,
        layer_kv=layer_kv(shape, plan),
        input=weights.embedding,
        output=weights.output,
        tied_output=weights.embedding if weights.tied else 0,
        compute=_compute(shape, plan),
        host_compute=_inputs(shape, plan),
        process=PROCESS_BYTES + TOKEN_BYTES * shape.vocabulary,
    )


def allot(parts: Footprint, hardware: Hardware, gpu_layers: int | None = None) -> Allotment:
    """Decide how many layers go to the GPUs, and whether what is needed is there.

    Args:
        parts: the model.
        hardware: the machine.
        gpu_layers: what the user wants; None for as many as fit, which may be none.
    """
    if not hardware.gpus:
        layers = 0
    elif gpu_layers is None:
        layers = _most_layers(parts, hardware)
    else:
        layers = min(gpu_layers, parts.layers)
    needs = _needs(parts, hardware, layers)
    missing = _missing(needs, hardware)
    return Allotment(Verdict(_placement(layers, parts.layers, missing), layers, parts.layers), needs, missing)


@lru_cache(maxsize=64)
def layer_kv(shape: ModelShape, plan: Plan) -> tuple[int, ...]:
    """Bytes of the KV cache by layer, for one sequence.

    An attention layer holds cells x kv heads x (key width x key bytes + value width x value bytes)
    (llama.cpp's `llama_kv_cache`); one with a sliding window has cells for the window and one micro
    batch (`llama_kv_cache_iswa`); latent attention keeps the compressed keys and the rotary part for
    all heads at once, and no values (`deepseek2`'s graph). A recurrent layer has a state of fixed
    size (`llama_memory_recurrent`), which is shared out evenly here. Cells are rounded up to 256.
    Kept, for all variants of a model ask the same when a slider moves.
    """
    cells = _padded(plan.context_length)
    full = cells * _cell_bytes(shape, plan, shape.key_width, shape.value_width)
    window_cells = min(cells, _padded(shape.sliding_window + plan.micro_batch_size))
    window_key = shape.window_key_width or shape.key_width
    window = window_cells * _cell_bytes(shape, plan, window_key, shape.window_value_width or shape.value_width)
    sliding = shape.sliding_layers if shape.sliding_window else ()
    state = _state_by_layer(shape)
    most = 1 if shape.kv_lora_rank else max(shape.kv_heads, default=0)
    return tuple(
        round(min(heads, most) * (window if index < len(sliding) and sliding[index] else full)) + state[index]
        for index, heads in enumerate(shape.kv_heads)
    )


def _cell_bytes(shape: ModelShape, plan: Plan, key_width: int, value_width: int) -> float:
    """One token of one head; with latent attention of all heads, which then count as one."""
    if shape.kv_lora_rank:
        return (shape.kv_lora_rank + shape.rope_width) * KV_BYTES[plan.kv_type_k]
    return key_width * KV_BYTES[plan.kv_type_k] + value_width * KV_BYTES[plan.kv_type_v]


def _state_by_layer(shape: ModelShape) -> Sequence[int]:
    recurrent = [heads == 0 for heads in shape.kv_heads]
    if not shape.state_bytes or not any(recurrent):
        return [0] * len(recurrent)
    each = -(-shape.state_bytes // sum(recurrent))
    return [each if is_recurrent else 0 for is_recurrent in recurrent]


def _compute(shape: ModelShape, plan: Plan) -> int:
    """The largest set of intermediate results alive at once, when one token's logits are kept.

    Either the feed-forward's three widths (of every expert that is used) beside the residual
    stream, or the attention's queries, keys and values, with all scores unless flash attention
    computes them in pieces; the mask is there all the time.
    """
    tokens = plan.micro_batch_size
    queries, keys = shape.heads * shape.key_width, max(shape.kv_heads, default=0) * shape.key_width
    attention = 2.5 * shape.embedding + 2 * queries + 4 * keys
    if plan.flash_attention is FlashAttention.OFF:
        attention += shape.heads * _padded(plan.context_length)
    experts = max(shape.experts_used, 1)
    residual = 4 if experts * shape.feed_forward > 2 * shape.embedding else 2
    feed_forward = 3 * experts * shape.feed_forward + residual * shape.embedding
    return round(_FLOAT * tokens * max(attention, feed_forward)) + _masks(shape, plan) + _FLOAT * shape.vocabulary


def _inputs(shape: ModelShape, plan: Plan) -> int:
    """What main memory keeps for the GPUs: the embedded tokens and the mask."""
    return _FLOAT * plan.micro_batch_size * shape.embedding + _masks(shape, plan) + _FLOAT * shape.vocabulary


def _masks(shape: ModelShape, plan: Plan) -> int:
    if not any(shape.kv_heads):
        return 0
    cells = _padded(plan.context_length)
    if shape.sliding_window and any(shape.sliding_layers):
        cells += min(cells, _padded(shape.sliding_window + plan.micro_batch_size))
    element = _FLOAT if plan.flash_attention is FlashAttention.OFF else _HALF
    return element * plan.micro_batch_size * cells


def _needs(parts: Footprint, hardware: Hardware, gpu_layers: int) -> tuple[Need, ...]:
    memory = parts.memory_need(gpu_layers)
    return (memory, *parts.gpu_needs(gpu_layers, hardware)) if gpu_layers else (memory,)


def _most_layers(parts: Footprint, hardware: Hardware) -> int:
    """The largest number of layers whose GPU part fits; needs grow with the number."""
    low, high = 0, parts.layers
    while low < high:
        middle = (low + high + 1) // 2
        fits = all(
            need.total <= gpu.room for need, gpu in zip(parts.gpu_needs(middle, hardware), hardware.gpus, strict=True)
        )
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _missing(needs: Sequence[Need], hardware: Hardware) -> int:
    """By how many bytes the most crowded device is exceeded; unified memory is main memory too."""
    wanted = needs[0].total
    missing = 0
    for need, gpu in zip(needs[1:], hardware.gpus, strict=False):
        missing = max(missing, need.total - gpu.room)
        if gpu.kind is DeviceKind.UNIFIED:
            wanted += need.total
    return max(missing, wanted - hardware.memory.room)


def _placement(gpu_layers: int, layers: int, missing: int) -> Placement:
    if missing > 0:
        return Placement.DOES_NOT_FIT
    if gpu_layers == 0:
        return Placement.CPU
    return Placement.ALL_ON_GPU if gpu_layers == layers else Placement.PARTLY


def _layers_below(bound: float, count: int) -> int:
    """How many of `count` layers lie at a fraction below `bound`: layer i lies at i / count."""
    return bisect_right(range(count), bound * count - 1e-9) if bound < 1 else count


def _padded(cells: int) -> int:
    return -(-cells // CELL_PADDING) * CELL_PADDING
