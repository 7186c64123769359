"""What models asked of tools and what these gave back, as text for the reasoning."""

from __future__ import annotations

import json

from app.core.chat.attachments import fenced
from app.exchange.fields import clean


def called(name: str, given: object) -> str:
    """A tool's name over what it was given."""
    return f"{name or 'tool'}:\n{as_json(given)}"


def as_json(value: object) -> str:
    """Any value of JSON; what is a text that stands for one is shown as that."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            return fenced(clean(value))
        return fenced(clean(value), "json")
    return fenced(clean(json.dumps(value, ensure_ascii=False, indent=1)), "json")
