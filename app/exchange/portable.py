"""A conversation apart from any database, and Parley's own JSON: format `parley-conversations`, version 1.

A document is one object in UTF-8::

    {"format": "parley-conversations", "version": 1, "program": "Parley 1.0", "exported_at": 1763700000.0,
     "conversations": [CONVERSATION, ...]}

with `conversations` last, so that it can be read and written as a stream.  CONVERSATION has the
fields of `PortableConversation`, its messages those of `PortableMessage`; fields with their default
are left out, and readers ignore fields they do not know.  Times are Unix seconds.  A message's
`parent` is the `id` of another one in the same conversation, or absent at the root; a parent stands
before its children, and siblings stand in the order in which they were made.  `leaf` is the end of
the path that is being read.  `record` holds what makes a reply reproducible, in the fields of
`app.core.engine.messages.ReplyRecord`.  `origin` says who a conversation is, whatever database it is in,
so that it is never imported twice.  `folder` names the folder a conversation lies in and those above
it, from the top; `preset` is the one it goes on with, in the fields of `app.core.chat.presets.ChosenPreset`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.core.chat.conversations import Conversation, StoredMessage
from app.core.chat.presets import ChosenPreset
from app.core.data.exchange import ImportFormat
from app.core.engine.messages import MessageState, ReplyRecord, Role

FORMAT = "parley-conversations"
VERSION = 1


class PortableMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One node of the tree; `id` means something inside its conversation alone."""

    id: int
    parent: int | None = None
    role: Role
    text: str
    reasoning: str = ""
    state: MessageState = MessageState.COMPLETE
    created_at: float = 0.0
    record: ReplyRecord | None = None
    pinned: bool = False


class PortableConversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole tree; see the module."""

    origin: str
    title: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    leaf: int | None = None
    folder: tuple[str, ...] = ()
    pinned: bool = False
    archived: bool = False
    preset: ChosenPreset | None = None
    messages: tuple[PortableMessage, ...] = ()

    def active_path(self) -> list[PortableMessage]:
        """From the first message to the active leaf."""
        by_id = {message.id: message for message in self.messages}
        path: list[PortableMessage] = []
        at = self.leaf
        while at is not None:
            path.append(by_id[at])
            at = by_id[at].parent
        path.reverse()
        return path


def native_origin(conversation_id: int, created_at: float) -> str:
    """The origin of a conversation that began in Parley: another database would not have made the same."""
    return f"{ImportFormat.PARLEY.value}:{conversation_id}-{created_at:.6f}"


def portable(
    conversation: Conversation, origin: str = "", folder: Sequence[str] = (), preset: ChosenPreset | None = None
) -> PortableConversation:
    """A stored conversation as it travels; `origin` is where it was imported from, if it was."""
    summary = conversation.summary
    return PortableConversation(
        origin=origin or native_origin(summary.id, summary.created_at),
        title=summary.title,
        created_at=summary.created_at,
        updated_at=summary.updated_at,
        leaf=conversation.leaf_id,
        folder=tuple(folder),
        pinned=summary.pinned,
        archived=summary.archived,
        preset=preset,
        messages=tuple(_portable_message(message) for message in sorted(conversation, key=lambda message: message.id)),
    )


def _portable_message(message: StoredMessage) -> PortableMessage:
    return PortableMessage(
        id=message.id,
        parent=message.parent_id,
        role=message.role,
        text=message.text,
        reasoning=message.reasoning,
        state=message.state,
        created_at=message.created_at,
        record=message.record,
        pinned=message.pinned,
    )
