"""Rows of the database as values, and values as rows; plain functions for any thread.

Reading is lenient: a value that a later version wrote, or that was damaged, never hides the rest.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from app.core.chat.attachments import split_attachments
from app.core.chat.conversations import ConversationSummary, StoredMessage
from app.core.engine.messages import MessageState, ReplyRecord, Role

_TITLE_CHARACTERS = 48
_ROLES = MappingProxyType({str(role): role for role in Role})
_STATES = MappingProxyType({str(state): state for state in MessageState})
_JOINERS = "\u200c\u200d"  # invisible, but parts of Persian words and of emoji

S = TypeVar("S", bound=msgspec.Struct)


def storable(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD: UTF-8 cannot hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def title_of(text: str) -> str:
    """The first words of a message, cut between two of them, on one line; without any, its first file's name."""
    files, own = split_attachments(text)
    text = own if own.strip() or not files else files[0].name
    words = "".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in text[:1000]).split()
    title = " ".join(words)
    if len(title) <= _TITLE_CHARACTERS:
        return title
    whole = title[: _TITLE_CHARACTERS + 1].rpartition(" ")[0] or title[:_TITLE_CHARACTERS]
    return whole.rstrip(" ,;:.-–—") + "…"


def encode_struct(value: msgspec.Struct) -> str:
    """A Struct as JSON."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_storable_within(msgspec.to_builtins(value))).decode()


def encode_record(record: ReplyRecord | None) -> str | None:
    """What is kept of how a reply came to be, as JSON."""
    return None if record is None else encode_struct(record)


def decode_struct(text: str | None, kind: type[S]) -> S | None:
    """A Struct from JSON; None when this version cannot read it."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def summary_of(row: tuple[Any, ...]) -> ConversationSummary:
    """From the columns of `tree.SUMMARY`."""
    number, title, created_at, updated_at, folder_id, pinned, archived, trashed_at = row
    return ConversationSummary(
        number, title, created_at, updated_at, folder_id, bool(pinned), bool(archived), trashed_at
    )


def message_of(row: tuple[Any, ...]) -> StoredMessage:
    """From `id, parent_id, role, text, reasoning, state, created_at, record, pinned`."""
    return StoredMessage(
        id=row[0],
        parent_id=row[1],
        role=_ROLES.get(row[2], Role.ASSISTANT),
        text=row[3],
        reasoning=row[4],
        state=_STATES.get(row[5], MessageState.COMPLETE),
        created_at=row[6],
        record=None if row[7] is None else decode_struct(row[7], ReplyRecord),
        pinned=bool(row[8]),
    )


def _storable_within(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable_within(key): _storable_within(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_within(item) for item in value]
    return value
