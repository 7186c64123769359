"""K-quants of unquantized checkpoints: what llama.cpp's own quantizer makes of the same weights, tensor by tensor."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, LlamaFileType
from llama_cpp import llama_cpp as llama

from app.catalog.find.local_checkpoint import local_checkpoint
from app.catalog.gguf.facts import weights_of
from app.catalog.gguf.header import TensorInfo, read_header
from app.core.checkpoints.mixture import MIXTURES, Outline, wanted_type
from app.core.checkpoints.repack import NoteKind, TypeChoice
from app.core.checkpoints.repack_errors import RepackUnsound, ScalesNotFinite
from app.core.engine.model_errors import GgufDamaged
from app.engines.llama.quantizer import quantized
from app.repack.arrays import Array
from app.repack.check import Found
from app.repack.checkpoint import Checkpoint
from app.repack.plain import plain_source
from app.repack.plan import make_plan
from app.repack.repack import Errand, repack
from app.worker.repacking import TOOLS
from tests.repack import models
from tests.repack.files import Tensors
from tests.repack.logits import Runner, distance

CHOICES = sorted(MIXTURES)
VOCABULARY, LARGE = 256, 80
SAME_SEARCH = ("Q3_K", "Q4_K", "Q5_K", "Q6_K", "F32", "F16")
"""Types whose bytes are llama.cpp's own; the others are made here, Q8_0 with less rounding."""

BARS = {TypeChoice.Q6_K: 2e-4, TypeChoice.Q5_K_M: 4e-4, TypeChoice.Q4_K_M: 2.2e-3, TypeChoice.Q3_K_M: 5e-3}
"""Of the divergence from the weights in F16: three times what was measured."""

SHAPES: dict[str, dict[str, Any]] = {
    "llama": {"architectures": ["LlamaForCausalLM"], "num_hidden_layers": 17},
    "tied": {"architectures": ["LlamaForCausalLM"], "tie_word_embeddings": True},
    "large": {"architectures": ["LlamaForCausalLM"], "num_hidden_layers": LARGE},
    "large without shared values": {
        "architectures": ["LlamaForCausalLM"], "num_hidden_layers": LARGE, "num_key_value_heads": 4,
    },
    "large qwen2": {"architectures": ["Qwen2ForCausalLM"], "num_hidden_layers": LARGE, "num_key_value_heads": 4},
    "eight experts": {"architectures": ["MixtralForCausalLM"], "num_local_experts": 8, "num_experts_per_tok": 2},
    "four experts": {"architectures": ["MixtralForCausalLM"], "num_local_experts": 4, "num_experts_per_tok": 2},
    "gemma2": {"architectures": ["Gemma2ForCausalLM"], "sliding_window": 16, "query_pre_attn_scalar": 64},
    "phi3": {"architectures": ["Phi3ForCausalLM"], "original_max_position_embeddings": 2048},
    "narrow": {"architectures": ["LlamaForCausalLM"], "hidden_size": 192, "head_dim": 48, "intermediate_size": 320},
    "odd": {"architectures": ["LlamaForCausalLM"], "hidden_size": 200, "head_dim": 50, "intermediate_size": 264},
    "half odd": {"architectures": ["LlamaForCausalLM"], "intermediate_size": 296},
}  # fmt: skip


def config(name: str) -> dict[str, Any]:
    kept = {
        "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 64, "vocab_size": VOCABULARY, **SHAPES[name],
    }  # fmt: skip
    return models.config(**kept)


def weights(settings: Mapping[str, Any]) -> Tensors:
    """Random ones in F16, by the names of the architecture."""
    random, name = np.random.default_rng(5), settings["architectures"][0]
    width, feed, head = settings["hidden_size"], settings["intermediate_size"], settings["head_dim"]
    queries, keys = settings["num_attention_heads"] * head, settings["num_key_value_heads"] * head
    found: Tensors = {}

    def add(module: str, *shape: int) -> None:
        found[f"{module}.weight"] = (random.standard_normal(shape) / 16).astype(np.float16)

    add("model.embed_tokens", settings["vocab_size"], width)
    add("model.norm", width)
    if not settings["tie_word_embeddings"] and "Gemma" not in name:
        add("lm_head", settings["vocab_size"], width)
    for layer in range(settings["num_hidden_layers"]):
        start = f"model.layers.{layer}."
        norms = ["input_layernorm", "post_attention_layernorm"]
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if "Gemma" in name else []
        for norm in norms:
            add(start + norm, width)
        if "Phi3" in name:
            add(f"{start}self_attn.qkv_proj", queries + 2 * keys, width)
            add(f"{start}mlp.gate_up_proj", 2 * feed, width)
        else:
            for part, rows in (("q", queries), ("k", keys), ("v", keys)):
                add(f"{start}self_attn.{part}_proj", rows, width)
                if "Qwen2" in name:
                    found[f"{start}self_attn.{part}_proj.bias"] = np.zeros(rows, np.float16)
        add(f"{start}self_attn.o_proj", width, queries)
        if "Mixtral" in name:
            add(f"{start}block_sparse_moe.gate", settings["num_local_experts"], width)
            for expert in range(settings["num_local_experts"]):
                for part, shape in (("w1", (feed, width)), ("w2", (width, feed)), ("w3", (feed, width))):
                    add(f"{start}block_sparse_moe.experts.{expert}.{part}", *shape)
        elif "Phi3" in name:
            add(f"{start}mlp.down_proj", width, feed)
        else:
            for part, shape in (("gate", (feed, width)), ("up", (feed, width)), ("down", (width, feed))):
                add(f"{start}mlp.{part}_proj", *shape)
    return found


