"""What a token costs on devices of nominal speed, which measurements then correct; pure functions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.catalog.hub import ModelShape, Weights
from app.core.engine.loading import FlashAttention, KvType
from app.core.engine.token_cost import DeviceCost, TokenCost
from app.core.prediction.fit import DeviceKind, Hardware, Plan
from app.core.prediction.footprint import KV_BYTES, Allotment

NOMINAL_BANDWIDTH: Mapping[DeviceKind, float] = {
    DeviceKind.CPU: 28e9,
    DeviceKind.UNIFIED: 80e9,
    DeviceKind.GPU: 350e9,
    DeviceKind.REMOTE: 20e9,
}
"""Bytes per second of a common device; measurements are kept relative to these."""

LAYER_SECONDS: Mapping[DeviceKind, float] = {
    DeviceKind.CPU: 17e-6,
    DeviceKind.UNIFIED: 60e-6,
    DeviceKind.GPU: 40e-6,
    DeviceKind.REMOTE: 40e-6,
}
"""What a layer costs however small it is: threads meet, kernels are launched."""

TOKEN_SECONDS = 20e-6
"""What a token costs the engine beside llama.cpp: its text, its message."""

ENTRY_SECONDS = 1.2e-9
"""What an entry of the vocabulary costs the processor to sample from: half for the list of candidates, half to sort."""

CELL_SECONDS = 7e-9
"""What a core takes for a token of the context and a head, however wide that is."""


@dataclass(frozen=True)
class CacheSeconds:
    """What a core takes for an element of the KV cache, for each head.

    A key is multiplied with the query, which is quantized alike; a value is turned into floats before it is added up.
    """

    key: float
    value: float


CACHE_SECONDS: Mapping[KvType, CacheSeconds] = {
    KvType.F32: CacheSeconds(0.50e-9, 0.50e-9),
    KvType.F16: CacheSeconds(0.15e-9, 0.13e-9),
    KvType.BF16: CacheSeconds(0.12e-9, 0.26e-9),
    KvType.Q8_0: CacheSeconds(0.06e-9, 0.54e-9),
    KvType.Q5_1: CacheSeconds(0.10e-9, 1.12e-9),
    KvType.Q5_0: CacheSeconds(0.10e-9, 1.10e-9),
    KvType.Q4_1: CacheSeconds(0.08e-9, 0.93e-9),
    KvType.Q4_0: CacheSeconds(0.08e-9, 0.74e-9),
}
"""By how the time of `llama_decode` grew with the context, with heads 64 wide.

The cache was too large for the core's own: where it is not, F32 and Q8_0 take half as long, the others nearly as long.
"""

LEFT_OVER_SECONDS = 1.6e-9
"""What it takes for an element that is left over when the processor goes through a head in whole steps.

They are added up one after the other, as doubles (`ggml_vec_dot_f16`). Measured alike with heads 48 wide; it is a third
less where the cache fits into the core's own.
"""

SLOWNESS: Mapping[str, float] = {"Q5_0": 2.0, "Q5_1": 2.0}
"""How many times longer than by their bytes the processor takes for weights of a type; others differ little."""

_WITHOUT_FLASH = 0.7
"""What part of the cache's seconds it takes where keys and values are multiplied as matrices instead."""

_WHOLE = (KvType.F32, KvType.F16, KvType.BF16)
"""The types that are read in steps; those of the others are blocks, of which a head has no part."""

_SPLIT = (KvType.F32, KvType.F16)
"""If keys and values are both of one of these, the cores share a long context; else the heads, with flash attention."""

_CHUNKS = 4
"""Heads are handed out in so many chunks for each core."""

_STEP, _FEWEST_SPLIT = 256, 512
"""The cache is looked at in whole steps (`llama_kv_cache::get_n_kv`); cores share the context from two of them on."""


