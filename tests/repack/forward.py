"""A plain forward pass in float32, as transformers computes it: what the repacked models are compared with.

Covers llama, mixtral, qwen2, qwen3, gemma2, gemma3 and phi3, by what their configuration and tensors say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]


def logits(config: Mapping[str, Any], weights: Weights, ids: list[int]) -> Floats:
    """For each token, those of the next."""
    return Forward(config, weights).logits(ids)


class Forward:
    """One model."""

    def __init__(self, config: Mapping[str, Any], weights: Weights) -> None:
        self.config = config
        self.weights = weights
        self.kind = str(config["model_type"])
        self.gemma = self.kind.startswith("gemma")
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads", self.heads)
        self.head = config.get("head_dim") or config["hidden_size"] // self.heads

    def logits(self, ids: list[int]) -> Floats:
        x = self.weights["model.embed_tokens.weight"][ids]
        if self.gemma:
            x = x * np.float32(np.sqrt(self.config["hidden_size"]))
        for layer in range(self.config["num_hidden_layers"]):
            x = self._layer(x, layer)
        x = self._norm(x, "model.norm")
        head = self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])
        return self._capped(x @ head.T, "final_logit_softcapping")

    def _layer(self, x: Floats, layer: int) -> Floats:
        start = f"model.layers.{layer}."
        seen = self._attention(self._norm(x, f"{start}input_layernorm"), layer)
        if self.gemma:
            x = x + self._norm(seen, f"{start}post_attention_layernorm")
            fed = self._feed(self._norm(x, f"{start}pre_feedforward_layernorm"), start)
            return x + self._norm(fed, f"{start}post_feedforward_layernorm")
        x = x + seen
        return x + self._feed(self._norm(x, f"{start}post_attention_layernorm"), start)

    def _attention(self, x: Floats, layer: int) -> Floats:
        start, length = f"model.layers.{layer}.self_attn.", len(x)
        if f"{start}qkv_proj.weight" in self.weights:
            whole = self._linear(x, f"{start}qkv_proj")
            sizes = np.cumsum([self.heads * self.head, self.kv_heads * self.head])
            q, k, v = np.split(whole, sizes, axis=1)
        else:
            q, k, v = (self._linear(x, f"{start}{part}_proj") for part in "qkv")
        q, k, v = (part.reshape(length, -1, self.head) for part in (q, k, v))
        if f"{start}q_norm.weight" in self.weights:
            q, k = self._norm(q, f"{start}q_norm"), self._norm(k, f"{start}k_norm")
        q, k = self._turned(q, layer), self._turned(k, layer)
        repeat = self.heads // self.kv_heads
        k, v = np.repeat(k, repeat, axis=1), np.repeat(v, repeat, axis=1)
        scores = np.einsum("qhd,khd->hqk", q, k) / np.float32(
            np.sqrt(self.config.get("query_pre_attn_scalar", self.head))
        )
        scores = self._capped(scores, "attn_logit_softcapping")
        scores = np.where(self._visible(length, layer), scores, -np.inf)
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        mixed = (scores @ v.transpose(1, 0, 2)).transpose(1, 0, 2).reshape(length, -1)
        return self._linear(mixed.astype(np.float32), f"{start}o_proj")

    def _visible(self, length: int, layer: int) -> NDArray[np.bool_]:
        back = np.arange(length)[:, None] - np.arange(length)[None, :]
        if self._is_sliding(layer):
            return (back >= 0) & (back < self.config["sliding_window"])
        return back >= 0

    def _is_sliding(self, layer: int) -> bool:
        every = {"gemma2": 2, "gemma3_text": 6}.get(self.kind, 0)
        return bool(every) and (layer + 1) % every != 0

    def _turned(self, x: Floats, layer: int) -> Floats:
        local = self.config.get("rope_local_base_freq") if self._is_sliding(layer) else None
        scaling = {} if local else self.config.get("rope_scaling") or {}
        theta = local or self.config.get("rope_theta", 10000.0)
        waves = theta ** (-np.arange(0, self.head, 2) / self.head)
        waves = waves / _slowing(scaling, 2 * np.pi / waves)
        angles = np.arange(len(x))[:, None] * waves[None, :]
        cos, sin = (np.concatenate([f(angles)] * 2, axis=1)[:, None, :] for f in (np.cos, np.sin))
        half = self.head // 2
        other = np.concatenate([-x[..., half:], x[..., :half]], axis=2)
        return (x * cos + other * sin).astype(np.float32)

    def _feed(self, x: Floats, start: str) -> Floats:
        if f"{start}block_sparse_moe.gate.weight" in self.weights:
            return self._experts(x, f"{start}block_sparse_moe.")
        if f"{start}mlp.gate_up_proj.weight" in self.weights:
            gate, up = np.split(self._linear(x, f"{start}mlp.gate_up_proj"), 2, axis=1)
        else:
            gate, up = self._linear(x, f"{start}mlp.gate_proj"), self._linear(x, f"{start}mlp.up_proj")
        return self._linear(self._bent(gate) * up, f"{start}mlp.down_proj")

    def _experts(self, x: Floats, start: str) -> Floats:
        chances = np.exp(self._linear(x, f"{start}gate"))
        chances /= chances.sum(axis=1, keepdims=True)
        out = np.zeros_like(x)
        for row, chance in enumerate(chances):
            chosen = np.argsort(-chance)[: self.config["num_experts_per_tok"]]
            for expert in chosen:
                name, one = f"{start}experts.{expert}.", x[row : row + 1]
                inner = self._bent(self._linear(one, f"{name}w1")) * self._linear(one, f"{name}w3")
                out[row] += (chance[expert] / chance[chosen].sum()) * self._linear(inner, f"{name}w2")[0]
        return out

    def _bent(self, x: Floats) -> Floats:
        if self.gemma:
            inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
            return (0.5 * x * (1 + np.tanh(inner))).astype(np.float32)
        return (x / (1 + np.exp(-x))).astype(np.float32)

    def _norm(self, x: Floats, name: str) -> Floats:
        scale = self.weights[f"{name}.weight"] + np.float32(1 if self.gemma else 0)
        return (x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + self.config["rms_norm_eps"]) * scale).astype(
            np.float32
        )

    def _linear(self, x: Floats, name: str) -> Floats:
        out = x @ self.weights[f"{name}.weight"].T
        return out + self.weights[f"{name}.bias"] if f"{name}.bias" in self.weights else out

    def _capped(self, x: Floats, name: str) -> Floats:
        cap = self.config.get(name)
        return (np.tanh(x / cap) * cap).astype(np.float32) if cap else x


def _slowing(scaling: Mapping[str, Any], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each frequency is divided by."""
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind == "linear":
        return np.full(lengths.shape, float(scaling["factor"]))
    if kind != "llama3":
        return np.ones(lengths.shape)
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    context = scaling["original_max_position_embeddings"]
    smooth = (context / lengths - low) / (high - low)
    middle = 1 / ((1 - smooth) / factor + smooth)
    return np.where(lengths < context / high, 1.0, np.where(lengths > context / low, factor, middle))
