"""How a checkpoint says its weights are quantized, and what Parley makes of each kind; pure, for any process.

What is foreseen from the headers of a remote checkpoint, and what a repack then does, follow the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from app.core.checkpoints.repack import NoteKind
from app.core.checkpoints.repack_errors import ArchitectureNotRepacked, ConfigUnusable, QuantizationUnknown

BITS = (2, 3, 4, 8)
BLOCK = 32
"""Values of a ggml block, along the input."""

ARCHITECTURES = (
    "Gemma2ForCausalLM",
    "Gemma3ForCausalLM",
    "Gemma3ForConditionalGeneration",
    "LLaMAForCausalLM",
    "LlamaForCausalLM",
    "MistralForCausalLM",
    "MixtralForCausalLM",
    "Phi3ForCausalLM",
    "Qwen2ForCausalLM",
    "Qwen3ForCausalLM",
)
"""Those that have a table in `app.repack.architectures`."""

_CONFIG = "config.json"
Settings = Mapping[str, object]


class Method(Enum):
    """What made the codes; the value is its name."""

    NONE = "none"
    GPTQ = "GPTQ"
    AWQ = "AWQ"
    BITSANDBYTES = "bitsandbytes"


_FOREIGN_TENSORS = {
    ".q_weight": "exl2",
    ".trellis": "exl3",
    ".weight_packed": "compressed-tensors",
    ".W_q": "hqq",
    ".weight_scale_inv": "fp8",
    ".weight_scale": "fp8",
    ".B": "marlin",
}
"""Tensors that only these have, whatever the configuration says."""


@dataclass(frozen=True)
class Scheme:
    """The settings of a module; `group` is -1 for one group per row, None where nothing was said.

    `zero_bias` is what GPTQ's stored zero points lack: 1 in files of version 1.
    """

    method: Method = Method.NONE
    bits: int | None = None
    group: int | None = None
    zero_bias: int = 1


class Schemes:
    """The settings of each module: the common ones, and what `dynamic` rules make of them."""

    def __init__(self, common: Scheme, rules: Mapping[str, object]) -> None:
        """`rules` are by `+:regex` (changed settings) or `-:regex` (not quantized), the first that matches.

        Raises:
            ConfigUnusable: a rule is no regular expression.
        """
        self.common = common
        try:
            self._rules = [(re.compile(key.removeprefix("+:").removeprefix("-:")), key, rules[key]) for key in rules]
        except re.error as error:
            raise ConfigUnusable(str(error), file=_CONFIG, reason="a rule under “dynamic” cannot be read") from None

    def of(self, module: str) -> Scheme:
        """What the configuration says of a module."""
        for pattern, key, changes in self._rules:
            if pattern.match(module):
                if key.startswith("-:"):
                    return Scheme()
                return _changed(self.common, changes if isinstance(changes, dict) else {})
        return self.common


def schemes_of(stated: Settings, names: Iterable[str]) -> Schemes:
    """What a checkpoint says of itself.

    Args:
        stated: its quantization's settings, with today's names; empty where nothing is said.
        names: those of its tensors.

    Raises:
        QuantizationUnknown: by a method that is not repacked.
        ConfigUnusable: the settings make no sense.
    """
    names = list(names)
    _refuse_foreign(names)
    if not stated:
        return Schemes(_told_by_names(names), {})
    rules = stated.get("dynamic")
    return Schemes(_common(stated), rules if isinstance(rules, dict) else {})


def text_config(config: Settings) -> Settings:
    """The part of a configuration that is about the language model."""
    inner = config.get("text_config")
    return {**config, **inner} if isinstance(inner, dict) else config


def require_architecture(config: Settings) -> str:
    """The name of a model's architecture, which has a table.

    Raises:
        ArchitectureNotRepacked: there is none.
    """
    named = config.get("architectures")
    name = str(named[0]) if isinstance(named, list) and named else str(config.get("model_type") or "that is not named")
    if name not in ARCHITECTURES:
        known = ", ".join(sorted({kind.removesuffix("ForCausalLM") for kind in ARCHITECTURES}))
        raise ArchitectureNotRepacked(architecture=name, known=known)
    return name


@dataclass(frozen=True)
class Becomes:
    """The ggml type that a module's weights take, and what that does to them."""

    type: str
    note: NoteKind


