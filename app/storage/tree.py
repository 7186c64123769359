"""The statements on conversations and their messages; each runs inside a transaction that is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from app.core.chat.conversation_errors import UnknownConversation, UnknownMessage
from app.core.chat.conversations import ConversationSummary, StoredMessage
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.storage.database import read_all
from app.storage.rows import encode_record, message_of, storable, summary_of

SUMMARY_COLUMNS = "id, title, created_at, updated_at, folder_id, pinned, archived, trashed_at"
SUMMARY = f"SELECT {SUMMARY_COLUMNS} FROM conversations"
MESSAGE = "id, parent_id, role, text, reasoning, state, created_at, record, pinned"


@dataclass(frozen=True)
class Fields:
    """What a new message says."""

    role: Role
    text: str
    reasoning: str = ""
    state: MessageState = MessageState.COMPLETE
    record: ReplyRecord | None = None


def read_summary(connection: sqlite3.Connection, conversation_id: int) -> ConversationSummary:
    """The line of one conversation.

    Raises:
        UnknownConversation: there is none with this number.
    """
    row = None
    with suppress(OverflowError):  # no number in the file is that large
        row = connection.execute(f"{SUMMARY} WHERE id = ?", (conversation_id,)).fetchone()
    if row is None:
        raise UnknownConversation(id=conversation_id)
    return summary_of(row)


def read_leaf(connection: sqlite3.Connection, conversation_id: int) -> int | None:
    """The active leaf of a conversation that is there."""
    leaf: int | None = connection.execute(
        "SELECT leaf_id FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()[0]
    return leaf


def read_messages(
    connection: sqlite3.Connection, conversation_id: int, is_alive: Callable[[str], bool]
) -> list[StoredMessage]:
    """All messages of a conversation, the oldest first.

    A reply under way has the text of its drafts; one whose writer is dead reads as interrupted.
    """
    rows = read_all(
        connection,
        f"SELECT {MESSAGE}, writer FROM messages WHERE conversation_id = ? AND trash_id IS NULL ORDER BY id",
        (conversation_id,),
    )
    return [_with_drafts(connection, row[:9], row[9], is_alive) for row in rows]


def require_message(connection: sqlite3.Connection, conversation_id: int, message_id: int) -> None:
    """Check that a message belongs to a conversation.

    Raises:
        UnknownMessage: it does not.
    """
    found = connection.execute(
        "SELECT 1 FROM messages WHERE id = ? AND conversation_id = ? AND trash_id IS NULL",
        (message_id, conversation_id),
    ).fetchone()
    if found is None:
        raise UnknownMessage(id=message_id)


def require_place(connection: sqlite3.Connection, conversation_id: int, parent_id: int | None) -> None:
    """Check that a message can be put below `parent_id`, or at the root.

    Raises:
        UnknownConversation: there is no such conversation.
        UnknownMessage: the parent is not in it.
    """
    read_summary(connection, conversation_id)
    if parent_id is not None:
        require_message(connection, conversation_id, parent_id)


def insert_conversation(connection: sqlite3.Connection, title: str, now: float) -> ConversationSummary:
    """Add an empty conversation."""
    row = connection.execute(
        "INSERT INTO conversations (title, created_at, updated_at, titled_by) "
        f"VALUES (?, ?, ?, 'words') RETURNING {SUMMARY_COLUMNS}",
        (storable(title), now, now),
    ).fetchone()
    return summary_of(row)


def insert_message(
    connection: sqlite3.Connection,
    conversation_id: int,
    parent_id: int | None,
    fields: Fields,
    *,
    writer: str,
    now: float,
) -> StoredMessage:
    """Add a message, make it the active leaf, and its conversation the last changed.

    `writer` is the process that will write the rest of one that is `STREAMING`.
    """
    row = connection.execute(
        "INSERT INTO messages "
        "(conversation_id, parent_id, role, text, reasoning, state, created_at, record, writer) "
        f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {MESSAGE}",
        (
            conversation_id,
            parent_id,
            fields.role.value,
            storable(fields.text),
            storable(fields.reasoning),
            fields.state.value,
            now,
            encode_record(fields.record),
            writer if fields.state is MessageState.STREAMING else None,
        ),
    ).fetchone()
    connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (row[0], conversation_id))
    note_change(connection, conversation_id, now)
    return message_of(row)


def note_change(connection: sqlite3.Connection, conversation_id: int, now: float) -> None:
    """Move a conversation to the top; a clock that was set back does not move it down."""
    connection.execute("UPDATE conversations SET updated_at = max(updated_at, ?) WHERE id = ?", (now, conversation_id))


def interrupt(connection: sqlite3.Connection, writer: str) -> int:
    """Fold the drafts of a dead writer into its replies; returns how many replies those were."""
    rows = connection.execute(
        f"SELECT {MESSAGE} FROM messages WHERE state = 'streaming' AND writer = ?", (writer,)
    ).fetchall()
    for row in rows:
        text, reasoning = _drafts(connection, row[0], row[3], row[4])
        connection.execute(
            "UPDATE messages SET text = ?, reasoning = ?, state = ?, writer = NULL WHERE id = ?",
            (text, reasoning, MessageState.INTERRUPTED.value, row[0]),
        )
        connection.execute("DELETE FROM drafts WHERE message_id = ?", (row[0],))
    return len(rows)


def _with_drafts(
    connection: sqlite3.Connection, row: tuple[Any, ...], writer: str, is_alive: Callable[[str], bool]
) -> StoredMessage:
    message = message_of(row)
    if message.state is not MessageState.STREAMING:
        return message
    text, reasoning = _drafts(connection, message.id, message.text, message.reasoning)
    state = MessageState.STREAMING if is_alive(writer) else MessageState.INTERRUPTED
    return msgspec.structs.replace(message, text=text, reasoning=reasoning, state=state)


def _drafts(connection: sqlite3.Connection, message_id: int, text: str, reasoning: str) -> tuple[str, str]:
    """Text and reasoning of a reply so far: what it is continued from, then its drafts."""
    pieces = connection.execute(
        "SELECT text, reasoning FROM drafts WHERE message_id = ? ORDER BY id", (message_id,)
    ).fetchall()
    return text + "".join(piece[0] for piece in pieces), reasoning + "".join(piece[1] for piece in pieces)
