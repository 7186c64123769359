"""Which type each matrix of an unquantized model takes once a type is chosen for all of it; pure, for any process.

K-quants are mixtures: those of llama.cpp's own quantizer without an importance matrix, for the architectures that are
repacked. Source: `llama_tensor_get_type_impl`, `tensor_type_fallback` and `tensor_allows_quantization` of
`src/llama-quant.cpp`, and `LLM_TYPE_70B` of `src/models`, as llama-cpp-python 0.3.36 ships them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from app.core.checkpoints.quantized import Settings, text_config
from app.core.checkpoints.repack import TypeChoice

SUPER_BLOCK = 256
"""Values of a K-quant's block, along the input."""

_BASES: Mapping[TypeChoice, str] = {
    TypeChoice.Q6_K: "Q6_K",
    TypeChoice.Q5_K_M: "Q5_K",
    TypeChoice.Q4_K_M: "Q4_K",
    TypeChoice.Q3_K_M: "Q3_K",
}
MIXTURES = frozenset(_BASES)
"""The choices whose matrices are not all of the type that the name says."""

_NARROWER_ROWS = {"Q6_K": "Q8_0", "Q5_K": "Q5_1", "Q4_K": "Q5_0", "Q3_K": "Q4_0"}
"""What a matrix becomes whose rows are no whole super-blocks."""

_COARSE = frozenset({TypeChoice.Q4_0, TypeChoice.Q4_1, TypeChoice.Q5_0, TypeChoice.Q5_1})
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_EXPERT_MODEL = "MixtralForCausalLM"
_LLAMAS = ("LLaMAForCausalLM", "LlamaForCausalLM", "MistralForCausalLM", _EXPERT_MODEL)
_EIGHT_EXPERTS = 8
_LARGE = 80
"""Layers of the models whose values are kept finer: many heads share them, so that they are small."""


class _Part(Enum):
    """What a matrix is for, as far as types depend on it."""

    EMBEDDING = "embedding"
    OUTPUT = "output"
    ROUTER = "router"
    KEY = "key"
    VALUE = "value"
    ATTENTION_OUTPUT = "attention output"
    FEED_DOWN = "feed down"
    OTHER = "other"


_PARTS = {
    "embed_tokens": _Part.EMBEDDING,
    "lm_head": _Part.OUTPUT,
    "gate": _Part.ROUTER,
    "k_proj": _Part.KEY,
    "v_proj": _Part.VALUE,
    "qkv_proj": _Part.VALUE,
    "o_proj": _Part.ATTENTION_OUTPUT,
    "down_proj": _Part.FEED_DOWN,
    "w2": _Part.FEED_DOWN,
}


@dataclass(frozen=True)
class Outline:
    """What the types of a model's matrices depend on.

    `tied` means that the embedding serves as the output too, `shares_values` that the model is one of the large ones
    whose heads share their values.
    """

    layers: int
    experts: int
    tied: bool
    shares_values: bool


def outline_of(config: Settings, *, tied: bool) -> Outline:
    """The outline of a model by its config.json; what makes no sense there counts as 0."""
    text = text_config(config)
    named = config.get("architectures")
    name = named[0] if isinstance(named, list) and named else ""
    layers, heads = _count(text, "num_hidden_layers"), _count(text, "num_attention_heads")
    shared = name == "Qwen2ForCausalLM" or (name in _LLAMAS and heads != (_count(text, "num_key_value_heads") or heads))
    return Outline(
        layers=layers,
        experts=_count(text, "num_local_experts") if name == _EXPERT_MODEL else 0,
        tied=tied,
        shares_values=layers == _LARGE and shared,
    )


def wanted_type(module: str, columns: int, choice: TypeChoice | None, outline: Outline) -> str | None:
    """The ggml type that a matrix is to take; None if it is to stay what it is.

    Args:
        module: its full name in the checkpoint, without `.weight`.
        columns: inputs.
        choice: what was chosen for the model.
        outline: of the model.
    """
    part = _PARTS.get(module.rpartition(".")[2], _Part.OTHER)
    if part is _Part.ROUTER:
        return "F32"
    if choice is None:
        return None
    if choice not in MIXTURES:
        is_head = part in (_Part.EMBEDDING, _Part.OUTPUT)  # they suffer most from coarse types
        return "Q8_0" if choice in _COARSE and is_head else choice.value.upper()
    found = _LAYER.search(module)
    mixed = _mixed(part, int(found[1]) if found else 0, choice, outline)
    return _NARROWER_ROWS.get(mixed, mixed) if columns % SUPER_BLOCK else mixed


def _mixed(part: _Part, layer: int, choice: TypeChoice, outline: Outline) -> str:
    """The type of a matrix whose rows are whole super-blocks."""
    if part is _Part.OUTPUT or (part is _Part.EMBEDDING and outline.tied):
        return "Q6_K"
    if outline.experts == _EIGHT_EXPERTS:
        if part in (_Part.KEY, _Part.VALUE):
            return "Q8_0"
        if part is _Part.ATTENTION_OUTPUT and choice in (TypeChoice.Q3_K_M, TypeChoice.Q4_K_M):
            return "Q5_K"
    if choice is TypeChoice.Q3_K_M:
        found = _mixed_of_three_bits(part, layer, outline)
    elif part in (_Part.VALUE, _Part.FEED_DOWN) and _has_more_bits(layer, outline.layers):
        found = "Q6_K"
    else:
        found = _BASES[choice]
    return "Q5_K" if part is _Part.VALUE and outline.shares_values and found in ("Q3_K", "Q4_K") else found


def _mixed_of_three_bits(part: _Part, layer: int, outline: Outline) -> str:
    if part is _Part.VALUE:
        return "Q5_K" if layer < 2 else "Q4_K"
    if part is _Part.FEED_DOWN:
        return "Q5_K" if layer < outline.layers // 16 else "Q4_K"
    return "Q4_K" if part is _Part.ATTENTION_OUTPUT else "Q3_K"


def _has_more_bits(layer: int, layers: int) -> bool:
    """Of the first and the last eighth of the layers, and of every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _count(text: Settings, name: str) -> int:
    value = text.get(name)
    return value if isinstance(value, int) and value > 0 else 0
