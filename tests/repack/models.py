"""Checkpoints to repack: made by the real tools (`checkpoints/`), or packed here from the same trained weights.

`checkpoints/tiny-bnb8` is a Llama of 3.4 million parameters trained on Python source, in bitsandbytes' int8. The files
beside it hold the matrices of the same model as gptqmodel and bitsandbytes packed them.
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.core.checkpoints.repack import Provenance, RepackProgress, RepackReport, TypeChoice
from app.repack.repack import Errand, repack
from app.worker.repacking import TOOLS
from tests.repack import files, forward, packing, reference
from tests.repack.files import Tensors

CHECKPOINTS = Path(__file__).parent / "checkpoints"
BNB8 = CHECKPOINTS / "tiny-bnb8"
COMPANIONS = ("generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")

Floats = NDArray[np.float32]
Packer = Callable[[str, Floats], Tensors]


@functools.cache
def trained() -> Mapping[str, Floats]:
    """The weights of the trained model."""
    return reference.decoded(files.read(BNB8 / "model.safetensors"), method="bitsandbytes")


@functools.cache
def reference_logits() -> Any:
    """What came with the trained model: `ids`, `logits` and `greedy`."""
    return dict(np.load(BNB8 / "reference.npz"))


@functools.cache
def passages() -> tuple[tuple[int, ...], ...]:
    """What models are compared on: the reference's tokens, and some Python source, which the model was trained on."""
    tokenizer = Tokenizer.from_file(str(BNB8 / "tokenizer.json"))
    source = tokenizer.encode(Path(argparse.__file__).read_text(encoding="utf-8")).ids
    told = tuple(int(token) for token in reference_logits()["ids"])
    return (told, tuple(source[:400]))


def config(**changes: object) -> dict[str, Any]:
    """Its config.json, without quantization."""
    found = json.loads((BNB8 / "config.json").read_text())
    found.pop("quantization_config")
    return {**found, **changes}


@dataclass(frozen=True)
class Made:
    """A checkpoint's folder, and what its weights mean."""

    folder: Path
    weights: Mapping[str, Floats]
    config: Mapping[str, Any]

    def expected(self, ids: list[int]) -> Floats:
        return forward.logits(self.config, self.weights, ids)


def lay_out(
    folder: Path,
    tensors: Tensors,
    settings: Mapping[str, Any],
    *,
    quantization: Mapping[str, object] | None = None,
    name: str = "model.safetensors",
) -> Path:
    """Write a checkpoint's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files.write(folder / name, tensors)
    stated = {"quantization_config": dict(quantization)} if quantization else {}
    files.write_json(folder / "config.json", {**settings, **stated})
    for companion in COMPANIONS:
        shutil.copy(BNB8 / companion, folder)
    return folder


def packed(weights: Mapping[str, Floats], pack: Packer, keep: Callable[[str], bool] = lambda _: False) -> Tensors:
    """The matrices of the layers packed, all else in F16; those that `keep` names stay too."""
    found: Tensors = {}
    for name, values in weights.items():
        module = name.removesuffix(".weight")
        inside = name.endswith("_proj.weight") or ".experts." in name
        if inside and not keep(module):
            found |= pack(module, values)
        else:
            found[name] = values.astype(np.float16)
    return found


def gptq_packer(form: packing.Gptq, seed: int = 1) -> Packer:
    """Packs modules in one form; with act-order, those that share their input share its order, as GPTQ does it."""

    def pack(module: str, weights: Floats) -> Tensors:
        order = None
        if form.act_order:
            shared = module.replace("k_proj", "q_proj").replace("v_proj", "q_proj").replace("up_proj", "gate_proj")
            order = np.random.default_rng([seed, *shared.encode()]).permutation(weights.shape[1])
        return packing.gptq(module, weights, form, order)

    return pack


def made_gptq(folder: Path, form: packing.Gptq, **options: Any) -> Made:
    """The trained model in a form of GPTQ."""
    tensors = packed(trained(), gptq_packer(form))
    lay_out(folder, tensors, config(), quantization=form.settings, **options)
    group = form.group
    return Made(
        folder, reference.decoded(tensors, method="gptq", bits=form.bits, group=group, bias=form.bias), config()
    )


def by_the_tools(folder: Path, name: str) -> Made:
    """The trained model as a real tool packed it."""
    whole = files.read(BNB8 / "model.safetensors")
    tensors = {key: values for key, values in whole.items() if "_proj" not in key}
    tensors |= files.read(CHECKPOINTS / f"{name}.safetensors")
    if name.startswith("tiny-bnb4"):
        stated: dict[str, object] = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
        weights = reference.decoded(tensors, method="bitsandbytes")
    else:
        form = packing.Gptq(3, 128) if "gptq3" in name else packing.Gptq(4, 32, act_order=True)
        stated, weights = form.settings, reference.decoded(tensors, method="gptq", bits=form.bits)
    lay_out(folder, tensors, config(), quantization=stated)
    return Made(folder, weights, config())


def run(
    folder: Path,
    target: Path,
    choice: TypeChoice | None = None,
    *,
    tell: Callable[[RepackProgress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    template: str = "",
    provenance: Provenance | None = None,
) -> RepackReport:
    """Repack in this process."""
    errand = Errand(folder, target, folder.name, choice, provenance or Provenance(), template)
    return repack(errand, tell, stopped, TOOLS, workers=2)
