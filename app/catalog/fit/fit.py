"""Whether a variant runs on this machine, in how much memory and how fast; pure and quick enough for a slider."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.planned import planned
from app.catalog.fit.speeds import Estimate, file_name
from app.core.catalog.hub import Format, ModelShape, Variant, Weights
from app.core.engine.loading import DEFAULT_CONTEXT, LoadOptions
from app.core.prediction.fit import Fit, Hardware, NeedSource, Placement, Plan, Reason, ReasonKind, Speed
from app.core.prediction.footprint import Allotment, Footprint, allot
from app.core.prediction.probe_frames import MeasuredNeed
from app.core.prediction.speed import backend_of, token_cost

READING_SPEED = 8.0
"""Tokens per second that most people read; a variant that is slower is not recommended for its quality."""

FLUENT_SPEED = 20.0
"""Tokens per second from which waiting is not felt, in long replies and in reasoning too."""

_GOOD_QUALITY = 4
"""The quality from which more is hardly noticed: worth taking where it comes fluently, not worth waiting for."""

_LIKELY_RANGE = 1.28
"""Standard deviations on either side of the likely speed: four of five replies lie within."""

_FILLED = 0.5
"""The part of the context that a usual conversation fills."""

_QUALITY = (2.6, 3.5, 4.65, 7.5)
"""Bits per weight from which a variant has the quality 2, 3, 4 and 5."""

_MOST_USEFUL_BITS = 9.0
"""Beyond these, quality no longer grows."""

_TYPICAL_SHAPES = (
    # billions of weights, layers, width, feed-forward, heads, kv heads
    (0.6, 24, 896, 4864, 14, 2),
    (1.5, 16, 2048, 8192, 32, 8),
    (4, 28, 3072, 8192, 24, 8),
    (9, 32, 4096, 14336, 32, 8),
    (16, 40, 5120, 13824, 40, 8),
    (40, 64, 5120, 27648, 40, 8),
    (80, 80, 8192, 28672, 64, 8),
    (1e9, 126, 16384, 53248, 128, 8),
)
"""What models of a size mostly look like, for one whose header has not been read yet."""


def fit(
    variant: Variant,
    hardware: Hardware,
    options: LoadOptions,
    calibration: Calibration,
    measured: Iterable[MeasuredNeed] = (),
) -> Fit:
    """Say whether a variant fits, and how fast it would answer with a half-filled context.

    Args:
        variant: what the Hub or a header told.
        hardware: the machine as it is now.
        options: how it would be loaded; GPU layers left open are as many as fit.
        calibration: what was measured before.
        measured: what llama.cpp planned for this variant, where it was asked.
    """
    shape = variant.shape or typical_shape(variant)
    weights = _resident_weights(variant, shape)
    plan = plan_for(shape, options)
    parts, source = planned(shape, weights, plan, measured)
    found = allot(parts, hardware, plan.gpu_layers)
    memory = calibration.memory_factor(backend_of(found, hardware), shape.architecture, quantization_in_memory(variant))
    if memory is not None:
        is_formula = source is NeedSource.FORMULA
        found = allot(corrected(parts, memory, buffers_too=is_formula), hardware, plan.gpu_layers)
    verdict = found.verdict
    return Fit(
        needs=found.needs,
        verdict=verdict,
        speed=_speed(found, variant, plan, hardware, calibration) if verdict.fits else None,
        quality=1 + bisect_right(_QUALITY, bits_in_memory(variant)),
        context_length=plan.context_length,
        missing=max(found.missing, 0),
        exact=variant.shape is not None and weights.exact,
        source=source,
    )


def best(
    variants: Iterable[Variant], hardware: Hardware, options: LoadOptions, calibration: Calibration
) -> tuple[Variant, Reason] | None:
    """The variant to recommend and why; None when none fits; see `best_of`."""
    return best_of((variant, fit(variant, hardware, options, calibration)) for variant in variants)


def best_of(fits: Iterable[tuple[Variant, Fit]]) -> tuple[Variant, Reason] | None:
    """The variant to recommend among those whose fit is known, and why; None when none fits.

    Among those whose likely speed is at least the reading speed, wherever they lie, good quality comes
    first, then a fluent speed, then what is finer still: a variant partly on the GPU goes before a coarser
    one that is all there, unless that one is good too and fluent while the other is not. Where none is as
    fast as one reads, the fastest of fair quality.
    """
    running = [(variant, found) for variant, found in fits if found.verdict.fits]
    if not running:
        return None
    useful = [one for one in running if bits_in_memory(one[0]) <= _MOST_USEFUL_BITS] or running
    readable = [one for one in useful if _likely(one[1]) >= READING_SPEED]
    if readable:
        variant, found = max(readable, key=lambda one: _merit(*one))
        return variant, Reason(_reason_kind(found), found)
    fair = [one for one in useful if one[1].quality >= 3] or useful
    variant, found = max(fair, key=lambda one: (_likely(one[1]), _is_gguf(one[0])))
    return variant, Reason(ReasonKind.FASTEST, found)


def _merit(variant: Variant, found: Fit) -> tuple[int, bool, int, bool, float]:
    """What makes one variant better than another, the most important first."""
    fluent = _likely(found) >= FLUENT_SPEED
    return min(found.quality, _GOOD_QUALITY), fluent, found.quality, _is_gguf(variant), bits_in_memory(variant)


def plan_for(shape: ModelShape, options: LoadOptions) -> Plan:
    """The options with the context decided as the engine would."""
    trained = shape.context_length
    context = options.context_length or (min(DEFAULT_CONTEXT, trained) if trained else DEFAULT_CONTEXT)
    return Plan.of(options, context)


def corrected(parts: Footprint, factor: float, *, buffers_too: bool = True) -> Footprint:
    """The parts with what is not certain multiplied by what was measured.

    `buffers_too` is false where llama.cpp itself told the compute buffers, which are certain then.
    """
    on_buffers = factor if buffers_too else 1.0
    return replace(
        parts,
        compute=round(parts.compute * on_buffers),
        host_compute=round(parts.host_compute * on_buffers),
        process=round(parts.process * factor),
    )


def quantization_in_memory(variant: Variant) -> str:
    """The type that a variant's weights have once they are loaded; other formats are repacked losslessly."""
    if variant.format is Format.GGUF:
        return variant.quantization
    if variant.becomes is not None:
        return variant.becomes.type
    if variant.format is Format.SAFETENSORS:
        return "F16"
    return _repacked_type(variant)[0]


