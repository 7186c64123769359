"""How a checkpoint says its weights are quantized; the tensors have to agree.

Layouts: `quantization_config` in config.json (today), `quantize_config.json` beside it (GPTQ in 2023),
`quant_config.json` (AWQ in 2023), or nothing at all, when the tensors' names alone tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from app.core.repack_errors import ConfigUnusable, QuantizationUnknown
from app.repack.checkpoint import CONFIG, Checkpoint, Settings

BITS = (2, 3, 4, 8)


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
            raise ConfigUnusable(str(error), file=CONFIG, reason="a rule under “dynamic” cannot be read") from None

    def of(self, module: str) -> Scheme:
        """What the configuration says of a module."""
        for pattern, key, changes in self._rules:
            if pattern.match(module):
                if key.startswith("-:"):
                    return Scheme()
                return _changed(self.common, changes if isinstance(changes, dict) else {})
        return self.common


def read_schemes(checkpoint: Checkpoint) -> Schemes:
    """What the checkpoint says of itself.

    Raises:
        QuantizationUnknown: by a method that is not repacked.
        ConfigUnusable: the settings make no sense.
    """
    _refuse_foreign(checkpoint.tensors)
    stated = _stated(checkpoint)
    if not stated:
        return Schemes(_told_by_names(checkpoint.tensors), {})
    rules = stated.get("dynamic")
    return Schemes(_common(stated), rules if isinstance(rules, dict) else {})


def _stated(checkpoint: Checkpoint) -> Settings:
    found = checkpoint.config.get("quantization_config")
    if isinstance(found, dict):
        return found
    if older := checkpoint.json("quantize_config.json"):
        return {"quant_method": "gptq", **older}
    if older := checkpoint.json("quant_config.json"):
        names = {"w_bit": "bits", "q_group_size": "group_size"}
        return {"quant_method": "awq", **{names.get(key, key): value for key, value in older.items()}}
    return {}


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
    if bits is not None and (not isinstance(bits, int) or bits not in BITS):
        raise QuantizationUnknown(method=f"{scheme.method.value} with {bits} bits")
    if group is not None and (not isinstance(group, int) or not (group == -1 or group > 0)):
        raise ConfigUnusable(file=CONFIG, reason=f"there are no groups of {group}")
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
