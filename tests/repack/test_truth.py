"""Repacked models against the plain meaning of their checkpoints: logits, greedy words, and every weight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from gguf.quants import dequantize

from app.core.checkpoints.mixture import MIXTURES
from app.core.checkpoints.repack import NoteKind, TypeChoice
from tests.repack import files, forward, models, packing, reference
from tests.repack.logits import Runner, distance
from tests.repack.packing import Gptq

CLOSE, ROUNDED = 2e-5, 1e-4
"""Of the divergence: llama.cpp's 8-bit activations alone bring 3e-6 to 8e-6, whatever the weights are."""

BITS, GROUPS = (2, 3, 4, 8), (32, 64, 128, -1)
EVERY_PAIR = [
    Gptq(bits, group, act_order, symmetric=(row + column + act_order) % 2 == 0, bias=(row + column // 2) % 2)
    for row, bits in enumerate(BITS)
    for column, group in enumerate(GROUPS)
    for act_order in (False, True)
]
"""Of bits and groups, in order and with act-order, one of them asymmetric; zero points of both versions."""

ODD = {
    "without an index": Gptq(4, 64, with_index=False),
    "a smaller group at the end": Gptq(4, 192),
    "a smaller group at the end, without an index": Gptq(4, 192, with_index=False),
    "asymmetric, version 2": Gptq(4, 32, symmetric=False, bias=0),
}

Load = Callable[[Path], Runner]


def compare(made: models.Made, target: Path, runner: Load, bar: float = CLOSE) -> None:
    """The bars of every method: the divergence, how often the likeliest token is the same, and greedy words."""
    loaded = runner(target)
    found = [distance(loaded.logits(list(ids)), made.expected(list(ids))) for ids in models.passages()]
    sizes = [len(ids) for ids in models.passages()]
    assert np.average([one.divergence for one in found], weights=sizes) <= bar
    assert np.average([one.same_top for one in found], weights=sizes) >= 0.99
    start = list(models.passages()[0][:16])
    written = loaded.greedy(start, 32)
    assert made.expected(start + written)[len(start) - 1 : -1].argmax(axis=1).tolist() == written


def name_of(form: Gptq) -> str:
    symmetry, order = "symmetric" if form.symmetric else "asymmetric", "act-order" if form.act_order else "in order"
    return f"{form.bits} bit, groups of {form.group}, {symmetry}, {order}, version {2 - form.bias}"


def test_the_plain_forward_pass_agrees_with_the_reference_that_came_with_the_model() -> None:
    told = models.reference_logits()
    ours = forward.logits(models.config(), models.trained(), [int(token) for token in told["ids"]])
    assert distance(ours, told["logits"]).divergence < 1e-6


def test_int8_keeps_its_codes(tmp_path: Path, runner: Load) -> None:
    report = models.run(models.BNB8, tmp_path / "m.gguf")
    assert report.lossless and report.method == "bitsandbytes int8"
    assert report.tensors == {"Q8_0": 28, "F32": 9, "F16": 2}
    told = models.reference_logits()
    ids, loaded = [int(token) for token in told["ids"]], runner(tmp_path / "m.gguf")
    found = distance(loaded.logits(ids), told["logits"])
    assert found.divergence <= CLOSE and found.same_top >= 0.99
    assert loaded.greedy(ids[:16], 32) == [int(token) for token in told["greedy"]]


@pytest.mark.parametrize(
    ("name", "lossless"), [("tiny-gptq3-g128", True), ("tiny-gptq4-g32-act", False), ("tiny-bnb4", False)]
)
def test_what_the_real_tools_packed(name: str, lossless: bool, tmp_path: Path, runner: Load) -> None:
    made = models.by_the_tools(tmp_path / name, name)
    report = models.run(made.folder, tmp_path / "m.gguf")
    assert report.lossless == lossless
    compare(made, tmp_path / "m.gguf", runner)


@pytest.mark.parametrize("form", EVERY_PAIR, ids=name_of)
def test_bits_and_groups(form: Gptq, tmp_path: Path, runner: Load) -> None:
    made = models.made_gptq(tmp_path / "model", form)
    report = models.run(made.folder, tmp_path / "m.gguf")
    mixed = form.act_order and form.group > 0
    assert report.lossless == (not mixed and (form.symmetric or form.bits < 8))
    compare(made, tmp_path / "m.gguf", runner)


@pytest.mark.parametrize("name", ODD)
def test_odd_forms_of_groups_are_kept(name: str, tmp_path: Path, runner: Load) -> None:
    made = models.made_gptq(tmp_path / "model", ODD[name])
    assert models.run(made.folder, tmp_path / "m.gguf").lossless
    compare(made, tmp_path / "m.gguf", runner)


def test_act_order_of_what_feeds_forward_is_undone(tmp_path: Path) -> None:
    made = models.made_gptq(tmp_path / "model", Gptq(4, 32, act_order=True))
    report = models.run(made.folder, tmp_path / "m.gguf")
    undone = [note for note in report.notes if note.kind is NoteKind.ORDER_UNDONE]
    assert [note.values["count"] for note in undone] == [4]
    assert {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "m.gguf").tensors}[
        "blk.0.ffn_down.weight"
    ] == "Q4_0"


@pytest.mark.parametrize(("group", "symmetric"), [(32, False), (64, False), (64, True), (128, False)])
def test_awq(group: int, symmetric: bool, tmp_path: Path, runner: Load) -> None:
    tensors = models.packed(models.trained(), lambda module, weights: packing.awq(module, weights, group, symmetric))
    stated = {"quant_method": "awq", "bits": 4, "group_size": group, "zero_point": True, "version": "gemm"}
    folder = models.lay_out(tmp_path / "model", tensors, models.config(), quantization=stated)
    report = models.run(folder, tmp_path / "m.gguf")
    assert report.lossless and ("Q4_0" if symmetric else "Q4_1") in report.tensors
    made = models.Made(folder, reference.decoded(tensors, method="awq"), models.config())
    compare(made, tmp_path / "m.gguf", runner)


@pytest.mark.parametrize("block", [64, 128])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("kind", ["nf4", "fp4"])
def test_four_bits_of_bitsandbytes(kind: str, nested: bool, block: int, tmp_path: Path, runner: Load) -> None:
    tensors = models.packed(
        models.trained(), lambda module, weights: packing.four_bit(module, weights, kind, block, nested)
    )
    stated = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": kind}
    folder = models.lay_out(tmp_path / "model", tensors, models.config(), quantization=stated)
    models.run(folder, tmp_path / "m.gguf")
    made = models.Made(folder, reference.decoded(tensors, method="bitsandbytes"), models.config())
    compare(made, tmp_path / "m.gguf", runner)


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F32"])
def test_unquantized_models_stay_what_they_are(dtype: str, tmp_path: Path, runner: Load) -> None:
    convert = {"F16": lambda v: v.astype(np.float16), "BF16": files.as_bf16, "F32": lambda v: v}[dtype]
    tensors = {name: convert(values) for name, values in models.trained().items()}
    folder = models.lay_out(tmp_path / "model", tensors, models.config())
    report = models.run(folder, tmp_path / "m.gguf")
    assert report.lossless and dtype in report.tensors
    made = models.Made(folder, reference.decoded(tensors, method=""), models.config())
    compare(made, tmp_path / "m.gguf", runner, ROUNDED if dtype == "BF16" else CLOSE)


@pytest.mark.parametrize("choice", sorted(set(TypeChoice) - MIXTURES))
def test_an_unquantized_model_becomes_what_is_chosen(choice: TypeChoice, tmp_path: Path, runner: Load) -> None:
    tensors = {name: values.astype(np.float16) for name, values in models.trained().items()}
    folder = models.lay_out(tmp_path / "model", tensors, models.config())
    report = models.run(folder, tmp_path / "m.gguf", choice)
    assert choice.value.upper() in report.tensors
    made = models.Made(folder, reference.decoded(tensors, method=""), models.config())
    coarse = choice in (TypeChoice.Q4_0, TypeChoice.Q4_1, TypeChoice.Q5_0, TypeChoice.Q5_1)
    told = models.reference_logits()
    ids = [int(token) for token in told["ids"]]
    found = distance(runner(tmp_path / "m.gguf").logits(ids), made.expected(ids))
    assert found.divergence <= (5e-2 if coarse else ROUNDED)


def test_a_wider_type_is_made_too(tmp_path: Path) -> None:
    tensors = {name: values.astype(np.float16) for name, values in models.trained().items()}
    folder = models.lay_out(tmp_path / "model", tensors, models.config())
    report = models.run(folder, tmp_path / "m.gguf", TypeChoice.F32)
    assert set(report.tensors) == {"F32"} and report.lossless


def test_modules_may_differ(tmp_path: Path, runner: Load) -> None:
    """Some modules with other bits and groups, one not quantized at all, and a packed output."""
    common, finer = Gptq(4, 128), Gptq(8, 32)

    def pack(module: str, weights: models.Floats) -> files.Tensors:
        return packing.gptq(module, weights, finer if ".1." in module else common)

    tensors = models.packed(models.trained(), pack, keep=lambda module: module.endswith("2.mlp.down_proj"))
    head = tensors.pop("lm_head.weight").astype(np.float32)
    tensors |= packing.gptq("lm_head", head, common)
    rules = {r"+:model\.layers\.1\..*": {"bits": 8, "group_size": 32}, r"-:.*layers\.2\.mlp\.down_proj": {}}
    stated = {**common.settings, "lm_head": True, "dynamic": rules}
    folder = models.lay_out(tmp_path / "model", tensors, models.config(), quantization=stated)
    models.run(folder, tmp_path / "m.gguf")
    ours = {name: values for name, values in tensors.items() if ".1." in name}
    rest = {name: values for name, values in tensors.items() if name not in ours}
    weights = reference.decoded(rest, method="gptq", bits=4, group=128)
    weights |= reference.decoded(ours, method="gptq", bits=8, group=32)
    compare(models.Made(folder, weights, models.config()), tmp_path / "m.gguf", runner)


@pytest.mark.parametrize(
    "form", [Gptq(4, 32), Gptq(3, 64, symmetric=False), Gptq(2, 32), Gptq(8, 32), Gptq(4, 32, True)]
)
def test_every_weight_is_what_it_was(form: Gptq, tmp_path: Path) -> None:
    """All of them, but for the order of rows, decoded from both sides."""
    made = models.made_gptq(tmp_path / "model", form)
    models.run(made.folder, tmp_path / "m.gguf")
    found = {tensor.name: tensor for tensor in GGUFReader(tmp_path / "m.gguf").tensors}
    for layer in range(4):
        for ours, theirs in (("attn_v", "self_attn.v_proj"), ("attn_output", "self_attn.o_proj")):
            tensor = found[f"blk.{layer}.{ours}.weight"]
            meant = made.weights[f"model.layers.{layer}.{theirs}.weight"]
            error = np.abs(dequantize(tensor.data, tensor.tensor_type) - meant).max()
            assert error <= (np.abs(meant).max() / 200 if form.act_order else 1e-6)
