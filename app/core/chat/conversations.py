"""A conversation as it is kept: a tree of messages, of which one path is being read.

There may be tens of thousands of messages; as none can be part of a cycle, the collector need not look at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from app.core.engine.messages import Message, MessageState, ReplyRecord, Role

FIRST_TEMPORARY = 1_000_000_000
"""Numbers from here on are of what is in memory alone, so that they are never taken for those of what is kept."""


class ConversationSummary(msgspec.Struct, frozen=True):
    """A line of the sidebar; times are Unix seconds. `trashed_at` is None unless it is in the trash."""

    id: int
    title: str
    created_at: float
    updated_at: float
    folder_id: int | None = None
    pinned: bool = False
    archived: bool = False
    trashed_at: float | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether it leaves no trace."""
        return self.id >= FIRST_TEMPORARY


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One node of the tree; `created_at` is in Unix seconds. The model sees what is `pinned`, however old it is."""

    id: int
    parent_id: int | None
    role: Role
    text: str
    reasoning: str = ""
    state: MessageState = MessageState.COMPLETE
    created_at: float = 0.0
    record: ReplyRecord | None = None
    pinned: bool = False

    def as_message(self) -> Message:
        """What a model needs of it."""
        return Message(self.role, self.text, self.reasoning)


class Conversation:
    """The tree of one conversation and its active leaf."""

    def __init__(self, summary: ConversationSummary, messages: Iterable[StoredMessage], leaf_id: int | None) -> None:
        self.summary = summary
        self.leaf_id = leaf_id
        self._messages = {message.id: message for message in messages}
        self._children: dict[int | None, list[int]] = {}
        for message in self._messages.values():
            self._children.setdefault(message.parent_id, []).append(message.id)

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, message_id: int) -> bool:
        return message_id in self._messages

    def __iter__(self) -> Iterator[StoredMessage]:
        return iter(self._messages.values())

    def __getitem__(self, message_id: int) -> StoredMessage:
        return self._messages[message_id]

    def path(self, leaf_id: int | None = None) -> list[StoredMessage]:
        """From the first message to the given leaf, or to the active one."""
        found: list[StoredMessage] = []
        at = self.leaf_id if leaf_id is None else leaf_id
        while at is not None:
            message = self._messages[at]
            found.append(message)
            at = message.parent_id
        found.reverse()
        return found

    def siblings(self, message_id: int) -> list[int]:
        """The ids that share a parent with this message, itself included, in order of creation."""
        return list(self._children[self._messages[message_id].parent_id])

    def leaf_below(self, message_id: int) -> int:
        """The end of the path that goes on from a message, by the newest child each time."""
        while children := self._children.get(message_id):
            message_id = children[-1]
        return message_id

    def put(self, message: StoredMessage, *, activate: bool = True) -> None:
        """Add a message, or replace the one with its id."""
        if message.id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
        self._messages[message.id] = message
        if activate:
            self.leaf_id = message.id
