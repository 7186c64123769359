"""What is done with the messages of a conversation, without ever losing one.

A message that is deleted stays in its row with a `trash_id`; what became of its children and of the
active leaf is in the table `trash`, so that the deletion can be taken back for 30 days. Plain
synchronous methods for the thread that owns the database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable

import msgspec

from app.core.chat.conversation_errors import ConversationBusy, NotInTrash
from app.core.chat.conversations import ConversationSummary, StoredMessage
from app.core.chat.listing import TrashedMessages
from app.core.engine.messages import Role
from app.storage import tree
from app.storage.database import Database

_BEGINNING = 80
_BRANCH = """
    WITH RECURSIVE branch (id) AS (
        SELECT ?1 UNION ALL
        SELECT messages.id FROM messages JOIN branch ON messages.parent_id = branch.id WHERE trash_id IS NULL
    )
"""
_PATH = """
    WITH RECURSIVE path (id, parent_id) AS (
        SELECT id, parent_id FROM messages WHERE id = ?1 UNION ALL
        SELECT messages.id, messages.parent_id FROM messages JOIN path ON messages.id = path.parent_id
    )
"""
_COPIED = "role, text, reasoning, state, created_at, record, pinned"


class BranchStore:
    """Deletes, restores and copies messages.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._database = database
        self._clock = clock

    def edit_reply(self, conversation_id: int, message_id: int, text: str) -> StoredMessage:
        """Put the user's own wording beside a reply, as its sibling; it has no record, as no model wrote it.

        Raises:
            UnknownMessage: the conversation has no such message.
        """
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, message_id)
            role, parent_id = connection.execute(
                "SELECT role, parent_id FROM messages WHERE id = ?", (message_id,)
            ).fetchone()
            fields = tree.Fields(Role(role), text)
            return tree.insert_message(connection, conversation_id, parent_id, fields, writer="", now=self._clock())

    def set_pinned(self, conversation_id: int, message_id: int, *, pinned: bool) -> None:
        """Keep a message before the model's eyes from now on, or no longer.

        Raises:
            UnknownMessage: the conversation has no such message.
        """
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, message_id)
            connection.execute("UPDATE messages SET pinned = ? WHERE id = ?", (pinned, message_id))

    def delete_message(self, conversation_id: int, message_id: int) -> int:
        """Move one message to the trash; those below it come below the one above.

        Returns:
            What `restore` takes.

        Raises:
            UnknownMessage: the conversation has no such message.
            ConversationBusy: it is being written.
        """
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, message_id)
            _require_written(connection, conversation_id, (message_id,))
            parent_id = connection.execute("SELECT parent_id FROM messages WHERE id = ?", (message_id,)).fetchone()[0]
            moved = _ids(
                connection.execute(
                    "UPDATE messages SET parent_id = ? WHERE parent_id = ? AND trash_id IS NULL RETURNING id",
                    (parent_id, message_id),
                )
            )
            return self._discard(connection, conversation_id, message_id, (message_id,), moved)

    def delete_branch(self, conversation_id: int, message_id: int) -> int:
        """Move a message and all below it to the trash; returns and raises as `delete_message`."""
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, message_id)
            branch = _ids(connection.execute(f"{_BRANCH} SELECT id FROM branch", (message_id,)))
            _require_written(connection, conversation_id, branch)
            return self._discard(connection, conversation_id, message_id, branch, [])

    def restore(self, trash_id: int) -> int:
        """Take messages out of the trash, to where they were; returns the conversation's number.

        Raises:
            NotInTrash: they were restored already, or deleted for good.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT conversation_id, message_id, leaf_id, moved FROM trash WHERE id = ?", (trash_id,)
            ).fetchone()
            if row is None:
                raise NotInTrash(id=trash_id)
            conversation_id, message_id, leaf_id, moved = row
            parent_id = connection.execute("SELECT parent_id FROM messages WHERE id = ?", (message_id,)).fetchone()[0]
            visible = _visible(connection, parent_id)
            connection.execute("UPDATE messages SET parent_id = ? WHERE id = ?", (visible, message_id))
            connection.execute("UPDATE messages SET trash_id = NULL WHERE trash_id = ?", (trash_id,))
            connection.executemany(
                "UPDATE messages SET parent_id = ? WHERE id = ? AND parent_id IS ? AND trash_id IS NULL",
                [(message_id, key, parent_id) for key in msgspec.json.decode(moved, type=list[int])],
            )
            connection.execute("DELETE FROM trash WHERE id = ?", (trash_id,))
            leaf = leaf_id if leaf_id is not None and _visible(connection, leaf_id) == leaf_id else message_id
            connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (leaf, conversation_id))
            return int(conversation_id)

    def trashed(self) -> list[TrashedMessages]:
        """What was deleted within conversations that are not in the trash themselves, the last first."""
        with self._database.snapshot() as connection:
            rows = connection.execute(
                f"""
                SELECT trash.id, trash.conversation_id, title, substr(text, 1, {_BEGINNING}),
                    (SELECT count(*) FROM messages WHERE trash_id = trash.id), trash.trashed_at
                FROM trash JOIN conversations ON conversations.id = trash.conversation_id
                JOIN messages ON messages.id = trash.message_id
                WHERE conversations.trashed_at IS NULL ORDER BY trash.id DESC
                """
            ).fetchall()
        return [TrashedMessages(*row) for row in rows]

    def branch_off(self, conversation_id: int, message_id: int) -> ConversationSummary:
        """Make a conversation of the path that ends with a message; the old one stays as it is.

        Raises:
            UnknownConversation: there is none with this number.
            UnknownMessage: the conversation has no such message.
            ConversationBusy: a reply on the path is being written.
        """
        with self._database.transaction() as connection:
            source = tree.read_summary(connection, conversation_id)
            tree.require_message(connection, conversation_id, message_id)
            path = _ids(connection.execute(f"{_PATH} SELECT id FROM path ORDER BY id", (message_id,)))
            return self._copy(connection, source, path, message_id)

    def duplicate(self, conversation_id: int) -> ConversationSummary:
        """Copy a whole conversation, into the same folder.

        Raises:
            UnknownConversation: there is none with this number.
            ConversationBusy: a reply of it is being written.
        """
        with self._database.transaction() as connection:
            source = tree.read_summary(connection, conversation_id)
            whole = _ids(
                connection.execute(
                    "SELECT id FROM messages WHERE conversation_id = ? AND trash_id IS NULL ORDER BY id",
                    (conversation_id,),
                )
            )
            return self._copy(connection, source, whole, tree.read_leaf(connection, conversation_id))

    def _discard(
        self,
        connection: sqlite3.Connection,
        conversation_id: int,
        message_id: int,
        discarded: list[int] | tuple[int, ...],
        moved: list[int],
    ) -> int:
        leaf_id = tree.read_leaf(connection, conversation_id)
        trash_id: int = connection.execute(
            "INSERT INTO trash (conversation_id, message_id, trashed_at, leaf_id, moved) VALUES (?, ?, ?, ?, ?) "
            "RETURNING id",
            (conversation_id, message_id, self._clock(), leaf_id, msgspec.json.encode(moved).decode()),
        ).fetchone()[0]
        connection.executemany("UPDATE messages SET trash_id = ? WHERE id = ?", [(trash_id, key) for key in discarded])
        if leaf_id in discarded:
            parent_id = connection.execute("SELECT parent_id FROM messages WHERE id = ?", (message_id,)).fetchone()[0]
            leaf = _leaf_below(connection, conversation_id, parent_id)
            connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (leaf, conversation_id))
        return trash_id

    def _copy(
        self, connection: sqlite3.Connection, source: ConversationSummary, ids: list[int], leaf_id: int | None
    ) -> ConversationSummary:
        _require_written(connection, source.id, ids)
        copy = tree.insert_conversation(connection, source.title, self._clock())
        connection.execute(
            "UPDATE conversations SET folder_id = ?, (titled_by, preset) = "
            "(SELECT titled_by, preset FROM conversations WHERE id = ?) WHERE id = ?",
            (source.folder_id, source.id, copy.id),
        )
        copies: dict[int | None, int | None] = {None: None}
        for key in sorted(ids):  # a parent is always older than its children
            copies[key] = connection.execute(
                f"INSERT INTO messages (conversation_id, parent_id, {_COPIED}) "
                f"SELECT ?, ?, {_COPIED} FROM messages WHERE id = ? RETURNING id",
                (copy.id, copies[_parent(connection, key)], key),
            ).fetchone()[0]
        connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (copies[leaf_id], copy.id))
        return tree.read_summary(connection, copy.id)


def _ids(rows: Iterable[tuple[int]]) -> list[int]:
    return [key for (key,) in rows]


def _parent(connection: sqlite3.Connection, message_id: int) -> int | None:
    parent_id: int | None = connection.execute("SELECT parent_id FROM messages WHERE id = ?", (message_id,)).fetchone()[
        0
    ]
    return parent_id


def _require_written(connection: sqlite3.Connection, conversation_id: int, ids: Iterable[int]) -> None:
    streaming = connection.execute(
        "SELECT id FROM messages WHERE state = 'streaming' AND conversation_id = ?", (conversation_id,)
    )
    if not set(ids).isdisjoint(_ids(streaming)):
        raise ConversationBusy(id=conversation_id)


def _visible(connection: sqlite3.Connection, message_id: int | None) -> int | None:
    """The message, or the nearest one above it that is not in the trash."""
    while message_id is not None:
        parent_id, trash_id = connection.execute(
            "SELECT parent_id, trash_id FROM messages WHERE id = ?", (message_id,)
        ).fetchone() or (None, 0)
        if trash_id is None:
            return message_id
        message_id = parent_id
    return None


def _leaf_below(connection: sqlite3.Connection, conversation_id: int, message_id: int | None) -> int | None:
    """The end of the path that goes on from a message, or from the root, by the newest child each time."""
    newest = "SELECT max(id) FROM messages WHERE trash_id IS NULL AND"
    (child,) = connection.execute(
        f"{newest} conversation_id = ? AND parent_id IS NULL" if message_id is None else f"{newest} parent_id = ?",
        (conversation_id if message_id is None else message_id,),
    ).fetchone()
    while child is not None:
        message_id = child
        (child,) = connection.execute(f"{newest} parent_id = ?", (message_id,)).fetchone()
    return message_id
