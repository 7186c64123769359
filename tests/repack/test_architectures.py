"""Random models of every architecture: llama.cpp must compute what a plain forward pass does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader

from app.core.checkpoints.repack import NoteKind
from app.core.checkpoints.repack_errors import TensorLeftOver
from tests.repack import forward, models, packing, reference
from tests.repack.files import Tensors
from tests.repack.logits import Runner, distance
from tests.repack.packing import Gptq

WIDTH, FEED, HEADS, KV_HEADS, HEAD, LAYERS, ROWS = 128, 192, 4, 2, 32, 7, 2048
ATTENTION = {"q": (HEADS * HEAD, WIDTH), "k": (KV_HEADS * HEAD, WIDTH), "v": (KV_HEADS * HEAD, WIDTH)}
CLOSE, ROUNDED = 2e-6, 1e-2
"""Of the divergence: random weights enlarge the rounding of activations, and other experts may be chosen for it."""
SCALED = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip

SHAPES: dict[str, dict[str, Any]] = {
    "llama": {"architectures": ["LlamaForCausalLM"], "attention_bias": True},
    "llama3": {"architectures": ["LlamaForCausalLM"], "rope_scaling": SCALED, "rope_theta": 500000.0},
    "llama-linear": {"architectures": ["LlamaForCausalLM"], "rope_scaling": {"type": "linear", "factor": 4.0}},
    "mistral": {"architectures": ["MistralForCausalLM"], "sliding_window": 4096},
    "mixtral": {"architectures": ["MixtralForCausalLM"], "num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2": {"architectures": ["Qwen2ForCausalLM"], "tie_word_embeddings": True},
    "qwen3": {"architectures": ["Qwen3ForCausalLM"]},
    "gemma2": {
        "architectures": ["Gemma2ForCausalLM"], "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
        "sliding_window": 16, "query_pre_attn_scalar": HEAD,
    },
    "gemma3_text": {
        "architectures": ["Gemma3ForCausalLM"], "sliding_window": 16, "query_pre_attn_scalar": HEAD,
        "rope_local_base_freq": 10000.0, "rope_theta": 1000000.0, "rope_scaling": {"type": "linear", "factor": 8.0},
    },
    "phi3": {"architectures": ["Phi3ForCausalLM"], "original_max_position_embeddings": 2048},
}  # fmt: skip


def config(name: str) -> dict[str, Any]:
    settings = models.config(
        hidden_size=WIDTH, intermediate_size=FEED, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS, head_dim=HEAD, model_type=name.split("-")[0].replace("llama3", "llama"),
        rms_norm_eps=1e-6, rope_theta=10000.0,
    )  # fmt: skip
    settings.pop("rope_parameters")
    if name.startswith("gemma"):
        settings.pop("tie_word_embeddings")
    return {**settings, **SHAPES[name]}


def weights(name: str) -> dict[str, models.Floats]:
    """Random ones, in F16's precision."""
    random = np.random.default_rng(3)
    gemma = name.startswith("gemma")
    found: dict[str, models.Floats] = {}

    def matrix(module: str, shape: tuple[int, int], scale: float = 1.0) -> None:
        values = random.standard_normal(shape) * scale / np.sqrt(shape[1])
        found[f"{module}.weight"] = values.astype(np.float16).astype(np.float32)

    def vector(module: str, size: int, part: str = "weight", middle: float = 0.0) -> None:
        values = middle + random.standard_normal(size) * 0.1
        found[f"{module}.{part}"] = values.astype(np.float16).astype(np.float32)

    matrix("model.embed_tokens", (ROWS, WIDTH), 1.0 if gemma or name == "qwen2" else 4.0)
    vector("model.norm", WIDTH, middle=0 if gemma else 1)
    if not gemma and name != "qwen2":
        matrix("lm_head", (ROWS, WIDTH))
    for layer in range(LAYERS):
        start = f"model.layers.{layer}."
        norms = ["input_layernorm", "post_attention_layernorm"]
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if gemma else []
        for norm in norms:
            vector(start + norm, WIDTH, middle=0 if gemma else 1)
        if name == "phi3":
            matrix(f"{start}self_attn.qkv_proj", ((HEADS + 2 * KV_HEADS) * HEAD, WIDTH))
        else:
            for part, shape in ATTENTION.items():
                matrix(f"{start}self_attn.{part}_proj", shape)
                if name in ("qwen2", "llama"):
                    vector(f"{start}self_attn.{part}_proj", shape[0], "bias")
        matrix(f"{start}self_attn.o_proj", (WIDTH, HEADS * HEAD))
        if name in ("qwen3", "gemma3_text"):
            for part in "qk":
                vector(f"{start}self_attn.{part}_norm", HEAD, middle=0 if gemma else 1)
        feed(name, start, matrix)
    return found


