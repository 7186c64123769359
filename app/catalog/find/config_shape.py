"""A model's shape from the config.json of a Hugging Face repo; pure, runs in any process."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.catalog.hub import ModelShape
from app.core.checkpoints.quantized import text_config

_MAX_LAYERS = 4096
_MAX_WIDTH = 1 << 40


def shape_of_config(config: Mapping[str, object]) -> ModelShape | None:
    """The shape, or None if the config does not tell the number of layers and their width.

    A model for several media has its language model under `text_config`. Names are those of the
    `transformers` library, with the older ones of GPT-2.
    """
    text = text_config(config)
    layers = _count(text, "num_hidden_layers", "n_layer", "num_layers")
    width = _count(text, "hidden_size", "n_embd", "d_model")
    heads = _count(text, "num_attention_heads", "n_head", "num_heads")
    if not 0 < layers <= _MAX_LAYERS or not width:
        return None
    kv_heads = _count(text, "num_key_value_heads", "num_kv_heads") or (1 if text.get("multi_query") else heads)
    head_width = _count(text, "head_dim") or (width // heads if heads else 0)
    latent = _count(text, "kv_lora_rank")
    rope = _count(text, "qk_rope_head_dim")
    experts = _count(text, "num_local_experts", "num_experts", "n_routed_experts")
    feed_forward = _count(text, "intermediate_size", "n_inner", "ffn_dim") or 4 * width
    window, windowed = _window(text, layers)
    attention = _attention_layers(text, layers)
    return ModelShape(
        architecture=str(config.get("model_type", "")),
        layers=layers,
        embedding=width,
        feed_forward=_count(text, "moe_intermediate_size") or feed_forward if experts else feed_forward,
        heads=heads,
        kv_heads=tuple((1 if latent else kv_heads) if keeps else 0 for keeps in attention),
        key_width=latent + rope if latent else head_width,
        value_width=latent or head_width,
        vocabulary=_count(text, "vocab_size"),
        context_length=_count(text, "max_position_embeddings", "n_positions", "seq_length"),
        sliding_window=window,
        sliding_layers=windowed,
        experts=experts,
        experts_used=_count(text, "num_experts_per_tok", "experts_per_token"),
        kv_lora_rank=latent,
        rope_width=rope or head_width,
    )


def _window(text: Mapping[str, object], layers: int) -> tuple[int, tuple[bool, ...]]:
    window = _count(text, "sliding_window")
    if not window or text.get("use_sliding_window") is False:
        return 0, ()
    kinds = text.get("layer_types")
    if isinstance(kinds, list) and len(kinds) == layers:
        return window, tuple(kind == "sliding_attention" for kind in kinds)
    period = _count(text, "sliding_window_pattern")
    return window, tuple(not period or (layer + 1) % period != 0 for layer in range(layers))


def _attention_layers(text: Mapping[str, object], layers: int) -> list[bool]:
    """Which layers have a growing cache rather than a recurrent state."""
    kinds = text.get("layer_types")
    if isinstance(kinds, list) and len(kinds) == layers:
        return [isinstance(kind, str) and "attention" in kind and "linear" not in kind for kind in kinds]
    return [True] * layers


def _count(text: Mapping[str, object], *names: str) -> int:
    """The first of these that is a usable number."""
    for name in names:
        value = text.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_WIDTH:
            return value
    return 0
