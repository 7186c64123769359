"""The header of the result: hyperparameters, vocabulary, template, and where it all came from."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gguf import (
    MODEL_ARCH,
    MODEL_ARCH_NAMES,
    GGMLQuantizationType,
    GGUFValueType,
    GGUFWriter,
    LlamaFileType,
    SpecialVocab,
)
from numpy import dtype, float32

from app.core.checkpoints.mixture import MIXTURES
from app.core.checkpoints.repack import Provenance
from app.core.checkpoints.repack_errors import ConfigUnusable
from app.repack.architectures import count
from app.repack.folder import CONFIG, Settings
from app.repack.plan import Plan
from app.repack.vocabulary import Vocabulary

_HASHES = "parley.source.sha256"
_UNKNOWN_HASH = "0" * 64
_LENGTH_BYTES = 8
_QUANTIZATION_VERSION = 2
_FILE_TYPES = {
    GGMLQuantizationType.F32: LlamaFileType.ALL_F32,
    GGMLQuantizationType.F16: LlamaFileType.MOSTLY_F16,
    GGMLQuantizationType.BF16: LlamaFileType.MOSTLY_BF16,
    GGMLQuantizationType.Q4_0: LlamaFileType.MOSTLY_Q4_0,
    GGMLQuantizationType.Q4_1: LlamaFileType.MOSTLY_Q4_1,
    GGMLQuantizationType.Q5_0: LlamaFileType.MOSTLY_Q5_0,
    GGMLQuantizationType.Q5_1: LlamaFileType.MOSTLY_Q5_1,
    GGMLQuantizationType.Q8_0: LlamaFileType.MOSTLY_Q8_0,
}


@dataclass(frozen=True)
class Label:
    """What the header says besides the plan; `files` are the sources' names, `template` is of the card."""

    name: str
    provenance: Provenance
    files: Sequence[str]
    template: str = ""


def header(path: Path, plan: Plan, vocabulary: Vocabulary, special: SpecialVocab, label: Label) -> bytes:
    """The bytes before the first tensor, with room for the hashes of the sources; see `with_hashes`.

    Args:
        path: a place for a passing file.
        plan: what is written.
        vocabulary: one entry per row of the embedding.
        special: merges, special tokens and the model's own template.
        label: names.

    Raises:
        ConfigUnusable: a hyperparameter makes no sense.
        OSError: there is no room for the passing file.
    """
    out = GGUFWriter(path, MODEL_ARCH_NAMES[plan.architecture.kind])
    try:
        _add_general(out, plan, label)
        _add_hyperparameters(out, plan)
        vocabulary.write(out)
        special.add_to_gguf(out, quiet=True)
        if not special.chat_template and label.template:
            out.add_chat_template(label.template)
        for target in plan.targets:
            out.add_tensor_info(target.name, target.shape, dtype(float32), target.nbytes, raw_dtype=target.kind)
        out.write_header_to_file()
        out.write_kv_data_to_file()
        out.write_ti_data_to_file()
        out.close()
        found = path.read_bytes()
    finally:
        with contextlib.suppress(OSError):  # bytes for which the disk has no room are tried once more
            out.close()
        path.unlink(missing_ok=True)
    return found + bytes(-len(found) % out.data_alignment)


def with_hashes(blank: bytes, label: Label, hashes: Mapping[str, str]) -> bytes:
    """A header with the SHA-256 of each source: a large vocabulary takes too long to be written once more."""
    found = bytearray(blank)
    start = _HASHES.encode() + struct.pack("<IIQ", GGUFValueType.ARRAY, GGUFValueType.STRING, len(label.files))
    at = found.index(start) + len(start)
    for name in label.files:
        at += _LENGTH_BYTES
        found[at : at + len(_UNKNOWN_HASH)] = hashes[name].encode()
        at += len(_UNKNOWN_HASH)
    return bytes(found)


def _add_general(out: GGUFWriter, plan: Plan, label: Label) -> None:
    out.add_type("model")
    out.add_name(label.name)
    out.add_quantization_version(_QUANTIZATION_VERSION)
    out.add_file_type(_file_type(plan))
    origin = label.provenance
    out.add_string("parley.source.repo", origin.repo)
    out.add_string("parley.source.branch", origin.branch)
    out.add_string("parley.source.commit", origin.commit)
    out.add_array("parley.source.files", list(label.files))
    out.add_array(_HASHES, [_UNKNOWN_HASH] * len(label.files))
    out.add_string("parley.repack.method", plan.method)
    out.add_bool("parley.repack.lossless", plan.lossless)
    out.add_array("parley.repack.notes", [note.sentence for note in plan.notes])


def _file_type(plan: Plan) -> LlamaFileType:
    """The mixture's, or that of most matrices."""
    if plan.choice in MIXTURES:
        return LlamaFileType[f"MOSTLY_{plan.choice.value.upper()}"]
    layers = [target.kind for target in plan.targets if target.name.startswith("blk.") and len(target.shape) > 1]
    return _FILE_TYPES[max(set(layers), key=layers.count)]


def _add_hyperparameters(out: GGUFWriter, plan: Plan) -> None:
    text, sizes = plan.text, plan.sizes
    out.add_block_count(sizes.layers)
    out.add_context_length(count(text, "max_position_embeddings", 131_072))
    out.add_embedding_length(sizes["hidden"])
    out.add_feed_forward_length(sizes["feed"])
    out.add_head_count(sizes.heads)
    out.add_head_count_kv(sizes.kv_heads)
    out.add_key_length(sizes["head"])
    out.add_value_length(sizes["head"])
    out.add_vocab_size(sizes["vocabulary"])
    out.add_layer_norm_rms_eps(_number(text, "rms_norm_eps", 1e-6))
    out.add_rope_dimension_count(int(sizes["head"] * _number(text, "partial_rotary_factor", 1.0)))
    plan.rope.write(out)
    if plan.architecture.experts:
        out.add_expert_count(sizes["experts"])
        out.add_expert_used_count(count(text, "num_experts_per_tok"))
    if plan.architecture.kind in (MODEL_ARCH.GEMMA2, MODEL_ARCH.GEMMA3):
        _add_gemma(out, text)
    if plan.architecture.kind is MODEL_ARCH.PHI3:
        out.add_sliding_window(count(text, "sliding_window", -1) if text.get("sliding_window") else 0)


def _add_gemma(out: GGUFWriter, text: Settings) -> None:
    for name, add in (
        ("attn_logit_softcapping", out.add_attn_logit_softcapping),
        ("final_logit_softcapping", out.add_final_logit_softcapping),
    ):
        if text.get(name) is not None:
            add(_number(text, name))
    if text.get("sliding_window") and text.get("sliding_window_pattern") != 1:
        out.add_sliding_window(count(text, "sliding_window"))
        if text.get("sliding_window_pattern") is not None:
            out.add_sliding_window_pattern(count(text, "sliding_window_pattern"))


def _number(text: Settings, name: str, default: float | None = None) -> float:
    value = text.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigUnusable(file=CONFIG, reason=f"{name} is {value!r}")
    return float(value)