def feed(name: str, start: str, matrix: Callable[[str, tuple[int, int]], None]) -> None:
    if name == "mixtral":
        matrix(f"{start}block_sparse_moe.gate", (4, WIDTH))
        for expert in range(4):
            for part, shape in (("w1", (FEED, WIDTH)), ("w2", (WIDTH, FEED)), ("w3", (FEED, WIDTH))):
                matrix(f"{start}block_sparse_moe.experts.{expert}.{part}", shape)
    elif name == "phi3":
        matrix(f"{start}mlp.gate_up_proj", (2 * FEED, WIDTH))
        matrix(f"{start}mlp.down_proj", (WIDTH, FEED))
    else:
        for part, shape in (("gate", (FEED, WIDTH)), ("up", (FEED, WIDTH)), ("down", (WIDTH, FEED))):
            matrix(f"{start}mlp.{part}_proj", shape)


def compare(path: Path, settings: dict[str, Any], meant: dict[str, models.Floats], runner: Runner, bar: float) -> None:
    ids = list(models.passages()[1][:96])
    found = distance(runner.logits(ids), forward.logits(settings, meant, ids))
    assert found.divergence <= bar


@pytest.mark.parametrize("name", SHAPES)
def test_unquantized(name: str, tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    settings, meant = config(name), weights(name)
    tensors: Tensors = {key: values.astype(np.float16) for key, values in meant.items()}
    folder = models.lay_out(tmp_path / "model", tensors, settings)
    assert models.run(folder, tmp_path / "m.gguf").lossless
    compare(tmp_path / "m.gguf", settings, meant, runner(tmp_path / "m.gguf"), CLOSE)


@pytest.mark.parametrize("name", ["llama", "mixtral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3"])
def test_gptq_with_act_order(name: str, tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    """Each expert and each fused pair of gate and up can have its rows put into the order of what they feed."""
    form, settings = Gptq(4, 32, act_order=True), config(name)
    tensors = models.packed(weights(name), models.gptq_packer(form))
    folder = models.lay_out(tmp_path / "model", tensors, settings, quantization=form.settings)
    report = models.run(folder, tmp_path / "m.gguf")
    undone = [note.values["count"] for note in report.notes if note.kind is NoteKind.ORDER_UNDONE]
    assert undone == [LAYERS * (4 if name == "mixtral" else 1)]
    meant = reference.decoded(tensors, method="gptq")
    compare(tmp_path / "m.gguf", settings, meant, runner(tmp_path / "m.gguf"), ROUNDED)


def test_experts_that_need_different_types_share_the_wider_one(
    tmp_path: Path, runner: Callable[[Path], Runner]
) -> None:
    settings = config("mixtral")

    def pack(module: str, values: models.Floats) -> Tensors:
        return packing.gptq(module, values, Gptq(4, 32, symmetric=".experts.2." not in module))

    tensors = models.packed(weights("mixtral"), pack)
    folder = models.lay_out(tmp_path / "m", tensors, settings, quantization=Gptq(4, 32).settings)
    models.run(folder, tmp_path / "m.gguf")
    types = {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "m.gguf").tensors}
    assert types["blk.0.ffn_up_exps.weight"] == "Q4_1" and types["blk.0.attn_q.weight"] == "Q4_0"
    meant = reference.decoded(tensors, method="gptq", group=32)
    compare(tmp_path / "m.gguf", settings, meant, runner(tmp_path / "m.gguf"), ROUNDED)


def test_pictures_are_left_out_with_a_word(tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    """Gemma 3 with its language model within another, as it is published."""
    settings, meant = config("gemma3_text"), weights("gemma3_text")
    tensors: Tensors = {f"language_model.{key}": values.astype(np.float16) for key, values in meant.items()}
    tensors["vision_tower.vision_model.embeddings.weight"] = np.zeros((4, 4), np.float16)
    whole = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": settings}
    folder = models.lay_out(tmp_path / "m", tensors, whole)
    report = models.run(folder, tmp_path / "m.gguf")
    assert [note.values["count"] for note in report.notes if note.kind is NoteKind.PARTS_LEFT_OUT] == [1]
    compare(tmp_path / "m.gguf", settings, meant, runner(tmp_path / "m.gguf"), CLOSE)


def test_biases_of_zeros_and_old_rotary_tables_have_no_place_and_need_none(tmp_path: Path) -> None:
    """As the tools of 2023 wrote them."""
    settings, meant = config("qwen3"), weights("qwen3")
    tensors: Tensors = {key: values.astype(np.float16) for key, values in meant.items()}
    tensors["model.layers.0.mlp.down_proj.bias"] = np.zeros(WIDTH, np.float16)
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(16, np.float32)
    folder = models.lay_out(tmp_path / "m", tensors, settings)
    assert models.run(folder, tmp_path / "m.gguf").lossless
    tensors["model.layers.0.mlp.down_proj.bias"] = np.ones(WIDTH, np.float16)
    models.lay_out(tmp_path / "m", tensors, settings)
    with pytest.raises(TensorLeftOver):
        models.run(folder, tmp_path / "n.gguf")
