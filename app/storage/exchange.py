"""Conversations out of the database and into it, as they travel; plain synchronous methods for its thread.

A conversation that was imported is known by its `origin`, one that began here by its number and
the moment in which it was made, which is what its origin says wherever it is imported.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from app.core.chat.conversations import Conversation, StoredMessage
from app.core.chat.presets import ChosenPreset
from app.core.engine.messages import Role
from app.exchange.importing import Outcome
from app.exchange.merging import Graft, growth
from app.exchange.portable import PortableConversation, PortableMessage, native_origin, portable
from app.storage import folders, tree
from app.storage.database import Database
from app.storage.rows import decode_struct, encode_record, encode_struct, message_of, storable, title_of
from app.storage.writers import is_alive


class ExchangeStore:
    """Reads whole conversations, and keeps those that come in, each once.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def ids(self) -> list[int]:
        """Every conversation that is not in the trash, the oldest first."""
        with self._database.snapshot() as connection:
            rows = connection.execute("SELECT id FROM conversations WHERE trashed_at IS NULL ORDER BY id")
            return [number for (number,) in rows]

    def read(self, conversation_id: int) -> PortableConversation:
        """A conversation with its whole tree.

        Raises:
            UnknownConversation: there is none with this number.
        """
        with self._database.snapshot() as connection:
            summary = tree.read_summary(connection, conversation_id)
            origin, preset = connection.execute(
                "SELECT origin, preset FROM conversations WHERE id = ?", (conversation_id,)
            ).fetchone()
            folder = folders.names_of(connection, summary.folder_id)
            messages = tree.read_messages(connection, conversation_id, is_alive)
            leaf = tree.read_leaf(connection, conversation_id)
        return portable(
            Conversation(summary, messages, leaf), origin or "", folder, decode_struct(preset, ChosenPreset)
        )

    def put(self, conversations: Sequence[PortableConversation]) -> list[tuple[Outcome, int]]:
        """Keep conversations, or what of them is new, all or none; how many messages each added.

        One that is in the trash stays there.
        """
        with self._database.transaction() as connection:
            return [_put(connection, conversation) for conversation in conversations]


def _put(connection: sqlite3.Connection, conversation: PortableConversation) -> tuple[Outcome, int]:
    found = _find(connection, conversation)
    if found is None:
        return Outcome.ADDED, _add(connection, conversation)
    stored = _load_all(connection, found)
    if stored.summary.trashed_at is not None:
        return Outcome.TRASHED, 0
    added = _extend(connection, stored, conversation)
    return (Outcome.GROWN if added else Outcome.PRESENT), added


def _find(connection: sqlite3.Connection, conversation: PortableConversation) -> int | None:
    """The conversation that this is, in the trash or not."""
    row = connection.execute(
        "SELECT id FROM conversations WHERE origin = ?", (storable(conversation.origin),)
    ).fetchone()
    if row is not None:
        return int(row[0])
    number = conversation.origin.rpartition(":")[2].partition("-")[0]
    if not number.isdecimal() or len(number) > 18:
        return None
    row = connection.execute(
        "SELECT created_at FROM conversations WHERE id = ? AND origin IS NULL", (int(number),)
    ).fetchone()
    if row is None or native_origin(int(number), row[0]) != conversation.origin:
        return None
    return int(number)


def _add(connection: sqlite3.Connection, conversation: PortableConversation) -> int:
    first = next((message.text for message in conversation.messages if message.role is Role.USER), "")
    row = connection.execute(
        "INSERT INTO conversations "
        "(title, created_at, updated_at, origin, titled_by, folder_id, pinned, archived, preset) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            storable(conversation.title) or title_of(first),
            conversation.created_at,
            conversation.updated_at,
            storable(conversation.origin),
            "user" if conversation.title else "words",
            folders.folder_named(connection, conversation.folder),
            conversation.pinned,
            conversation.archived,
            encode_struct(conversation.preset) if conversation.preset else None,
        ),
    ).fetchone()
    grafts = [Graft(message) for message in conversation.messages]
    numbers = _insert(connection, row[0], grafts)
    if conversation.leaf is not None:
        _set_leaf(connection, row[0], numbers[conversation.leaf])
    return len(numbers)


def _extend(connection: sqlite3.Connection, stored: Conversation, incoming: PortableConversation) -> int:
    conversation_id = stored.summary.id
    new = growth(stored, incoming)
    numbers = _insert(connection, conversation_id, _reachable(connection, new.grafts))
    if new.leaf is not None and new.leaf in numbers:
        _set_leaf(connection, conversation_id, numbers[new.leaf])
    if numbers:
        tree.note_change(connection, conversation_id, incoming.updated_at)
    return len(numbers)


def _load_all(connection: sqlite3.Connection, conversation_id: int) -> Conversation:
    """The conversation with what of it is in the trash, so that this does not come in anew."""
    summary = tree.read_summary(connection, conversation_id)
    rows = connection.execute(
        f"SELECT {tree.MESSAGE} FROM messages WHERE conversation_id = ? ORDER BY id", (conversation_id,)
    )
    messages: list[StoredMessage] = [message_of(row) for row in rows]
    return Conversation(summary, messages, tree.read_leaf(connection, conversation_id))


def _reachable(connection: sqlite3.Connection, grafts: Sequence[Graft]) -> list[Graft]:
    """The grafts that hang below nothing that is in the trash."""
    kept: list[Graft] = []
    left_out: set[int] = set()
    for graft in grafts:
        trashed = graft.message.parent in left_out
        if graft.stored_parent is not None:
            row = connection.execute("SELECT trash_id FROM messages WHERE id = ?", (graft.stored_parent,)).fetchone()
            trashed = row[0] is not None
        if trashed:
            left_out.add(graft.message.id)
        else:
            kept.append(graft)
    return kept


def _insert(connection: sqlite3.Connection, conversation_id: int, grafts: Sequence[Graft]) -> dict[int, int]:
    """Add messages, parents first; their numbers by the ids they came with."""
    numbers: dict[int, int] = {}
    for graft in grafts:
        parent = numbers.get(graft.message.parent, graft.stored_parent) if graft.message.parent else graft.stored_parent
        numbers[graft.message.id] = _insert_message(connection, conversation_id, parent, graft.message)
    return numbers


def _insert_message(
    connection: sqlite3.Connection, conversation_id: int, parent_id: int | None, message: PortableMessage
) -> int:
    cursor = connection.execute(
        "INSERT INTO messages (conversation_id, parent_id, role, text, reasoning, state, created_at, record, pinned) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            conversation_id,
            parent_id,
            message.role.value,
            storable(message.text),
            storable(message.reasoning),
            message.state.value,
            message.created_at,
            encode_record(message.record),
            message.pinned,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _set_leaf(connection: sqlite3.Connection, conversation_id: int, message_id: int) -> None:
    connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (message_id, conversation_id))