def group_size(columns: int, groups: int, told: int | None) -> int:
    """How many inputs a group has; the last one may have fewer. `told` is what the settings say, -1 for whole rows."""
    if told is None:
        return -(-columns // max(groups, 1))
    return min(told, columns) if told > 0 else columns


def gptq_becomes(
    bits: int, columns: int, *, in_blocks: bool, zero: int | None, scales_exact: bool = True, undone: bool = False
) -> Becomes:
    """Of a GPTQ module.

    Args:
        bits: of each code.
        columns: inputs.
        in_blocks: whether each block of 32 inputs, in the order of writing, lies within one group.
        zero: the zero point if all groups have the same.
        scales_exact: whether scales are 16 bits wide.
        undone: whether act-order was undone by another order of inputs.
    """
    if columns % BLOCK:
        return Becomes("F16", NoteKind.NOT_IN_BLOCKS)
    if not in_blocks:
        return Becomes("Q8_0", NoteKind.ORDER_WIDENED)
    exact = NoteKind.EXACT if scales_exact else NoteKind.SCALES_ROUNDED
    if undone:
        exact = NoteKind.ORDER_UNDONE
    if bits == 8:
        return Becomes("Q8_0", exact if zero == 128 else NoteKind.RANGE_WIDENED)
    if bits < 4 or zero == 8:
        return Becomes("Q4_0", exact)
    return Becomes("Q4_1", NoteKind.ORDER_UNDONE if undone else NoteKind.OFFSETS_ROUNDED)


def awq_becomes(group: int, columns: int, *, zero: int | None, scales_exact: bool = True) -> Becomes:
    """Of an AWQ module; `zero` is the zero point if all groups have the same."""
    if group % BLOCK or columns % BLOCK:
        return Becomes("F16" if columns % BLOCK else "Q8_0", NoteKind.RANGE_WIDENED)
    if zero == 8:
        return Becomes("Q4_0", NoteKind.EXACT if scales_exact else NoteKind.SCALES_ROUNDED)
    return Becomes("Q4_1", NoteKind.OFFSETS_ROUNDED)


def int8_becomes(columns: int) -> Becomes:
    """Of a module in bitsandbytes' int8."""
    if columns % BLOCK:
        return Becomes("F16", NoteKind.NOT_IN_BLOCKS)
    return Becomes("Q8_0", NoteKind.SCALES_ROUNDED)


def four_bit_becomes(columns: int, block: int) -> Becomes:
    """Of a module in bitsandbytes' nf4 or fp4, in blocks of so many weights."""
    if columns % BLOCK or block % BLOCK:
        return Becomes("F16", NoteKind.NOT_IN_BLOCKS)
    return Becomes("Q8_0", NoteKind.LEVELS_ROUNDED)


def plain_becomes(dtype: str, wanted: str, columns: int) -> Becomes:
    """Of a matrix of floats that is to be of a type."""
    if wanted in (dtype, "F32"):
        return Becomes(wanted, NoteKind.COPIED)
    if dtype == "BF16" and wanted == "F16":
        return Becomes(wanted, NoteKind.HALVED)
    if wanted in ("F16", "BF16"):
        return Becomes(wanted, NoteKind.NARROWED)
    if columns % BLOCK:
        return Becomes("F16", NoteKind.NOT_IN_BLOCKS)
    return Becomes(wanted, NoteKind.QUANTIZED)


def _common(stated: Settings) -> Scheme:
    method = str(stated.get("quant_method") or stated.get("method") or "").lower()
    form = str(stated.get("checkpoint_format") or stated.get("format") or method).lower()
    if method == "bitsandbytes":
        return Scheme(Method.BITSANDBYTES)
    if method == "awq":
        version = str(stated.get("version") or "gemm").lower()
        if version != "gemm":
            raise QuantizationUnknown(method=f"AWQ in the form {version}")
        scheme = _changed(Scheme(Method.AWQ), stated)
        if scheme.bits not in (4, None):
            raise QuantizationUnknown(method=f"AWQ with {scheme.bits} bits")
        return scheme
    if method != "gptq":
        raise QuantizationUnknown(method=method or "a method that is not named")
    if stated.get("is_marlin_format") or form not in ("gptq", "gptq_v2"):
        raise QuantizationUnknown(method="marlin" if stated.get("is_marlin_format") else f"GPTQ in the form {form}")
    if str(stated.get("pack_dtype") or "int32") != "int32":
        raise QuantizationUnknown(method=f"GPTQ packed into {stated.get('pack_dtype')}")
    return _changed(Scheme(Method.GPTQ, zero_bias=1 if form == "gptq" else 0), stated)


def _changed(scheme: Scheme, settings: Settings) -> Scheme:
    bits, group = settings.get("bits", scheme.bits), settings.get("group_size", scheme.group)
    if not isinstance(bits, int | None):
        raise ConfigUnusable(file=_CONFIG, reason=f"bits is {bits!r}")
    if bits is not None and bits not in BITS:
        raise QuantizationUnknown(method=f"{scheme.method.value} with {bits} bits")
    if not isinstance(group, int | None) or isinstance(group, bool) or not (group is None or group == -1 or group > 0):
        raise ConfigUnusable(file=_CONFIG, reason=f"there are no groups of {group!r}")
    return replace(scheme, bits=bits, group=group)


def _told_by_names(names: Iterable[str]) -> Scheme:
    """Nothing is said: the tensors' shapes decide later between GPTQ and AWQ."""
    names = list(names)
    if any(name.endswith(".qweight") for name in names):
        return Scheme(Method.GPTQ)
    if any(name.endswith((".SCB", ".quant_map")) for name in names):
        return Scheme(Method.BITSANDBYTES)
    return Scheme()


def _refuse_foreign(names: Iterable[str]) -> None:
    for name in names:
        for ending, method in _FOREIGN_TENSORS.items():
            if name.endswith(ending):
                raise QuantizationUnknown(f"it has {name}", method=method)