def token_cost(
    shape: ModelShape,
    weights: Weights,
    plan: Plan,
    allotment: Allotment,
    hardware: Hardware,
    *,
    tokens: float,
    quantization: str = "",
) -> TokenCost:
    """What a token takes on devices of nominal speed.

    Each device reads its active weights once: all tensors but the input embedding, and of the experts
    those that are used. It attends to the context so far, of which a layer with a sliding window sees
    the window only, and a recurrent layer its whole state. Every layer, and every entry of the
    vocabulary when a token is drawn, costs something whatever its size.

    Args:
        shape: the model's sizes.
        weights: the model's bytes.
        plan: how it is loaded.
        allotment: where it lies.
        hardware: the devices.
        tokens: how many the context holds.
        quantization: the type of the weights, where they do not tell.
    """
    gpu_layers = allotment.verdict.gpu_layers
    first = len(weights.layers) - max(gpu_layers - 1, 0)
    active, seen = _active_weights(shape, weights), _seen(shape, tokens)
    output = weights.output + (weights.embedding if weights.tied else 0)
    on_cpu = (sum(active[:first]) + (0 if gpu_layers else output)) * _slowness(weights, quantization)
    attention = _attention_on_cpu(shape, plan, hardware, seen[:first])
    cpu = _cpu_cost(on_cpu, attention, len(weights.layers) + 1 - gpu_layers, shape.vocabulary)
    if not gpu_layers:
        return TokenCost(cpu)
    kind = hardware.gpus[0].kind if hardware.gpus else DeviceKind.GPU
    cache = _cache_bytes(shape, plan, seen, first)
    return TokenCost(cpu, _gpu_cost(kind, sum(active[first:]) + output, cache, gpu_layers))


def backend_of(allotment: Allotment, hardware: Hardware) -> str:
    """The devices that compute, as one name: `CPU`, `CUDA`, `CPU+CUDA`."""
    verdict = allotment.verdict
    gpus = {gpu.backend: None for gpu in hardware.gpus} if verdict.gpu_layers else {}
    names = [*gpus] if verdict.gpu_layers == verdict.layers else ["CPU", *gpus]
    return "+".join(names)


def _cpu_cost(weight_bytes: float, attention: float, layers: int, vocabulary: int) -> DeviceCost:
    """The processor also draws each token, wherever its layers are."""
    return DeviceCost(
        weights=weight_bytes / NOMINAL_BANDWIDTH[DeviceKind.CPU],
        attention=attention,
        fixed=TOKEN_SECONDS + ENTRY_SECONDS * vocabulary + layers * LAYER_SECONDS[DeviceKind.CPU],
    )


def _gpu_cost(kind: DeviceKind, weight_bytes: float, cache_bytes: float, layers: int) -> DeviceCost:
    return DeviceCost(
        weights=weight_bytes / NOMINAL_BANDWIDTH[kind],
        attention=cache_bytes / NOMINAL_BANDWIDTH[kind],
        fixed=layers * LAYER_SECONDS[kind],
    )


def _slowness(weights: Weights, quantization: str) -> float:
    """By the types that there are: a mixture's name does not tell what its narrow rows became."""
    total = sum(weights.types.values())
    if not total:
        return SLOWNESS.get(quantization, 1.0)
    return sum(size * SLOWNESS.get(kind, 1.0) for kind, size in weights.types.items()) / total


def _active_weights(shape: ModelShape, weights: Weights) -> Sequence[float]:
    """The bytes of each layer that one token reads: of the experts only those it uses."""
    if not shape.experts or not weights.experts:
        return weights.layers
    idle = 1 - min(shape.experts_used, shape.experts) / shape.experts
    return [whole - experts * idle for whole, experts in zip(weights.layers, weights.experts, strict=True)]


def _seen(shape: ModelShape, tokens: float) -> Sequence[float]:
    """How many tokens each layer looks back at: of a sliding window no more than it holds."""
    whole = [tokens] * len(shape.kv_heads)
    if not shape.sliding_window:
        return whole
    window = min(tokens, shape.sliding_window)
    slides = (window if slides else tokens for slides in shape.sliding_layers)
    return [*slides, *whole][: len(whole)]


