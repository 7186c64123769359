"""Which chat template a model gets: the chosen one, its own, or the likeliest; in the engine and probe children."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

import msgspec

from app.core.engine.templates import OWN_TEMPLATE, digest_of, template_source
from app.engines.templates import ChatTemplate

DEFAULT_FALLBACK = "chatml"
_KEPT_COMPILED = 8

_STOPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "alpaca": ("### Instruction:",),
        "chatml": ("<|im_end|>", "<|im_start|>"),
        "gemma": ("<end_of_turn>", "<start_of_turn>"),
        "llama-2": ("[INST]",),
        "llama-3": ("<|eot_id|>", "<|start_header_id|>"),
        "mistral": ("[INST]",),
        "orca-hashes": ("### User:", "### System:"),
        "vicuna": ("\nUSER:",),
    }
)
"""What ships, and what would begin the next turn where the vocabulary has no token that ends one."""

_TOKEN_EVIDENCE = (
    ("<|im_start|>", "chatml"),
    ("<|start_header_id|>", "llama-3"),
    ("<start_of_turn>", "gemma"),
    ("[INST]", "mistral"),
)
_NAME_EVIDENCE = (
    ("vicuna", "vicuna"),
    ("orca", "orca-hashes"),
    ("upstage", "orca-hashes"),
    ("solar", "orca-hashes"),
    ("alpaca", "alpaca"),
    ("mistral", "mistral"),
    ("mixtral", "mistral"),
    ("gemma", "gemma"),
)


class TemplateText(msgspec.Struct, frozen=True):
    """A template before it is compiled; see `ChatTemplate`."""

    name: str
    source: str
    stops: tuple[str, ...] = ()
    digest: str = ""


def choose_template(
    *, own: str | None, requested: str, architecture: str, special_tokens: Collection[str], name: str
) -> ChatTemplate:
    """The template of a model, as `choose_text`; of the last few, none is compiled twice.

    Raises:
        UnknownTemplate, FileUnreadable: the requested one is not there, or cannot be read.
        TemplateFailed: it does not parse.
    """
    return compiled(
        choose_text(own=own, requested=requested, architecture=architecture, special_tokens=special_tokens, name=name)
    )


def choose_text(
    *, own: str | None, requested: str, architecture: str, special_tokens: Collection[str], name: str
) -> TemplateText:
    """The requested template, else the model's own, else the likeliest of those that ship.

    Args:
        own: the Jinja source in the model's file.
        requested: a template's name, or empty.
        architecture: as in `general.architecture`.
        special_tokens: the texts of the vocabulary's control tokens.
        name: what the model calls itself.

    Raises:
        UnknownTemplate, FileUnreadable: the requested one is not there, or cannot be read.
    """
    if requested:
        return named_text(requested)
    if own:
        return TemplateText(OWN_TEMPLATE, own)
    return named_text(_likeliest(architecture, special_tokens, name.lower()))


def named_text(name: str) -> TemplateText:
    """One that ships, or one of the user's, as it is now.

    Raises:
        UnknownTemplate, FileUnreadable: it is not there, or cannot be read.
    """
    source = template_source(name)
    if name in _STOPS:
        return TemplateText(name, source, stops=_STOPS[name])
    return TemplateText(name, source, stops=_stops_in(source), digest=digest_of(source))


def _stops_in(source: str) -> tuple[str, ...]:
    """What would begin the next turn in a template that was made of one that ships."""
    known = dict.fromkeys(chain.from_iterable(_STOPS.values()))
    return tuple(stop for stop in known if stop.strip() in source)


@lru_cache(_KEPT_COMPILED)
def compiled(text: TemplateText) -> ChatTemplate:
    """The template of a text.

    Raises:
        TemplateFailed: it does not parse.
    """
    return ChatTemplate(text.name, text.source, stops=text.stops, digest=text.digest)


def _likeliest(architecture: str, special_tokens: Collection[str], name: str) -> str:
    for token, template in _TOKEN_EVIDENCE:
        if token in special_tokens:
            return template
    for part, template in _NAME_EVIDENCE:
        if part in name:
            return template
    if architecture == "llama" and "<s>" in special_tokens:
        return "llama-2"
    return DEFAULT_FALLBACK
