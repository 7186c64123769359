"""Options of a command that answers: which model, how it is loaded, how its tokens are chosen.

The sampling options come from the fields of `Sampling`, so that each is declared once.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from app.core.engine.loading import FlashAttention, KvType, LoadOptions, RopeKind, RopeScaling
from app.core.engine.sampling import Sampling, invalid_option
from app.core.engine.templates import template_names
from app.core.file_errors import FileGone, FileUnreadable
from app.core.program.setting_errors import InvalidOption
from app.core.remote.rpc import checked_rpc_hosts

_Options = TypeVar("_Options", bound=msgspec.Struct)
_ROPE_KINDS = (RopeKind.LINEAR, RopeKind.YARN, RopeKind.DYNAMIC)


@dataclass(frozen=True)
class Manner:
    """How to answer; `system` begins a new conversation.

    `asked` are the sampling options that were given. `preset` is the name of the one to use from now on, or
    empty, and `values` are for its variables.
    """

    asked: Mapping[str, object]
    system: str = ""
    preset: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def over(self, base: Sampling) -> Sampling:
        """The sampling that was asked for; what was left open is as in `base`."""
        return Sampling.checked(**{**msgspec.to_builtins(base), **self.asked})


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Which model answers, and how it is loaded; what is left out is as the file was last used."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", type=Path, metavar="FILE", help="a GGUF file, or a server's model; else the last")
    group.add_argument("--server", type=encodable, metavar="NAME", help="answer on a server; see “parley servers list”")
    group.add_argument("--template", choices=template_names(), help="a chat template in place of the model's own")
    group.add_argument("--context", type=int, metavar="N", help="tokens the model sees at once")
    group.add_argument("--gpu-layers", type=int, metavar="N", help="layers on the graphics card; 0 keeps it idle")
    group.add_argument("--threads", type=int, metavar="N", help="processor threads")
    group.add_argument("--kv-type", choices=[str(kind) for kind in KvType], help="element type of the KV cache")
    group.add_argument("--flash-attention", choices=[str(kind) for kind in FlashAttention])
    group.add_argument(
        "--rpc",
        action="append",
        type=encodable,
        metavar="HOST:PORT",
        help="a machine that holds a part of the model, running llama.cpp's rpc-server: in networks you trust alone, "
        "for nothing is encrypted; may be repeated",
    )
    group.add_argument("--no-rpc", dest="rpc", action="store_const", const=[], help="the model on this machine alone")
    group.add_argument("--rope-scaling", choices=[str(kind) for kind in _ROPE_KINDS], help="for a longer context")
    group.add_argument("--rope-factor", type=finite, metavar="X", help="how many times longer than trained")


def add_preset_options(parser: argparse.ArgumentParser) -> None:
    """Which preset to answer with."""
    group = parser.add_argument_group("preset")
    group.add_argument("--preset", type=encodable, metavar="NAME", default="", help="see “parley presets list”")
    group.add_argument(
        "--var",
        dest="values",
        type=_value,
        action="append",
        metavar="NAME=VALUE",
        default=[],
        help="what a {{NAME}} in the preset stands for; may be repeated",
    )


def load_options(arguments: argparse.Namespace, remembered: LoadOptions) -> LoadOptions:
    """What was asked for, over what is remembered of the file.

    Raises:
        InvalidOption: a value is out of its range.
        InvalidRpcHost: a machine cannot be one.
    """
    asked: dict[str, object] = {
        "context_length": arguments.context,
        "gpu_layers": arguments.gpu_layers,
        "threads": arguments.threads,
        "kv_type_k": arguments.kv_type,
        "kv_type_v": arguments.kv_type,
        "flash_attention": arguments.flash_attention,
        "rpc_hosts": None if arguments.rpc is None else checked_rpc_hosts(arguments.rpc),
    }
    if arguments.rope_factor is not None and arguments.rope_scaling is None:
        raise InvalidOption(option="rope-factor", value=arguments.rope_factor, reason="it needs --rope-scaling")
    if arguments.rope_scaling is not None:
        asked["rope"] = _converted({"kind": arguments.rope_scaling, "factor": arguments.rope_factor}, RopeScaling())
    return _converted(asked, remembered)


def add_sampling_options(parser: argparse.ArgumentParser) -> None:
    """One option for each field of `Sampling`."""
    group = parser.add_argument_group("sampling", "the sampler chain of llama.cpp, with its names and defaults")
    described = inspect.type_info(Sampling)
    assert isinstance(described, inspect.StructType)
    for option in described.fields:
        _add_sampling_option(group, option)


def manner(arguments: argparse.Namespace) -> Manner:
    """How the model is to answer; wrong load options are found here too, before anything is stored.

    Raises:
        InvalidOption: a value is out of its range, a conversation that goes on got a system prompt, or a
            preset got another one.
        FileGone: the grammar's file is not there.
        FileUnreadable: the grammar's file cannot be read.
    """
    if arguments.system and arguments.chat is not None:
        reason = "only a new chat can be given one"
        raise InvalidOption(option="The system prompt", value=repr(arguments.system), reason=reason)
    if arguments.system and arguments.preset:
        raise InvalidOption(option="The system prompt", value=repr(arguments.system), reason="the preset has its own")
    load_options(arguments, LoadOptions())
    asked = given_sampling(arguments)
    Sampling.checked(**asked)
    return Manner(asked, arguments.system or "", arguments.preset, dict(arguments.values))


def given_sampling(arguments: argparse.Namespace) -> dict[str, object]:
    """The sampling options that were given, not yet checked.

    Raises:
        FileGone: the grammar's file is not there.
        FileUnreadable: the grammar's file cannot be read.
    """
    given = vars(arguments)
    asked = {name: given[name] for name in Sampling.__struct_fields__ if name in given}
    if "logit_bias" in asked:
        asked["logit_bias"] = dict(asked["logit_bias"])
    if "grammar" in asked:
        asked["grammar"] = _read_text(asked["grammar"])
    return asked


def finite(text: str) -> float:
    """A number for argparse; what JSON cannot carry is refused."""
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"invalid number: {text!r}")
    return value


def encodable(text: str) -> str:
    """A text for argparse; bytes that are not text in the terminal's encoding are refused."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not valid text") from None
    return text