def _attention_on_cpu(shape: ModelShape, plan: Plan, hardware: Hardware, seen: Sequence[float]) -> float:
    """Every head goes through the keys and values by itself (`ggml_compute_forward_flash_attn_ext`).

    The cores share the work, but cannot read faster than the memory. With latent attention a head's
    keys are the compressed ones and the rotary part, its values the compressed ones again.
    """
    keys, values = shape.key_width, shape.value_width
    if shape.kv_lora_rank:
        keys, values = shape.kv_lora_rank + shape.rope_width, shape.kv_lora_rank
    cell = (
        CELL_SECONDS
        + _head_seconds(keys, CACHE_SECONDS[plan.kv_type_k].key, plan.kv_type_k, hardware)
        + _head_seconds(values, CACHE_SECONDS[plan.kv_type_v].value, plan.kv_type_v, hardware)
    )
    attending = sum(
        layers * _cells_of_a_core(tokens, shape.heads, plan, hardware.cores)
        for (tokens, heads), layers in _alike(shape, seen, 0).items()
        if heads
    )
    share = _WITHOUT_FLASH if plan.flash_attention is FlashAttention.OFF else 1.0
    return max(attending * cell * share, _cache_bytes(shape, plan, seen, 0) / NOMINAL_BANDWIDTH[DeviceKind.CPU])


def _head_seconds(width: int, element: float, kind: KvType, hardware: Hardware) -> float:
    """What a core takes for a head's key or value: for whole steps, and for what they leave over."""
    left_over = width % hardware.vector if kind in _WHOLE else 0
    return (width - left_over) * element + left_over * LEFT_OVER_SECONDS


def _cells_of_a_core(tokens: float, heads: int, plan: Plan, cores: int) -> float:
    """How often the busiest core meets a token with a head (`ggml_compute_forward_flash_attn_ext_f16`).

    Where the cores share the context, each has an equal part of the whole steps, of which the last is seldom
    full: what is empty is passed over, and the core that has it waits for the others.
    """
    looked_at = math.ceil(tokens / _STEP) * _STEP
    if plan.flash_attention is FlashAttention.OFF:
        return heads / cores * looked_at
    if plan.kv_type_k is plan.kv_type_v and plan.kv_type_k in _SPLIT and looked_at >= _FEWEST_SPLIT:
        return heads * min(tokens, looked_at / cores)
    return _heads_of_a_core(heads, cores) * tokens


def _heads_of_a_core(heads: int, cores: int) -> float:
    """How many heads the busiest core goes through, where it takes one chunk of them after the other."""
    chunk = max(math.ceil(heads / (_CHUNKS * cores)), 1)
    if math.ceil(heads / chunk) < cores:
        chunk = max(math.ceil(heads / cores), 1)
    return min(math.ceil(math.ceil(heads / chunk) / cores) * chunk, heads)


def _cache_bytes(shape: ModelShape, plan: Plan, seen: Sequence[float], first: int) -> float:
    """What is read of the context by the layers from `first` on; the heads of a group share it."""
    if shape.kv_lora_rank:
        cell = (shape.kv_lora_rank + shape.rope_width) * KV_BYTES[plan.kv_type_k]
    else:
        cell = shape.key_width * KV_BYTES[plan.kv_type_k] + shape.value_width * KV_BYTES[plan.kv_type_v]
    most = 1 if shape.kv_lora_rank else max(shape.kv_heads, default=0)
    alike = _alike(shape, seen, first)
    read = sum(layers * tokens * min(heads, most) for (tokens, heads), layers in alike.items()) * cell
    if not shape.state_bytes:
        return read
    recurrent = sum(layers for (_, heads), layers in alike.items() if not heads)
    return read + 2 * shape.state_bytes * recurrent / max(shape.kv_heads.count(0), 1)


def _alike(shape: ModelShape, seen: Sequence[float], first: int) -> Counter[tuple[float, int]]:
    """How many layers from `first` on look back at so many tokens with so many heads."""
    return Counter(zip(seen[first:], shape.kv_heads[first:], strict=False))