def by_llama_cpp(source: Path, target: Path, choice: TypeChoice) -> None:
    """What llama.cpp makes of a GGUF file in F16."""
    quiet = llama.llama_log_callback(lambda *_: None)
    llama.llama_log_set(quiet, ctypes.c_void_p(0))
    wanted = llama.llama_model_quantize_default_params()
    wanted.ftype, wanted.nthread = LlamaFileType[f"MOSTLY_{choice.value.upper()}"], 2
    assert llama.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(wanted)) == 0


def tensors_of(path: Path) -> dict[str, tuple[str, bytes]]:
    return {one.name: (one.tensor_type.name, one.data.tobytes()) for one in GGUFReader(path).tensors}


def in_f16() -> Tensors:
    return {name: values.astype(np.float16) for name, values in models.trained().items()}


@pytest.mark.parametrize("name", SHAPES)
def test_every_tensor_is_what_llama_cpp_makes_of_it(name: str, tmp_path: Path) -> None:
    settings = config(name)
    folder = models.lay_out(tmp_path / "model", weights(settings), settings)
    models.run(folder, tmp_path / "f16.gguf")
    for choice in CHOICES if settings["num_hidden_layers"] < LARGE else [TypeChoice.Q4_K_M]:
        made, reference = tmp_path / f"{choice}.gguf", tmp_path / "theirs.gguf"
        models.run(folder, made, choice)
        by_llama_cpp(tmp_path / "f16.gguf", reference, choice)
        ours, theirs = tensors_of(made), tensors_of(reference)
        assert {one: kind for one, (kind, _) in ours.items()} == {one: kind for one, (kind, _) in theirs.items()}
        searched = [one for one, (kind, _) in ours.items() if kind in SAME_SEARCH]
        assert [one for one in searched if ours[one] != theirs[one]] == []
        assert read_header(made).quantization == choice.value.upper()


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_foreseen_is_what_is_planned(name: str, tmp_path: Path) -> None:
    settings = config(name)
    folder = models.lay_out(tmp_path / "model", weights(settings), settings)
    variant, _ = local_checkpoint(folder)
    foreseen = {one.choice: one for one in variant.prepared}
    assert set(foreseen) >= MIXTURES
    with contextlib.closing(Checkpoint(folder)) as checkpoint:
        for choice in (None, *CHOICES):
            planned, one = make_plan(checkpoint, choice), foreseen[choice]
            assert one.weights.total == sum(target.nbytes for target in planned.targets)
            assert choice is None or one.type == choice.value.upper()


@pytest.mark.parametrize("choice", [TypeChoice.Q4_K_M, TypeChoice.Q6_K])
def test_the_size_and_the_types_of_rows_that_are_no_super_blocks_are_foreseen(
    choice: TypeChoice, tmp_path: Path
) -> None:
    settings = models.config(hidden_size=960, head_dim=240, num_attention_heads=4, intermediate_size=2592)
    folder = models.lay_out(tmp_path / "model", weights(settings), settings)
    variant, _ = local_checkpoint(folder)
    foreseen = variant.prepared_as(choice).becomes
    assert foreseen is not None
    made = tmp_path / "m.gguf"
    models.run(folder, made, choice)
    assert foreseen.bytes == pytest.approx(made.stat().st_size, rel=0.001)
    assert foreseen.bytes > foreseen.weights.total
    assert foreseen.weights == weights_of(read_header(made).tensors, settings["num_hidden_layers"])
    narrow = {TypeChoice.Q4_K_M: "Q5_0", TypeChoice.Q6_K: "Q8_0"}[choice]
    types = foreseen.weights.types
    assert max(types, key=lambda kind: types[kind]) == narrow and not any(kind.endswith("_K") for kind in types)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_trained_model_says_much_the_same(
    choice: TypeChoice, tmp_path: Path, runner: Callable[[Path], Runner]
) -> None:
    folder = models.lay_out(tmp_path / "model", in_f16(), models.config())
    models.run(folder, tmp_path / "f16.gguf")
    report = models.run(folder, tmp_path / "m.gguf", choice)
    assert not report.lossless and report.bytes == (tmp_path / "m.gguf").stat().st_size
    assert {note.kind for note in report.notes} == {NoteKind.QUANTIZED, NoteKind.COPIED}
    told = models.reference_logits()
    ids = [int(token) for token in told["ids"]]
    before, after = runner(tmp_path / "f16.gguf"), runner(tmp_path / "m.gguf")
    found = [distance(after.logits(list(one)), before.logits(list(one))) for one in models.passages()]
    assert max(one.divergence for one in found) <= BARS[choice]
    written = after.greedy(ids[:16], 32)
    assert len(written) == 32


