"""What safetensors files hold: which quantization, told by the tensors rather than by what is said of them.

Layouts: GPTQ packs 32-bit words along the input (`qweight` is in x bits / 32 by out), AWQ along the
output (in by out x bits / 32); both have one row of `scales` for each group and `qzeros` of groups by
out x bits / 32. bitsandbytes keeps int8 with a row scale `SCB`, or pairs of 4-bit values in U8.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.catalog.find.branch import Branch
from app.catalog.find.config_shape import shape_of_config
from app.catalog.find.file_groups import FileGroup
from app.catalog.find.header_size import Beside
from app.catalog.find.prepared import prepared_of, refusal_of
from app.core.catalog.hub import Format, RemoteFile, Variant, Weights
from app.core.catalog.safetensors import Tensor

WORD_BITS = 32
_COMPANIONS = re.compile(
    r"^(config|generation_config|quantize_config|quant_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens"
    r"|vocab|chat_template)\.json$|^(tokenizer\.model|merges\.txt|vocab\.txt|chat_template\.jinja)$"
)
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|layer)\.(\d+)\.")
_EMBEDDINGS = re.compile(r"(?:^|\.)(?:embed_tokens|wte|embed_in|word_embeddings|tok_embeddings)\.")
_OUTPUTS = re.compile(r"(?:^|\.)(?:lm_head|embed_out|output)\.")
_SCALES = (
    ".scales", ".qzeros", ".g_idx", ".SCB", ".weight_format", ".absmax", ".quant_map", ".nested_absmax",
    ".nested_quant_map", ".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4", ".weight_scale",
    ".weight_scale_inv", ".input_scale", ".weight_shape", ".weight_zero_point",
)  # fmt: skip


@dataclass(frozen=True)
class Packing:
    """How most of the weights are stored; `group_size` -1 for one group per row, None where there are none."""

    format: Format
    bits: int = 0
    group_size: int | None = None
    kind: str = ""


def safetensors_variant(branch: Branch, group: FileGroup, *, is_only: bool) -> Variant:
    """The variant in these files; where headers are missing, as the config has it."""
    tensors = _tensors(branch, group)
    packing = packing_of(tensors) if tensors else _packing_of_config(branch.config)
    stated = _quantization(branch.config)
    packing = _named(packing, stated)
    act_order = bool(stated.get("desc_act")) if packing.format is Format.GPTQ and "desc_act" in stated else None
    parameters = count_parameters(tensors) or branch.parameters
    shape = shape_of_config(branch.config)
    stem = group.stem.removesuffix(".safetensors")
    stored = sum(tensor.nbytes for tensor in tensors.values()) or group.bytes
    label = _label(packing, act_order)
    return Variant(
        repo=branch.repo,
        branch=branch.name,
        commit=branch.commit,
        name=(branch.name if branch.name != "main" else label) if is_only else stem,
        format=packing.format,
        quantization=label,
        bits_per_weight=stored * 8 / parameters if parameters else 0.0,
        files=(*group.parts, *_companions(branch.files, group)),
        bits=packing.bits,
        group_size=packing.group_size,
        act_order=act_order,
        parameters=parameters,
        architecture=shape.architecture if shape else "",
        context_length=shape.context_length if shape else 0,
        header_file=group.first.path,
        shape=shape,
        weights=_weights(tensors) if tensors else None,
        prepared=prepared_of(branch.config, tensors, _beside(branch)),
        refusal=refusal_of(branch.config, tensors),
    )


def packing_of(tensors: Mapping[str, Tensor]) -> Packing:
    """What the tensors' own shapes say; of several packings, the one of most modules."""
    found = Counter(
        packing
        for name, tensor in tensors.items()
        if name.endswith(".qweight") and (packing := _packing(name.removesuffix(".qweight"), tensor, tensors))
    )
    if found:
        return found.most_common(1)[0][0]
    if any(name.endswith(".SCB") for name in tensors):
        return Packing(Format.BITSANDBYTES, 8, kind="int8")
    for kind in ("nf4", "fp4"):
        if any(name.endswith(f".quant_state.bitsandbytes__{kind}") for name in tensors):
            return Packing(Format.BITSANDBYTES, 4, kind=kind)
    widest = Counter[str]()
    for tensor in tensors.values():
        widest[tensor.dtype] += tensor.nbytes
    dtype = widest.most_common(1)[0][0] if widest else ""
    return Packing(Format.SAFETENSORS, kind=dtype)


def count_parameters(tensors: Mapping[str, Tensor]) -> int:
    """The number of weights that the tensors stand for, without scales and indices."""
    total = 0
    is_four_bit = any(".quant_state.bitsandbytes__" in name for name in tensors)
    for name, tensor in tensors.items():
        if name.endswith(_SCALES):
            continue
        if name.endswith(".qweight"):
            scales, packing = tensors.get(f"{name[:-8]}.scales"), _packing(name[:-8], tensor, tensors)
            bits = packing.bits if packing else 4
            total += tensor.elements * WORD_BITS // bits if scales else tensor.elements
        elif is_four_bit and tensor.dtype == "U8":
            total += tensor.elements * 2
        else:
            total += tensor.elements
    return total


