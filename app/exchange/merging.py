"""What of a conversation that comes in is not here yet.

Messages are compared by what they say and where they hang, not by ids: so a conversation that grew
on either side is joined, and nothing that is here is changed.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.chat.conversations import Conversation, StoredMessage
from app.exchange.portable import PortableConversation, PortableMessage


@dataclass(frozen=True)
class Graft:
    """A message to add: below the stored message `stored_parent`, or below another graft's message, or at the root."""

    message: PortableMessage
    stored_parent: int | None = None


@dataclass(frozen=True)
class Growth:
    """Messages to add, parents first; `leaf` is the incoming id that becomes the active leaf, None keeps it."""

    grafts: tuple[Graft, ...]
    leaf: int | None = None


def growth(stored: Conversation, incoming: PortableConversation) -> Growth:
    """What `incoming` has beyond `stored`; the active leaf goes along where the conversation just went on from it."""
    waiting: dict[tuple[int | None, str, str, str], deque[int]] = defaultdict(deque)
    for here in stored:
        waiting[here.parent_id, *_said(here)].append(here.id)
    known: dict[int, int] = {}
    grafts: list[Graft] = []
    for message in incoming.messages:
        is_root = message.parent is None
        if is_root or message.parent in known:
            parent = None if message.parent is None else known[message.parent]
            same = waiting.get((parent, *_said(message)))
            if same:
                known[message.id] = same.popleft()
                continue
            grafts.append(Graft(message, parent))
        else:
            grafts.append(Graft(message))
    return Growth(tuple(grafts), _leaf(stored, incoming, known, grafts))


def _leaf(
    stored: Conversation, incoming: PortableConversation, known: dict[int, int], grafts: Sequence[Graft]
) -> int | None:
    if incoming.leaf is None or incoming.leaf in known or not grafts:
        return None
    path = [known.get(message.id) for message in incoming.active_path()]
    last_known = next((here for here in reversed(path) if here is not None), None)
    return incoming.leaf if last_known == stored.leaf_id else None


def _said(message: StoredMessage | PortableMessage) -> tuple[str, str, str]:
    return message.role.value, message.text, message.reasoning
