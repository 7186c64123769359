"""Fields of JSON that another program wrote: each reader takes any value and gives one of its own type."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from app.core.data.exchange_errors import RecordInvalid

Fields = dict[str, Any]

_LATEST = 253_402_300_799.0  # the end of the year 9999
_NO_SECONDS_FROM = 1e11
_FINEST = 3  # of nanoseconds, how often a thousand make more
_NUMBER = re.compile(r"[0-9]{9,30}(\.[0-9]{1,30})?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with NULs and lone surrogates replaced by U+FFFD: no message means them, and UTF-8 has no surrogates."""
    return _UNSTORABLE.sub("\ufffd", text) if _UNSTORABLE.search(text) else text


def text_in(fields: Fields, *names: str) -> str:
    """The first of these that is a text with something in it; empty if none is."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return clean(value)
    return ""


def fields_in(fields: Fields, name: str) -> Fields:
    """An object; an empty one in place of anything else."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def items_in(fields: Fields, name: str) -> list[Any]:
    """A list; an empty one in place of anything else."""
    value = fields.get(name)
    return value if isinstance(value, list) else []


def objects_in(fields: Fields, name: str) -> list[Fields]:
    """The objects of a list."""
    return [item for item in items_in(fields, name) if isinstance(item, dict)]


def key_in(fields: Fields, name: str) -> str:
    """An id, which may be a text or a number; empty if it is neither."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if -(2**63) <= value < 2**63 else ""
    return clean(value) if isinstance(value, str) else ""


def flag_in(fields: Fields, name: str) -> bool:
    """Whether something is said to be so."""
    return fields.get(name) is True


def moment_in(fields: Fields, *names: str) -> float:
    """The first of these that is a time, in Unix seconds; 0 if none is.

    Numbers, also as texts, may be seconds, milliseconds, microseconds or nanoseconds; other texts are in ISO 8601,
    without a zone in UTC.
    """
    for name in names:
        seconds = _moment(fields.get(name))
        if seconds:
            return seconds
    return 0.0


def required_id(*candidates: str) -> str:
    """The first that is not empty.

    Raises:
        RecordInvalid: all are; without an id a conversation would come in anew every time.
    """
    for candidate in candidates:
        if candidate:
            return candidate
    raise RecordInvalid(reason="it has no id")


def _moment(value: object) -> float:
    if isinstance(value, str):
        value = _moment_of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        seconds = float(value)
    except OverflowError:
        return 0.0
    for _ in range(_FINEST):
        if seconds > _NO_SECONDS_FROM:
            seconds /= 1000
    return seconds if math.isfinite(seconds) and 0 < seconds <= _LATEST else 0.0


def _moment_of_text(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