def _add_sampling_option(group: argparse._ArgumentGroup, field: inspect.Field) -> None:
    flag = "--" + field.encode_name.replace("_", "-")
    common: dict[str, Any] = {"dest": field.name, "default": argparse.SUPPRESS}
    kind = field.type
    if field.name == "grammar":
        group.add_argument("--grammar-file", **common, type=Path, metavar="FILE", help="a grammar in GBNF")
    elif isinstance(kind, inspect.DictType):
        group.add_argument(flag, **common, type=_bias, action="append", metavar="TOKEN=BIAS", help="may be repeated")
    elif isinstance(kind, inspect.VarTupleType):
        group.add_argument(flag, **common, type=encodable, action="append", metavar="TEXT", help="may be repeated")
    else:
        number = _number(kind)
        convert = int if isinstance(number, inspect.IntType) else finite
        group.add_argument(flag, **common, type=convert, metavar="N", help=_range(number, field.default))


def _number(kind: inspect.Type) -> inspect.IntType | inspect.FloatType:
    """The number's type, also of one that may be left open."""
    options = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return next(option for option in options if isinstance(option, inspect.IntType | inspect.FloatType))


def _range(kind: inspect.IntType | inspect.FloatType, default: object) -> str:
    if kind.gt is not None:
        limits = f"above {kind.gt:g}" + ("" if kind.le is None else f", up to {kind.le:g}")
    elif kind.le is None:
        limits = f"{kind.ge:g} or more"
    else:
        limits = f"{kind.ge:g} to {kind.le:.10g}"
    return limits if default is None else f"{limits}; default {default}"


def _bias(text: str) -> tuple[int, float]:
    token, _, bias = text.partition("=")
    try:
        return int(token), finite(bias)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not TOKEN=BIAS: {text!r}") from None


def _value(text: str) -> tuple[str, str]:
    name, equals, value = encodable(text).partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"not NAME=VALUE: {text!r}")
    return name.strip(), value


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileGone(file=path.name, folder=str(path.absolute().parent)) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise FileUnreadable(str(error), file=path.name, reason=str(reason).lower()) from None


def _converted(asked: dict[str, object], base: _Options) -> _Options:
    given = {name: msgspec.to_builtins(value) for name, value in asked.items() if value is not None}
    try:
        return msgspec.convert({**msgspec.to_builtins(base), **given}, type(base))
    except msgspec.ValidationError as error:
        raise invalid_option(error, given) from None
