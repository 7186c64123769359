"""How positions are scaled: from config.json to llama.cpp's metadata and factors.

Layouts: `rope_scaling` with `rope_theta` beside it, `rope_parameters` that holds both, and Gemma 3's one for each kind
of layer. Formula of the Llama 3 factors: `_compute_llama3_parameters` of transformers; of longrope's attention
factor: its paper, sqrt(1 + ln(scale) / ln(original context)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from gguf import GGUFWriter, RopeScalingType

from app.core.checkpoints.repack_errors import ConfigUnusable, RopeUnknown
from app.repack.arrays import Floats
from app.repack.folder import CONFIG, Settings

_SAME = frozenset({"", "default", "none"})


@dataclass(frozen=True)
class Rope:
    """What is written of the rotary embedding; `factors` are whole tensors by name.

    `dynamic` says that the model wants the scaling to follow the length, which the user can choose on loading.
    """

    theta: float
    sliding_theta: float | None = None
    kind: RopeScalingType | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    original_context: int | None = None
    factors: Mapping[str, Floats] = field(default_factory=dict)
    dynamic: bool = False

    def write(self, out: GGUFWriter) -> None:
        """Add the metadata."""
        out.add_rope_freq_base(self.theta)
        if self.sliding_theta is not None:
            out.add_rope_freq_base_swa(self.sliding_theta)
        if self.kind is not None:
            out.add_rope_scaling_type(self.kind)
        if self.original_context is not None:
            out.add_rope_scaling_orig_ctx_len(self.original_context)
        for name, value in self.numbers.items():
            getattr(out, f"add_rope_scaling_{name}")(value)


def rope_of(text: Settings, head: int, default_theta: float) -> Rope:
    """Read the rotary embedding of a language model's configuration.

    Raises:
        RopeUnknown: llama.cpp has no name for it.
        ConfigUnusable: a number is missing or none.
    """
    found = text.get("rope_parameters") or text.get("rope_scaling") or {}
    stated: Settings = found if isinstance(found, dict) else {}
    inner = stated.get("full_attention", stated)
    full: Settings = inner if isinstance(inner, dict) else {}
    theta = _number({**text, **full}, "rope_theta", default_theta)
    sliding = stated.get("sliding_attention")
    sliding_theta = _number(sliding, "rope_theta", 10000.0) if isinstance(sliding, dict) else None
    if sliding_theta is None and "rope_local_base_freq" in text:
        sliding_theta = _number(text, "rope_local_base_freq")
    kind = str(full.get("rope_type") or full.get("type") or "").lower()
    if kind in _SAME:
        return Rope(theta, sliding_theta)
    if kind == "dynamic":
        return Rope(theta, sliding_theta, dynamic=True)
    if kind == "linear":
        return Rope(theta, sliding_theta, RopeScalingType.LINEAR, {"factor": _number(full, "factor")})
    if kind == "yarn":
        return _yarn(text, full, theta)
    if kind == "llama3":
        return Rope(theta, factors={"rope_freqs.weight": _llama3(full, head, theta)})
    if kind in ("su", "longrope"):
        return _longrope(text, full, theta)
    raise RopeUnknown(kind=kind)


def _yarn(text: Settings, full: Settings, theta: float) -> Rope:
    names = {
        "extrapolation_factor": "yarn_ext_factor",
        "attention_factor": "yarn_attn_factor",
        "beta_fast": "yarn_beta_fast",
        "beta_slow": "yarn_beta_slow",
    }
    numbers = {ours: _number(full, name) for name, ours in names.items() if full.get(name) is not None}
    original = int(_number({**text, **full}, "original_max_position_embeddings"))
    return Rope(theta, None, RopeScalingType.YARN, {"factor": _number(full, "factor"), **numbers}, original)


def _llama3(full: Settings, head: int, theta: float) -> Floats:
    """What each frequency is divided by: 1 for short waves, `factor` for long ones, smoothly between."""
    factor = _number(full, "factor", 8.0)
    low, high = _number(full, "low_freq_factor", 1.0), _number(full, "high_freq_factor", 4.0)
    context = _number(full, "original_max_position_embeddings", 8192)
    if high <= low:
        raise ConfigUnusable(file=CONFIG, reason=f"high_freq_factor is {high}")
    waves = 2 * math.pi * theta ** (np.arange(0, head, 2, dtype=np.float64) / head)
    smooth = (context / waves - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    return np.where(waves < context / high, 1.0, np.where(waves > context / low, factor, between)).astype(np.float32)


def _longrope(text: Settings, full: Settings, theta: float) -> Rope:
    context = _number(text, "max_position_embeddings")
    original = _number({**text, **full}, "original_max_position_embeddings")
    scale = context / original
    attention = math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0
    factors = {f"rope_factors_{name}.weight": _factors(full, f"{name}_factor") for name in ("long", "short")}
    return Rope(theta, None, RopeScalingType.LONGROPE, {"attn_factors": attention}, int(original), factors)


def _factors(full: Settings, name: str) -> Floats:
    found = full.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(value, int | float) for value in found):
        raise ConfigUnusable(file=CONFIG, reason=f"{name} is no list of numbers")
    return np.array(found, np.float32)


def _number(settings: Settings, name: str, default: float | None = None) -> float:
    value = settings.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
        raise ConfigUnusable(file=CONFIG, reason=f"{name} is {value!r}")
    return float(value)
