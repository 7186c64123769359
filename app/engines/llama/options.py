"""Load options with everything the user left open decided; pure functions."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from app.core.catalog.hub import ModelShape
from app.core.engine.loading import DEFAULT_CONTEXT, FlashAttention, KvType, LoadOptions, RopeKind, RopeScaling
from app.core.program.setting_errors import InvalidOption
from app.engines.base import ModelSource

DEFAULT_ROPE_BASE = 10_000.0
UNQUANTIZED = (KvType.F32, KvType.F16, KvType.BF16)
QUANTIZED_BLOCK = 32
"""Elements in a block of every quantized `KvType`, as in ggml-common.h."""


@dataclass(frozen=True)
class RopeParameters:
    """llama.cpp's own rotary parameters; 0 and -1 mean the model's."""

    kind: RopeKind
    base: float = 0.0
    scale: float = 0.0
    original_context: int = 0


def resolve(options: LoadOptions, source: ModelSource, physical_cores: int) -> LoadOptions:
    """Decide context, threads and batches; GPU layers are decided by what fits.

    Raises:
        InvalidOption: the context is longer than the model can address, or the KV cache cannot be of the type.
    """
    _check_cache(options, source.shape)
    limit = context_limit(options.rope, source)
    context = options.context_length or (min(DEFAULT_CONTEXT, limit) if limit else DEFAULT_CONTEXT)
    if limit and context > limit:
        raise InvalidOption(
            option="context_length",
            value=str(context),
            reason=f"this model reads at most {limit} tokens unless its rotary positions are scaled",
        )
    threads = options.threads or physical_cores
    batch = min(options.batch_size, context)
    return msgspec.structs.replace(
        options,
        context_length=context,
        threads=threads,
        batch_threads=options.batch_threads or threads,
        batch_size=batch,
        micro_batch_size=min(options.micro_batch_size, batch),
    )


def _check_cache(options: LoadOptions, shape: ModelShape) -> None:
    """Quantized types hold whole blocks of a head's elements; `llama_init_from_model` refuses others."""
    if options.flash_attention is FlashAttention.OFF or shape.kv_lora_rank:
        return
    keys = {shape.key_width, shape.window_key_width}
    values = {shape.value_width, shape.window_value_width}
    for name, kind, widths in (("kv_type_k", options.kv_type_k, keys), ("kv_type_v", options.kv_type_v, values)):
        odd = next((width for width in widths if width % QUANTIZED_BLOCK), 0)
        if odd and kind not in UNQUANTIZED:
            reason = f"the heads of this model are {odd} wide, no multiple of {QUANTIZED_BLOCK}"
            raise InvalidOption(option=name, value=str(kind), reason=reason)


def context_limit(rope: RopeScaling, source: ModelSource) -> int:
    """The longest context in tokens, 0 if nobody knows."""
    if rope.kind in (RopeKind.MODEL, RopeKind.NONE):
        return source.trained_context
    return round((rope.original_context or source.trained_context) * rope.factor)


def rope_parameters(rope: RopeScaling, source: ModelSource, context_length: int) -> RopeParameters:
    """What llama.cpp is told for a rope scaling.

    Linear and YaRN scale positions by 1/factor. Dynamic raises the base instead.
    """
    original = rope.original_context or source.trained_context
    base = rope.freq_base or 0.0
    if rope.kind in (RopeKind.LINEAR, RopeKind.YARN):
        return RopeParameters(rope.kind, base, 1 / rope.factor, original)
    if rope.kind is RopeKind.DYNAMIC:
        own_base = base or source.rope_base or DEFAULT_ROPE_BASE
        return RopeParameters(
            RopeKind.NONE, ntk_base(own_base, rope.factor, context_length, original, source.rope_dimensions), 1.0
        )
    return RopeParameters(rope.kind, base)


def ntk_base(base: float, factor: float, context_length: int, original: int, dimensions: int) -> float:
    """The NTK-aware base for a context of L tokens: base·((f·L/L₀)-(f-1))^(d/(d-2)).

    Source: transformers, `modeling_rope_utils.py`, `_compute_dynamic_ntk_parameters`. Up to the
    original length L₀ the base stays as it is.
    """
    if context_length <= original or dimensions <= 2:
        return base
    growth: float = (factor * context_length / original - (factor - 1)) ** (dimensions / (dimensions - 2))
    return base * growth
