"""Checkpoints that are broken, incomplete or of another kind: each a typed error, and nothing under the final name."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.catalog.shelf.adopt import Place
from app.catalog.shelf.folders import scan
from app.core.catalog.hub_errors import SafetensorsDamaged
from app.core.catalog.library import Owner
from app.core.checkpoints.repack import RepackActivity, RepackProgress, TypeChoice
from app.core.checkpoints.repack_errors import (
    ArchitectureNotRepacked,
    CheckpointIncomplete,
    ConfigUnusable,
    IndexWrong,
    NoCheckpoint,
    PickleRefused,
    QuantizationMismatch,
    QuantizationUnknown,
    ResultInTheWay,
    RopeUnknown,
    ScalesNotFinite,
    SourceChanged,
    TensorLeftOver,
    TensorMissing,
    TensorWrong,
    TokenizerUnknown,
    TypeNotOffered,
)
from app.core.errors import Cancelled, ParleyError
from app.core.file_errors import DiskFull
from app.repack.part import Part, journal_of, part_of
from tests.repack import files, models, packing
from tests.repack.files import Tensors
from tests.repack.packing import Gptq

FORM = Gptq(4, 128)
MODULE = "model.layers.2.mlp.up_proj"
NOWHERE = Path("/dev/full")
no_room = pytest.mark.skipif(not NOWHERE.exists(), reason="only Linux has a file without room")
Change = Callable[[Tensors], object]


@pytest.fixture
def made(tmp_path: Path) -> models.Made:
    return models.made_gptq(tmp_path / "model", FORM)


def tensors_of(made: models.Made) -> Tensors:
    return files.read(made.folder / "model.safetensors")


def refused(folder: Path, kind: type[ParleyError], tmp_path: Path, choice: TypeChoice | None = None) -> ParleyError:
    target = tmp_path / "out" / "m.gguf"
    with pytest.raises(kind) as caught:
        models.run(folder, target, choice)
    assert not target.exists() and not part_of(target).exists() and not journal_of(target).exists()
    assert caught.value.sentence and caught.value.next_step
    return caught.value


def put(name: str, value: Any) -> Change:
    return lambda tensors: tensors.__setitem__(name, value)


def with_nan(name: str) -> Change:
    return lambda tensors: tensors[name].__setitem__((0, 7), np.nan)


CHANGES: dict[str, tuple[Change, type[ParleyError]]] = {
    "no scales": (lambda tensors: tensors.pop(f"{MODULE}.scales"), TensorMissing),
    "no module": (lambda tensors: [tensors.pop(name) for name in list(tensors) if MODULE in name], TensorMissing),
    "no norm": (lambda tensors: tensors.pop("model.norm.weight"), TensorMissing),
    "no output": (lambda tensors: tensors.pop("lm_head.weight"), TensorMissing),
    "left over": (put("model.layers.1.self_attn.gate.weight", np.zeros((4, 4), np.float16)), TensorLeftOver),
    "one layer more": (put("model.layers.4.input_layernorm.weight", np.zeros(256, np.float16)), TensorLeftOver),
    "a bias without a place": (put("lm_head.bias", np.ones(2048, np.float16)), TensorLeftOver),
    "norm too long": (put("model.norm.weight", np.ones(257, np.float16)), TensorWrong),
    "embedding turned": (put("model.embed_tokens.weight", np.ones((256, 2048), np.float16)), TensorWrong),
    "embedding of integers": (put("model.embed_tokens.weight", np.ones((2048, 256), np.int32)), TensorWrong),
    "codes of floats": (put(f"{MODULE}.qweight", np.ones((32, 512), np.float32)), TensorWrong),
    "other bits": (put(f"{MODULE}.qweight", np.ones((64, 512), np.int32)), QuantizationMismatch),
    "other groups": (put(f"{MODULE}.scales", np.ones((4, 512), np.float16)), QuantizationMismatch),
    "zero points too few": (put(f"{MODULE}.qzeros", np.ones((2, 60), np.int32)), QuantizationMismatch),
    "a group that is not there": (put(f"{MODULE}.g_idx", np.full(256, 7, np.int32)), QuantizationMismatch),
    "groups below zero": (put(f"{MODULE}.g_idx", np.full(256, -1, np.int32)), QuantizationMismatch),
    "zero points of floats": (put(f"{MODULE}.qzeros", np.ones((2, 64), np.float16)), TensorWrong),
    "zero points of 64 bits": (put(f"{MODULE}.qzeros", np.ones((2, 64), np.int64)), TensorWrong),
    "an index of floats": (put(f"{MODULE}.g_idx", np.zeros(256, np.float32)), TensorWrong),
    "scales in a row": (put(f"{MODULE}.scales", np.ones(1024, np.float16)), QuantizationMismatch),
    "a weight that is no number": (with_nan("model.embed_tokens.weight"), ScalesNotFinite),
    "scales that are no numbers": (with_nan(f"{MODULE}.scales"), ScalesNotFinite),
    "a norm that is no number": (put("model.norm.weight", np.full(256, np.inf, np.float16)), ScalesNotFinite),
    "exl2": (put("model.layers.0.mlp.up_proj.q_weight", np.ones(3, np.int32)), QuantizationUnknown),
    "fp8": (put("model.layers.0.mlp.up_proj.weight_scale_inv", np.ones(3, np.float32)), QuantizationUnknown),
}


@pytest.mark.parametrize("name", CHANGES)
def test_tensors_that_are_not_what_they_should_be(name: str, made: models.Made, tmp_path: Path) -> None:
    change, kind = CHANGES[name]
    tensors = tensors_of(made)
    change(tensors)
    files.write(made.folder / "model.safetensors", tensors)
    refused(made.folder, kind, tmp_path)


def test_codes_in_three_dimensions(made: models.Made, tmp_path: Path) -> None:
    tensors = tensors_of(made)
    tensors[f"{MODULE}.qweight"] = tensors[f"{MODULE}.qweight"][..., None]
    files.write(made.folder / "model.safetensors", tensors)
    assert "[32, 512, 1]" in refused(made.folder, TensorWrong, tmp_path).sentence


def test_zero_points_of_three_bits_that_end_in_the_midst_of_one(tmp_path: Path) -> None:
    made = models.made_gptq(tmp_path / "model", Gptq(3, 128))
    tensors = tensors_of(made)
    tensors[f"{MODULE}.qzeros"] = np.zeros((2, 49), np.int32)
    files.write(made.folder / "model.safetensors", tensors)
    refused(made.folder, QuantizationMismatch, tmp_path)


@pytest.mark.parametrize("dtype", [np.int64, np.float16])
def test_zero_points_of_awq_that_are_of_another_type(dtype: type[np.generic], tmp_path: Path) -> None:
    tensors = models.packed(models.trained(), lambda module, weights: packing.awq(module, weights, 64))
    tensors[f"{MODULE}.qzeros"] = np.zeros((4, 64), dtype)
    stated = {"quant_method": "awq", "bits": 4, "group_size": 64, "version": "gemm"}
    refused(models.lay_out(tmp_path / "model", tensors, models.config(), quantization=stated), TensorWrong, tmp_path)


FOUR_BIT: dict[str, Change] = {
    "scales of scales that are floats": put(f"{MODULE}.weight.absmax", np.ones(2048, np.float16)),
    "scales of bytes without scales of their own": lambda tensors: tensors.pop(f"{MODULE}.weight.nested_absmax"),
    "no levels": put(f"{MODULE}.weight.quant_map", np.zeros(16, np.float32)),
}


@pytest.mark.parametrize("name", FOUR_BIT)
def test_tables_of_bitsandbytes_that_are_not_what_they_should_be(name: str, tmp_path: Path) -> None:
    tensors = models.packed(
        models.trained(), lambda module, weights: packing.four_bit(module, weights, "nf4", nested=True)
    )
    FOUR_BIT[name](tensors)
    stated = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    refused(models.lay_out(tmp_path / "model", tensors, models.config(), quantization=stated), TensorWrong, tmp_path)


def test_floats_of_eight_bits_are_called_by_their_name(
    made: models.Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(files._NAMES, "int8", "F8_E4M3")
    tensors = {**tensors_of(made), "lm_head.weight": np.zeros((2048, 256), np.int8)}
    files.write(made.folder / "model.safetensors", tensors)
    assert "fp8" in refused(made.folder, QuantizationUnknown, tmp_path).sentence


CONFIGS: dict[str, tuple[dict[str, object], type[ParleyError]]] = {
    **{
        name: ({"quantization_config": {"quant_method": name}}, QuantizationUnknown)
        for name in ("exl2", "exl3", "hqq", "marlin", "fp8", "compressed-tensors", "something")
    },
    "gptq in the form of marlin": (
        {"quantization_config": {**FORM.settings, "checkpoint_format": "marlin"}},
        QuantizationUnknown,
    ),
    "awq in the form of gemv": (
        {"quantization_config": {"quant_method": "awq", "version": "gemv"}},
        QuantizationUnknown,
    ),
    "five bits": ({"quantization_config": {**FORM.settings, "bits": 5}}, QuantizationUnknown),
    "eight bits": ({"quantization_config": {**FORM.settings, "bits": 8}}, QuantizationMismatch),
    "groups of 32": ({"quantization_config": {**FORM.settings, "group_size": 32}}, QuantizationMismatch),
    "groups of none": ({"quantization_config": {**FORM.settings, "group_size": 0}}, ConfigUnusable),
    "another architecture": ({"architectures": ["FalconForCausalLM"]}, ArchitectureNotRepacked),
    "no layers": ({"num_hidden_layers": 0}, ConfigUnusable),
    "settings that are none": ({"quantization_config": ["gptq"]}, ConfigUnusable),
    "bits in words": ({"quantization_config": {**FORM.settings, "bits": "4"}}, ConfigUnusable),
    "groups of yes": ({"quantization_config": {**FORM.settings, "group_size": True}}, ConfigUnusable),
    "another activation": ({"hidden_act": "gelu"}, ConfigUnusable),
    "an odd head": ({"head_dim": 33}, ConfigUnusable),
    "width in words": ({"hidden_size": "wide"}, ConfigUnusable),
    "another width": ({"hidden_size": 512}, TensorWrong),
    "fewer layers": ({"num_hidden_layers": 3}, TensorLeftOver),
    "more layers": ({"num_hidden_layers": 5}, TensorMissing),
    "odd positions": ({"rope_scaling": {"rope_type": "spiral"}, "rope_parameters": None}, RopeUnknown),
    "scaled by nothing": ({"rope_parameters": {"rope_type": "linear", "factor": 0}}, ConfigUnusable),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations_that_do_not_fit(name: str, made: models.Made, tmp_path: Path) -> None:
    changes, kind = CONFIGS[name]
    files.write_json(made.folder / "config.json", {**made.config, "quantization_config": FORM.settings, **changes})
    error = refused(made.folder, kind, tmp_path)
    if kind is QuantizationUnknown and not name[0].isdigit():
        assert name.split()[-1] in error.sentence or "not named" in error.sentence or "bits" in error.sentence


def test_what_is_no_checkpoint(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, NoCheckpoint, tmp_path)
    refused(tmp_path / "nowhere", NoCheckpoint, tmp_path)
    files.write_json(empty / "config.json", models.config())
    refused(empty, NoCheckpoint, tmp_path)
    (empty / "pytorch_model.bin").write_bytes(b"PK")
    refused(empty, PickleRefused, tmp_path)
    (empty / "config.json").write_text("{")
    refused(empty, ConfigUnusable, tmp_path)


def split(made: models.Made) -> dict[str, str]:
    """Two shards with an index; the index as written."""
    tensors = tensors_of(made)
    (made.folder / "model.safetensors").unlink()
    names = sorted(tensors)
    placed: dict[str, str] = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"model-{number:05}-of-00002.safetensors"
        files.write(made.folder / file, {name: tensors[name] for name in part})
        placed |= dict.fromkeys(part, file)
    write_index(made, placed)
    return placed


def write_index(made: models.Made, placed: dict[str, str]) -> None:
    files.write_json(made.folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": placed})


def test_shards_are_put_together(made: models.Made, tmp_path: Path) -> None:
    whole = models.run(made.folder, tmp_path / "whole.gguf")
    split(made)
    parts = models.run(made.folder, tmp_path / "parts.gguf")
    assert (parts.tensors, parts.source_bytes) == (whole.tensors, whole.source_bytes)
    (made.folder / "model.safetensors.index.json").unlink()
    assert models.run(made.folder, tmp_path / "no-index.gguf").tensors == whole.tensors


def test_a_missing_shard(made: models.Made, tmp_path: Path) -> None:
    split(made)
    (made.folder / "model-00002-of-00002.safetensors").unlink()
    error = refused(made.folder, CheckpointIncomplete, tmp_path)
    assert "model-00002-of-00002.safetensors" in error.sentence
    (made.folder / "model.safetensors.index.json").unlink()
    assert "shard 2 of 2" in refused(made.folder, CheckpointIncomplete, tmp_path).sentence


def test_an_index_that_lies(made: models.Made, tmp_path: Path) -> None:
    placed = split(made)
    name = min(placed)
    write_index(made, {**placed, "model.layers.9.mlp.up_proj.weight": "model-00001-of-00002.safetensors"})
    refused(made.folder, IndexWrong, tmp_path)
    write_index(made, {**placed, name: "model-00002-of-00002.safetensors"})
    refused(made.folder, IndexWrong, tmp_path)
    write_index(made, {key: file for key, file in placed.items() if key != name})
    refused(made.folder, IndexWrong, tmp_path)
    write_index(made, {**placed, name: "../model-00001-of-00002.safetensors"})
    refused(made.folder, IndexWrong, tmp_path)


def test_a_file_that_is_cut_off(made: models.Made, tmp_path: Path) -> None:
    path = made.folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(made.folder, SafetensorsDamaged, tmp_path)


def test_a_tokenizer_that_splits_in_an_unknown_way(made: models.Made, tmp_path: Path) -> None:
    path = made.folder / "tokenizer.json"
    text = path.read_text()
    path.write_text(re.sub(r'"use_regex":\s*true', '"use_regex": false', text))
    refused(made.folder, TokenizerUnknown, tmp_path)
    path.write_text(text[:-100])
    refused(made.folder, ConfigUnusable, tmp_path)
    path.unlink()
    refused(made.folder, TokenizerUnknown, tmp_path)


def test_a_type_for_what_is_quantized_already(made: models.Made, tmp_path: Path) -> None:
    refused(made.folder, TypeNotOffered, tmp_path, TypeChoice.Q8_0)


def test_a_folder_that_changes_meanwhile(made: models.Made, tmp_path: Path) -> None:
    def touch(progress: RepackProgress) -> None:
        if progress.activity == "verifying":
            os.utime(made.folder / "config.json")

    target = tmp_path / "m.gguf"
    with pytest.raises(SourceChanged):
        models.run(made.folder, target, tell=touch)
    assert not target.exists() and not part_of(target).exists()


def test_a_full_disk_in_mid_write_keeps_what_there_is(
    made: models.Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No disk here can be filled up, so the system's call says that it is full."""
    target, write, calls = tmp_path / "m.gguf", os.pwrite, []

    def full(descriptor: int, data: bytes, offset: int) -> int:
        calls.append(offset)
        if len(calls) > 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DiskFull):
        models.run(made.folder, target)
    assert not target.exists() and part_of(target).exists()
    monkeypatch.undo()
    assert models.run(made.folder, target).lossless
    assert target.exists() and not part_of(target).exists() and not journal_of(target).exists()


