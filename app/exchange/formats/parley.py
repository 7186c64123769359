"""Parley's own JSON, as `app.exchange.portable` describes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from app.core.chat.presets import Preset
from app.core.data.exchange import ImportFormat
from app.core.data.exchange_errors import RecordInvalid
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState
from app.core.engine.sampling import Sampling
from app.exchange.fields import Fields, clean
from app.exchange.growing import Head, Seed, grow
from app.exchange.portable import PortableConversation, PortableMessage

_MAX_FOLDERS = 20
_MAX_FOLDER_NAME = 200


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
    head = Head(
        ImportFormat(format_name),
        identity,
        found.title,
        found.created_at,
        found.updated_at,
        found.pinned,
        found.archived,
    )
    seeds = [_seed(message) for message in found.messages]
    leaf = str(found.leaf) if found.leaf is not None else ""
    return msgspec.structs.replace(grow(head, seeds, leaf), folder=_folder(found.folder), preset=found.preset)


def _folder(names: Sequence[str]) -> tuple[str, ...]:
    """Names that a folder can have, each on one line."""
    lines = (" ".join(clean(name).split())[:_MAX_FOLDER_NAME] for name in names[:_MAX_FOLDERS])
    return tuple(line for line in lines if line)


def _without_unknown_options(record: Fields) -> Fields:
    """Without the options of a later Parley; elsewhere what they are made of refuses those as typing errors."""
    messages = record.get("messages", [])
    known = {**record, "messages": [_with_known_options(one) if isinstance(one, dict) else one for one in messages]}
    return _changed(
        known, "preset", lambda chosen: _changed(_known(chosen, "preset", Preset), "preset", _known_sampling)
    )


def _with_known_options(message: Fields) -> Fields:
    return _changed(message, "record", lambda made: _known_sampling(_known(made, "options", LoadOptions)))


def _known_sampling(fields: Fields) -> Fields:
    return _known(fields, "sampling", Sampling)


def _known(fields: Fields, name: str, kind: type[msgspec.Struct]) -> Fields:
    """With nothing in the object `name` but what a Struct of that kind has."""
    return _changed(
        fields, name, lambda inside: {key: value for key, value in inside.items() if key in kind.__struct_fields__}
    )


def _changed(fields: Fields, name: str, change: Callable[[Fields], Fields]) -> Fields:
    """With another object `name`, if there is one."""
    inside = fields.get(name)
    return {**fields, name: change(inside)} if isinstance(inside, dict) else fields


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
        pinned=message.pinned,
    )
