"""Parley's own JSON, as `app.exchange.portable` describes it."""

from __future__ import annotations

import msgspec

from app.core.exchange import ImportFormat
from app.core.exchange_errors import RecordInvalid
from app.core.loading import LoadOptions
from app.core.messages import MessageState
from app.core.sampling import Sampling
from app.exchange.fields import Fields
from app.exchange.growing import Head, Seed, grow
from app.exchange.portable import PortableConversation, PortableMessage

_OPTIONS: dict[str, type[msgspec.Struct]] = {"options": LoadOptions, "sampling": Sampling}


def recognises(record: Fields) -> bool:
    """Whether this is one of Parley's conversations."""
    origin = record.get("origin")
    return isinstance(origin, str) and ":" in origin and isinstance(record.get("messages", []), list)


def read(record: Fields) -> PortableConversation:
    """The conversation; a reply that was under way when it was exported reads as interrupted.

    Raises:
        RecordInvalid: a field is of the wrong type.
    """
    try:
        found = msgspec.convert(_without_unknown_options(record), PortableConversation, str_keys=True)
    except msgspec.ValidationError as error:
        raise RecordInvalid(reason=str(error)) from None
    format_name, _, identity = found.origin.partition(":")
    if format_name not in set(ImportFormat) or not identity:
        raise RecordInvalid(reason=f"its origin makes no sense: {found.origin[:40]!r}")
    head = Head(ImportFormat(format_name), identity, found.title, found.created_at, found.updated_at)
    seeds = [_seed(message) for message in found.messages]
    leaf = str(found.leaf) if found.leaf is not None else ""
    return grow(head, seeds, leaf)


def _without_unknown_options(record: Fields) -> Fields:
    """Without the options of a later Parley; elsewhere what they are made of refuses those as typing errors."""
    messages = record.get("messages", [])
    return {**record, "messages": [_with_known_options(one) if isinstance(one, dict) else one for one in messages]}


def _with_known_options(message: Fields) -> Fields:
    made = message.get("record")
    if not isinstance(made, dict):
        return message
    known = {
        name: {key: value for key, value in made[name].items() if key in kind.__struct_fields__}
        for name, kind in _OPTIONS.items()
        if isinstance(made.get(name), dict)
    }
    return {**message, "record": {**made, **known}}


def _seed(message: PortableMessage) -> Seed:
    under_way = message.state is MessageState.STREAMING
    return Seed(
        key=str(message.id),
        parent="" if message.parent is None else str(message.parent),
        role=message.role,
        text=message.text,
        reasoning=message.reasoning,
        state=MessageState.INTERRUPTED if under_way else message.state,
        created_at=message.created_at,
        record=message.record,
    )
