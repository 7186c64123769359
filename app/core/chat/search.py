"""A search over titles and messages, and what it finds."""

from __future__ import annotations

import msgspec

from app.core.chat.conversations import ConversationSummary
from app.core.engine.messages import Role


class SearchQuery(msgspec.Struct, frozen=True):
    """Words that must all be there, as beginnings of words; "in quotes" they must follow each other.

    Titles are searched only without `model` and `role`. `model` is a part of the model's name;
    `since` and `until` are Unix seconds. What is in the trash is never found.
    """

    text: str
    model: str = ""
    folder_id: int | None = None
    since: float | None = None
    until: float | None = None
    role: Role | None = None


class Marked(msgspec.Struct, frozen=True):
    """A text and where the hits are in it, as (start, end) of Python's characters."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A place that was found: a message to jump to, or with `message_id` None the title alone.

    `at` is when that was written, in Unix seconds; `model` is empty but for a reply.
    """

    conversation: ConversationSummary
    title: Marked
    message_id: int | None = None
    snippet: Marked = Marked("")
    role: Role | None = None
    model: str = ""
    at: float = 0.0


class SearchResult(msgspec.Struct, frozen=True):
    """The best hits first; `more` when only the newest of many could be weighed."""

    hits: tuple[Hit, ...]
    more: bool = False