def test_a_result_that_is_being_verified_is_no_model_of_the_library_yet(made: models.Made, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    listed: list[str] = []

    def look(progress: RepackProgress) -> None:
        if progress.activity is RepackActivity.VERIFYING:
            listed.extend(model.name for model in scan([Place(folder, Owner.USER)]))

    models.run(made.folder, folder / "m.gguf", tell=look)
    assert listed == [] and len(scan([Place(folder, Owner.USER)])) == 1


def test_a_result_that_is_there(made: models.Made, tmp_path: Path) -> None:
    target = tmp_path / "m.gguf"
    target.write_bytes(b"mine")
    with pytest.raises(ResultInTheWay):
        models.run(made.folder, target)
    assert target.read_bytes() == b"mine"


def test_it_goes_on_where_it_was_stopped(made: models.Made, tmp_path: Path) -> None:
    whole, target = tmp_path / "whole.gguf", tmp_path / "m.gguf"
    models.run(made.folder, whole)
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 40

    with pytest.raises(Cancelled):
        models.run(made.folder, target, stopped=stopped)
    assert not target.exists() and part_of(target).exists()
    done = journal_of(target).read_text().splitlines()[1:]
    assert done
    seen: list[RepackProgress] = []
    models.run(made.folder, target, tell=seen.append)
    assert seen[1].done > 0
    assert target.read_bytes()[64:] and len(target.read_bytes()) == len(whole.read_bytes())
    assert target.read_bytes()[-100_000:] == whole.read_bytes()[-100_000:]


def test_other_sources_begin_anew(made: models.Made, tmp_path: Path) -> None:
    target = tmp_path / "m.gguf"
    with pytest.raises(Cancelled):
        models.run(made.folder, target, stopped=lambda: True)
    first = journal_of(target).read_text().splitlines()[0]
    os.utime(made.folder / "model.safetensors")
    with pytest.raises(Cancelled):
        models.run(made.folder, target, stopped=lambda: True)
    assert journal_of(target).read_text().splitlines()[0] != first


def test_notes_for_which_the_disk_has_no_room_are_left_out(tmp_path: Path) -> None:
    """What could not be noted is in the way of nothing: neither of the error, nor of the notes of another run."""
    target = tmp_path / "m.gguf"
    with contextlib.closing(Part(target, 64, "same")) as part:
        part.finished(1, 1)
        part.sync()
    with journal_of(target).open("a") as journal:
        journal.write("1")
    with contextlib.closing(Part(target, 64, "same")) as part:
        assert part.done == {1}
        part.finished(7, 1)
        part.sync()
    with contextlib.closing(Part(target, 64, "same")) as part:
        assert part.done == {1, 7}


@no_room
def test_a_full_disk_is_told_when_notes_are_closed_too(tmp_path: Path) -> None:
    part = Part(tmp_path / "m.gguf", 64, "same")
    part._journal.close()
    part._journal = NOWHERE.open("w", encoding="ascii")
    part.finished(1, 1)
    with pytest.raises(DiskFull):
        part.sync()
    part.close()


@no_room
def test_a_disk_that_is_full_before_it_begins(
    made: models.Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = tmp_path / "header"
    header.symlink_to(NOWHERE)
    monkeypatch.setattr("app.repack.repack.header_of", lambda _: header)
    refused(made.folder, DiskFull, tmp_path)
    assert not header.is_symlink()