def bits_in_memory(variant: Variant) -> float:
    """Bits per weight that mean something: what a checkpoint is repacked into cannot be finer than the checkpoint."""
    prepared = variant.becomes
    return min(variant.bits_per_weight, prepared.bits_per_weight) if prepared else variant.bits_per_weight


def _speed(allotment: Allotment, variant: Variant, plan: Plan, hardware: Hardware, calibration: Calibration) -> Speed:
    """From the full context at the slow end of what is likely to the empty one at the fast end."""
    shape = variant.shape or typical_shape(variant)
    weights = _resident_weights(variant, shape)
    backend, quantization = backend_of(allotment, hardware), quantization_in_memory(variant)
    model = file_name(variant.files[0].path) if variant.files else ""

    def seconds(filled: float) -> Estimate:
        tokens = filled * plan.context_length
        cost = token_cost(shape, weights, plan, allotment, hardware, tokens=tokens, quantization=quantization)
        return calibration.seconds(cost, backend, hardware, model, quantization)

    empty, usual, full = seconds(0.0), seconds(_FILLED), seconds(1.0)
    return Speed(
        low=1 / (full.seconds * math.exp(_LIKELY_RANGE * full.spread)),
        likely=1 / usual.seconds,
        high=math.exp(_LIKELY_RANGE * empty.spread) / empty.seconds,
    )


def _resident_weights(variant: Variant, shape: ModelShape) -> Weights:
    """What lies in memory: the tensors of a GGUF; of other formats, what they are repacked into."""
    if variant.becomes is not None:
        return variant.becomes.weights
    stored = variant.weights or estimated_weights(variant, shape)
    if variant.format in (Format.GGUF, Format.SAFETENSORS):
        return stored
    growth = _repacked_type(variant)[1] / _stored_bits(variant)
    layers = tuple(round(size * growth) for size in stored.layers)
    return msgspec.structs.replace(stored, layers=layers)


def _repacked_type(variant: Variant) -> tuple[str, float]:
    """The ggml type that holds the weights without loss, and its bits per weight.

    Symmetric groups of up to 4 bits are Q4_0, asymmetric ones Q4_1. Act-order scatters a group over
    the row, so that only Q8_0 can hold it; with one group for all of a row nothing is scattered.
    """
    scattered = bool(variant.act_order) and (variant.group_size or 0) > 0
    if variant.format is Format.AWQ and not scattered:
        return "Q4_1", 5.0
    if variant.format is Format.GPTQ and 0 < variant.bits <= 4 and not scattered:
        return "Q4_0", 4.5
    return "Q8_0", 8.5


def _stored_bits(variant: Variant) -> float:
    """Bits per weight in the checkpoint: the number, and its group's scale (16 bits) and zero point."""
    bits = variant.bits or 4
    if variant.format is Format.BITSANDBYTES:
        return bits + (0.5 if bits == 4 else 0.0)
    group = variant.group_size or 0
    return bits + ((16 + bits) / group if group > 0 else 0.0)


def estimated_weights(variant: Variant, shape: ModelShape) -> Weights:
    """Before the header is read: the file's bytes, the vocabulary's share at the same width."""
    parameters = variant.parameters or variant.bytes * 8 / max(variant.bits_per_weight, 1)
    share = min(shape.vocabulary * shape.embedding / max(parameters, 1), 0.3)
    embedding = round(variant.bytes * share)
    layer = max(variant.bytes - 2 * embedding, 0) // max(shape.layers, 1)
    return Weights(embedding, embedding, (layer,) * shape.layers, exact=False)


def typical_shape(variant: Variant) -> ModelShape:
    """What models of this size mostly look like."""
    parameters = variant.parameters or variant.bytes * 8 / max(variant.bits_per_weight, 1)
    index = bisect_left([row[0] for row in _TYPICAL_SHAPES], parameters / 1e9)
    _, layers, width, feed_forward, heads, kv_heads = _TYPICAL_SHAPES[min(index, len(_TYPICAL_SHAPES) - 1)]
    return ModelShape(
        architecture=variant.architecture,
        layers=layers,
        embedding=width,
        feed_forward=feed_forward,
        heads=heads,
        kv_heads=(kv_heads,) * layers,
        key_width=max(width // heads, 64),
        value_width=max(width // heads, 64),
        vocabulary=64_000,
        context_length=variant.context_length,
    )


def _likely(found: Fit) -> float:
    return found.speed.likely if found.speed else 0.0


def _is_gguf(variant: Variant) -> bool:
    return variant.format is Format.GGUF


def _reason_kind(found: Fit) -> ReasonKind:
    match found.verdict.placement:
        case Placement.ALL_ON_GPU:
            return ReasonKind.BEST_ON_GPU
        case Placement.PARTLY:
            return ReasonKind.BEST_PARTLY
    return ReasonKind.BEST_ON_CPU
