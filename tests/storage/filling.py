"""Conversations as they are put into a database by tests, without the exchange that leads to them."""

from __future__ import annotations

from app.core.chat.conversations import ConversationSummary, StoredMessage
from app.core.engine.messages import ReplyRecord, Role
from app.storage import tree
from app.storage.conversations import ConversationStore


def create(store: ConversationStore, title: str = "") -> ConversationSummary:
    """An empty conversation."""
    with store._database.transaction() as connection:
        return tree.insert_conversation(connection, title, store._clock())


def add_message(
    store: ConversationStore,
    conversation_id: int,
    parent_id: int | None,
    role: Role,
    text: str,
    *,
    record: ReplyRecord | None = None,
) -> StoredMessage:
    """A whole message below another, or at the root, which is the active leaf then."""
    with store._database.transaction() as connection:
        tree.require_place(connection, conversation_id, parent_id)
        fields = tree.Fields(role, text, record=record)
        return store._insert(connection, conversation_id, parent_id, fields)
