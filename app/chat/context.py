"""From the stored path of a conversation to the messages a model is given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Message, ReplyRecord, Role
from app.core.engine.prompt_errors import EmptyPrompt, MessageTooLarge

MAX_MESSAGE_CHARACTERS = 5_000_000
"""More than any model reads; twice as much as JSON, whatever the characters, still fits into one frame."""


@dataclass(frozen=True)
class ModelView:
    """What a model is given; `ids` holds, for each message, the stored one it begins with.

    `view_start` is the number of messages after the system message that the last reply already did
    without, as a hint for the engine. `pinned` are the messages, counted likewise from 0, that stay.
    """

    messages: tuple[Message, ...]
    ids: tuple[int, ...]
    view_start: int
    pinned: tuple[int, ...] = ()

    def first_seen(self, view_start: int) -> int | None:
        """The stored message a view that leaves out `view_start` messages begins with; None: all of them."""
        if view_start == 0:
            return None
        start = view_start + (self.messages[0].role is Role.SYSTEM)
        return self.ids[min(start, len(self.ids) - 1)]


def system_of(path: Sequence[StoredMessage]) -> str:
    """The system message that a path begins with."""
    return path[0].text if path and path[0].role is Role.SYSTEM else ""


def model_view(path: Sequence[StoredMessage], system: str | None = None) -> ModelView:
    """Leave out replies that came to nothing and join what one side said twice in a row.

    Chat templates insist that user and assistant alternate, which a failed reply would break. `system`
    takes the place of the path's own system message; None leaves it.
    """
    messages: list[Message] = []
    ids: list[int] = []
    pinned: set[int] = set()
    view_start = 0
    if system is not None and path:
        path = path[1:] if path[0].role is Role.SYSTEM else path
        if system:
            messages.append(Message(Role.SYSTEM, system))
            ids.append(path[0].id if path else 0)
    for stored in path:
        if stored.role is Role.ASSISTANT and not stored.text:
            continue
        if stored.record is not None:
            view_start = stored.record.view_start
        joins = bool(messages) and messages[-1].role is stored.role
        if stored.pinned and stored.role is not Role.SYSTEM:
            pinned.add(len(messages) - joins)
        if joins:
            messages[-1] = Message(stored.role, f"{messages[-1].text}\n\n{stored.text}")
            continue
        messages.append(stored.as_message())
        ids.append(stored.id)
    above = bool(messages) and messages[0].role is Role.SYSTEM
    kept = tuple(sorted(number - above for number in pinned))
    return ModelView(tuple(_in_one_frame(messages, pinned)), tuple(ids), view_start, kept)


def context_use(path: Sequence[StoredMessage]) -> tuple[int, int]:
    """Tokens that a path held in the context when it was last answered, and the limit then; 0 where unknown."""
    record = _last_answer(path)
    if record is None or record.usage is None:
        return 0, 0
    return record.usage.context_tokens, record.options.context_length or 0


def first_seen(path: Sequence[StoredMessage]) -> int | None:
    """The stored message that the last answer on a path began to read with; None: it read all of them."""
    record = _last_answer(path)
    if record is None or not record.view_start:
        return None  # without a look at the whole path, which may be long
    return model_view(path, record.system).first_seen(record.view_start)


def _last_answer(path: Sequence[StoredMessage]) -> ReplyRecord | None:
    return next((message.record for message in reversed(path) if message.record and message.record.usage), None)


def _in_one_frame(messages: Sequence[Message], pinned: Collection[int]) -> list[Message]:
    """Leave empty what lies so far back that no model reads it: the places of the others stay as they are."""
    kept: list[Message] = []
    characters = 0
    for number in range(len(messages) - 1, -1, -1):
        message = messages[number]
        characters += len(message.text) if message.role is not Role.SYSTEM else 0
        stays = message.role is Role.SYSTEM or number in pinned or not kept
        reached = characters <= MAX_MESSAGE_CHARACTERS or stays
        kept.append(message if reached else Message(message.role, ""))
    return kept[::-1]


def require_text(text: str) -> str:
    """A message as it is stored: lone surrogates, which no encoding can carry, are replaced.

    Raises:
        EmptyPrompt: there is nothing but white space.
        MessageTooLarge: it has more than `MAX_MESSAGE_CHARACTERS`.
    """
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageTooLarge(characters=len(text), limit=MAX_MESSAGE_CHARACTERS)
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not clean.strip():
        raise EmptyPrompt
    return clean
