"""What the picker foresees of a checkpoint from its headers is what the repack then plans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.catalog.find.local_checkpoint import local_checkpoint
from app.catalog.find.prepared import refusal_of
from app.core.catalog.hub import Variant
from app.core.checkpoints.quantized import ARCHITECTURES
from app.core.checkpoints.repack import NoteKind, TypeChoice
from app.core.checkpoints.repack_errors import ArchitectureNotRepacked, NoCheckpoint, QuantizationUnknown
from app.repack import architectures
from app.repack.checkpoint import Checkpoint
from app.repack.plan import make_plan
from tests.repack import models
from tests.repack.packing import Gptq

FORMS = [
    Gptq(4, 128),
    Gptq(4, 128, symmetric=False),
    Gptq(4, 192, with_index=False),
    Gptq(3, 64),
    Gptq(8, -1),
    Gptq(4, 32, act_order=True),
    Gptq(8, 128, act_order=True),
    Gptq(4, -1, act_order=True),
]


def agree(folder: Path, variant: Variant) -> None:
    """Bytes, types and sentences; vectors, and the F32 that they become, go without saying."""
    checkpoint = Checkpoint(folder)
    for foreseen in variant.prepared:
        plan = make_plan(checkpoint, foreseen.choice)
        assert foreseen.weights.total == sum(target.nbytes for target in plan.targets)
        said = [note for note in plan.notes if note.values["type"] != "F32"]
        assert {(note.kind, *note.values.values()) for note in foreseen.notes} == {
            (note.kind, *note.values.values()) for note in said
        }
    checkpoint.close()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_gptq(form: Gptq, tmp_path: Path) -> None:
    folder = models.made_gptq(tmp_path / "model", form).folder
    variant, _ = local_checkpoint(folder)
    assert len(variant.prepared) == 1 and variant.refusal is None
    agree(folder, variant)


def test_int8() -> None:
    variant, _ = local_checkpoint(models.BNB8)
    assert variant.becomes is not None and variant.becomes.type == "Q8_0"
    agree(models.BNB8, variant)


def test_every_type_of_an_unquantized_model(tmp_path: Path) -> None:
    tensors = {name: values.astype(np.float16) for name, values in models.trained().items()}
    folder = models.lay_out(tmp_path / "model", tensors, models.config())
    (folder / "README.md").write_text("---\nprompt_template: 'Q: {prompt}'\n---\n")
    variant, template = local_checkpoint(folder)
    assert template == "Q: {prompt}"
    assert [one.choice for one in variant.prepared][:2] == [TypeChoice.Q8_0, None]
    agree(folder, variant)
    chosen = variant.prepared_as(TypeChoice.Q4_0).becomes
    assert chosen is not None and chosen.type == "Q4_0"
    assert {note.kind for note in chosen.notes} == {NoteKind.QUANTIZED}


def test_the_known_architectures_have_tables() -> None:
    assert set(ARCHITECTURES) == set(architectures._TABLE)


@pytest.mark.parametrize(
    ("config", "name", "error"),
    [
        ({"quantization_config": {"quant_method": "hqq"}}, "model.norm.weight", QuantizationUnknown),
        ({"quantization_config": {"quant_method": "fp8"}}, "model.norm.weight", QuantizationUnknown),
        ({"quantization_config": {"quant_method": "compressed-tensors"}}, "model.norm.weight", QuantizationUnknown),
        ({}, "model.layers.0.mlp.up_proj.B", QuantizationUnknown),
        ({}, "model.layers.0.mlp.up_proj.q_weight", QuantizationUnknown),
        ({"architectures": ["BertModel"]}, "model.norm.weight", ArchitectureNotRepacked),
    ],
)
def test_what_is_refused(config: dict[str, object], name: str, error: type[Exception]) -> None:
    failure = refusal_of({"architectures": ["LlamaForCausalLM"], **config}, [name])
    assert failure is not None and isinstance(failure.error(), error)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoCheckpoint):
        local_checkpoint(tmp_path)
