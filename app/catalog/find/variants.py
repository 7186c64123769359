"""From what is known of a branch to the variants in it; pure, runs in any process."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath

import msgspec

from app.catalog.find.branch import Branch
from app.catalog.find.file_groups import FileGroup, gguf_candidates, safetensors_groups
from app.catalog.find.packed_weights import safetensors_variant
from app.catalog.gguf.facts import estimated_parameters, estimated_weights, shape_of, weights_of
from app.catalog.gguf.header import GgufHeader
from app.core.catalog.hub import Format, Variant

_QUANTIZATION = re.compile(
    r"(?<![A-Za-z0-9])((?:UD-)?(?:I?Q[1-8](?:_[0-9A-Z]+)*|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|F32|FP16))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BITS = re.compile(r"(\d+)")
_NOT_MODELS = re.compile(r"mmproj|imatrix", re.IGNORECASE)
_CREDIBLE = 0.25


def variants_of(branch: Branch) -> tuple[Variant, ...]:
    """Every variant of a branch: GGUF files by size, then what the safetensors files are."""
    found = [_gguf(branch, group) for group in gguf_candidates(branch.files)]
    ggufs = _told_apart(sorted((variant for variant in found if variant), key=lambda variant: variant.bytes))
    groups = safetensors_groups(branch.files)
    weights = [safetensors_variant(branch, group, is_only=len(groups) == 1) for group in groups]
    return (*ggufs, *weights)


def opened(variant: Variant, headers: tuple[GgufHeader, ...]) -> Variant:
    """A GGUF variant with all that the headers of its shards tell."""
    first = headers[0]
    elements = sum(header.parameters for header in headers)
    weight_bytes = sum(header.weight_bytes for header in headers)
    tensors = [tensor for header in headers for tensor in header.tensors]
    return msgspec.structs.replace(
        variant,
        quantization=first.quantization or variant.quantization,
        bits_per_weight=weight_bytes * 8 / elements if elements else variant.bits_per_weight,
        parameters=elements or variant.parameters,
        architecture=first.architecture,
        context_length=first.context_length,
        shape=shape_of(first),
        weights=weights_of(tensors, first.layers),
    )


def _gguf(branch: Branch, group: FileGroup) -> Variant | None:
    header = branch.gguf.get(group.first.path)
    if header is None:
        return _named_gguf(branch, group) if branch.headers_refused else None
    if not header.architecture or header.architecture == "clip" or header.text("general.type", "model") != "model":
        return None
    shape = shape_of(header)
    parameters = _parameters(header.integer("general.parameter_count"), branch.parameters, estimated_parameters(shape))
    quantization = header.quantization or _label(group.stem)
    return msgspec.structs.replace(
        _plain_gguf(branch, group, quantization, parameters),
        architecture=header.architecture,
        context_length=header.context_length,
        shape=shape,
        weights=estimated_weights(shape, group.bytes),
    )


def _named_gguf(branch: Branch, group: FileGroup) -> Variant | None:
    """A file whose header we may not read: told by its name and size."""
    name = PurePosixPath(group.stem).name
    if ".gguf" not in group.first.path.lower() or _NOT_MODELS.search(name):
        return None
    return _plain_gguf(branch, group, _label(group.stem), branch.parameters)


def _plain_gguf(branch: Branch, group: FileGroup, quantization: str, parameters: int) -> Variant:
    digits = _BITS.search(quantization)
    return Variant(
        repo=branch.repo,
        branch=branch.name,
        commit=branch.commit,
        name=_label(group.stem) or quantization or PurePosixPath(group.stem).stem,
        format=Format.GGUF,
        quantization=quantization,
        bits=int(digits[1]) if digits else 0,
        bits_per_weight=group.bytes * 8 / parameters if parameters else 0.0,
        files=group.parts,
        parameters=parameters,
        header_file=group.first.path,
    )


def _label(stem: str) -> str:
    """The quantization in a file's name."""
    found = _QUANTIZATION.findall(PurePosixPath(stem).name) or _QUANTIZATION.findall(stem)
    return str(found[-1]).upper() if found else ""


def _parameters(stated: int, told: int, estimated: int) -> int:
    """The file's own number, or the Hub's if it can be this file's, or the estimate."""
    if stated > 0:
        return stated
    if told and (not estimated or abs(told - estimated) <= _CREDIBLE * estimated):
        return told
    return estimated


def _told_apart(variants: list[Variant]) -> list[Variant]:
    """Names that come twice become the files' names."""
    count = Counter(variant.name for variant in variants)
    return [
        variant
        if count[variant.name] == 1
        else msgspec.structs.replace(variant, name=variant.header_file.removesuffix(".gguf"))
        for variant in variants
    ]