def test_finer_ones_are_nearer(tmp_path: Path, runner: Callable[[Path], Runner]) -> None:
    folder = models.lay_out(tmp_path / "model", in_f16(), models.config())
    models.run(folder, tmp_path / "f16.gguf")
    ids = list(models.passages()[1])
    meant = runner(tmp_path / "f16.gguf").logits(ids)
    far, sizes = [], []
    for choice in (TypeChoice.Q3_K_M, TypeChoice.Q4_K_M, TypeChoice.Q5_K_M, TypeChoice.Q6_K):
        sizes.append(models.run(folder, tmp_path / f"{choice}.gguf", choice).bytes)
        far.append(distance(runner(tmp_path / f"{choice}.gguf").logits(ids), meant).divergence)
    assert far == sorted(far, reverse=True) and sizes == sorted(sizes)


def test_blocks_that_are_wrong_are_noticed(tmp_path: Path) -> None:
    folder = models.lay_out(tmp_path / "model", in_f16(), models.config())

    def careless(values: models.Floats, kind: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return quantized(values * np.float32(1.5 if kind == GGMLQuantizationType.Q4_K else 1), kind)

    with pytest.raises(RepackUnsound):
        errand = Errand(folder, tmp_path / "m.gguf", "m", TypeChoice.Q4_K_M)
        repack(errand, lambda _: None, lambda: False, replace(TOOLS, quantize=careless), workers=2)
    assert not (tmp_path / "m.gguf").exists()


@pytest.mark.parametrize("wrong", ["fewer", "elsewhere", "damaged"])
def test_a_header_that_says_something_else_is_noticed(wrong: str, tmp_path: Path) -> None:
    folder = models.lay_out(tmp_path / "model", in_f16(), models.config())

    def misread(path: Path) -> Sequence[Found]:
        first, *others = TOOLS.tensors_of(path)
        if wrong == "damaged":
            raise GgufDamaged(file=path.name, reason="it ends within its header")
        assert isinstance(first, TensorInfo)
        return others if wrong == "fewer" else [replace(first, offset=first.offset + 32), *others]

    with pytest.raises(RepackUnsound):
        errand = Errand(folder, tmp_path / "m.gguf", "m")
        repack(errand, lambda _: None, lambda: False, replace(TOOLS, tensors_of=misread), workers=2)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_few_rows_of_a_large_matrix_are_read_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.arange(2000 * 64, dtype=np.float32).reshape(2000, 64)
    folder = models.lay_out(tmp_path / "model", {**in_f16(), "large": weights}, models.config())
    with closing(Checkpoint(folder)) as checkpoint:
        loaded = plain_source(checkpoint, "large", weights.shape, None).load()
        read: list[int] = []
        rows = Checkpoint.rows

        def noted(self: Checkpoint, name: str, first: int, last: int) -> Array:
            read.append(last - first)
            return rows(self, name, first, last)

        monkeypatch.setattr(Checkpoint, "rows", noted)
        for places in ([0, 700, 1999], [3, 2, 5], [1999], list(range(1900, 2000))):
            assert np.array_equal(loaded.decode(np.array(places)), weights[places])
    assert sum(read) < 200


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_weights_that_have_no_scale_are_refused(value: float, tmp_path: Path) -> None:
    tensors: Tensors = dict(models.trained())
    broken = tensors["model.layers.1.mlp.up_proj.weight"].copy()
    broken[3, 4] = value
    folder = models.lay_out(
        tmp_path / "model", {**tensors, "model.layers.1.mlp.up_proj.weight": broken}, models.config()
    )
    with pytest.raises(ScalesNotFinite) as refused:
        models.run(folder, tmp_path / "m.gguf", TypeChoice.Q4_K_M)
    assert "model.layers.1.mlp.up_proj" in str(refused.value.values["tensor"])


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e-6, 3e-5, 1e-3])
def test_tiny_weights_are_no_reason_to_refuse(scale: float, tmp_path: Path) -> None:
    """As the rows of tokens that never were trained have them."""
    tensors: Tensors = {**models.trained()}
    tensors["model.embed_tokens.weight"] = tensors["model.embed_tokens.weight"] * np.float32(scale)
    tensors["lm_head.weight"] = tensors["lm_head.weight"] * np.float32(scale)
    folder = models.lay_out(tmp_path / "model", tensors, models.config())
    for choice in CHOICES:
        models.run(folder, tmp_path / f"{choice}.gguf", choice)


def test_the_rule_by_itself() -> None:
    """A Mixtral's router stays exact, whatever is chosen, and also where nothing is."""
    outline = Outline(layers=32, experts=8, tied=False, shares_values=False)
    for choice in (None, *TypeChoice):
        assert wanted_type("model.layers.0.block_sparse_moe.gate", 4096, choice, outline) == "F32"
    value = "model.layers.0.self_attn.v_proj"
    assert wanted_type(value, 4096, None, outline) is None
    assert wanted_type(value, 4096, TypeChoice.Q4_K_M, outline) == "Q8_0"