def _packing(module: str, qweight: Tensor, tensors: Mapping[str, Tensor]) -> Packing | None:
    scales, zeros = tensors.get(f"{module}.scales"), tensors.get(f"{module}.qzeros")
    if scales is None or len(scales.shape) != 2 or len(qweight.shape) != 2 or 0 in (*scales.shape, *qweight.shape):
        return None
    groups, outputs = scales.shape
    if qweight.shape[1] == outputs:
        bits = zeros.shape[1] * WORD_BITS // outputs if zeros and len(zeros.shape) == 2 else 4
        order = tensors.get(f"{module}.g_idx")
        inputs = order.elements if order and order.elements else qweight.shape[0] * WORD_BITS // max(bits, 1)
        kind = Format.GPTQ
    else:
        bits, inputs, kind = qweight.shape[1] * WORD_BITS // outputs, qweight.shape[0], Format.AWQ
    if bits not in (1, 2, 3, 4, 5, 6, 8):
        return None
    return Packing(kind, bits, -1 if groups == 1 else -(-inputs // groups))


def _packing_of_config(config: Mapping[str, object]) -> Packing:
    stated = _quantization(config)
    method, bits, group = str(stated.get("quant_method", "")), stated.get("bits"), stated.get("group_size")
    if method in ("gptq", "awq"):
        width = bits if isinstance(bits, int) else 0
        return Packing(Format(method), width, group if isinstance(group, int) else None)
    if method == "bitsandbytes":
        return (
            Packing(Format.BITSANDBYTES, 8, kind="int8")
            if stated.get("load_in_8bit")
            else Packing(Format.BITSANDBYTES, 4, kind=str(stated.get("bnb_4bit_quant_type", "fp4")))
        )
    return Packing(Format.SAFETENSORS, kind=str(config.get("torch_dtype") or config.get("dtype") or ""))


def _named(packing: Packing, stated: Mapping[str, object]) -> Packing:
    """A quantization that the tensors' shapes do not show, such as fp8, by the name the config gives it."""
    method = str(stated.get("quant_method", ""))
    if packing.format is not Format.SAFETENSORS or not method or method in ("gptq", "awq", "bitsandbytes"):
        return packing
    return replace(packing, kind=method)


def _quantization(config: Mapping[str, object]) -> Mapping[str, object]:
    found = config.get("quantization_config")
    return found if isinstance(found, dict) else {}


def _label(packing: Packing, act_order: bool | None) -> str:
    """Such as `GPTQ 4-bit 128g act-order`."""
    match packing.format:
        case Format.SAFETENSORS:
            return {"float16": "F16", "bfloat16": "BF16", "float32": "F32"}.get(packing.kind, packing.kind)
        case Format.BITSANDBYTES:
            return f"bitsandbytes {packing.bits}-bit" + (f" {packing.kind}" if packing.bits == 4 else "")
    parts = [packing.format.value.upper()]
    parts += [f"{packing.bits}-bit"] if packing.bits else []
    if packing.group_size is not None:
        parts.append(f"{packing.group_size}g" if packing.group_size > 0 else "ungrouped")
    return " ".join([*parts, "act-order"] if act_order else parts)


def _tensors(branch: Branch, group: FileGroup) -> dict[str, Tensor]:
    """All tensors of a group; none unless every part's header is known."""
    headers = [branch.safetensors.get(part.path) for part in group.parts]
    if any(header is None for header in headers):
        return {}
    return {name: tensor for header in headers if header for name, tensor in header.tensors.items()}


def _weights(tensors: Mapping[str, Tensor]) -> Weights:
    by_layer, by_expert = Counter[int](), Counter[int]()
    embedding = output = 0
    for name, tensor in tensors.items():
        if found := _LAYER.search(name):
            by_layer[int(found[1])] += tensor.nbytes
            by_expert[int(found[1])] += tensor.nbytes if ".experts." in name else 0
        elif _EMBEDDINGS.search(name):
            embedding += tensor.nbytes
        else:
            output += tensor.nbytes
    layers = sorted(by_layer)
    experts = tuple(by_expert[layer] for layer in layers) if any(by_expert.values()) else ()
    tied = not any(_OUTPUTS.search(name) for name in tensors)
    return Weights(embedding, output, tuple(by_layer[layer] for layer in layers), experts, tied=tied)


def _beside(branch: Branch) -> Beside:
    return Beside({file.path: file.bytes for file in branch.files}, branch.tokenizer_end)


def _companions(files: Iterable[RemoteFile], group: FileGroup) -> list[RemoteFile]:
    """The small files without which the weights cannot be used."""
    index = f"{group.stem.removesuffix('.safetensors')}.safetensors.index.json"
    return [file for file in files if _COMPANIONS.match(file.path) or file.path == index]
