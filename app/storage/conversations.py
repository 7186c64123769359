"""Conversations in the database; plain synchronous methods for the thread that owns it.

A user's message and the empty row of its reply are committed before a model starts. While the reply
grows, its text goes piece by piece to the table `drafts`; when it ends, one transaction puts the
whole text in their place. What a process left behind that died meanwhile is put together at the
next start.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import msgspec

from app.core.chat.conversation_errors import ConversationBusy, NothingToContinue, UnknownMessage
from app.core.chat.conversations import Conversation, ConversationSummary, StoredMessage
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.storage import tree
from app.storage.database import Database
from app.storage.rows import encode_record, message_of, storable, summary_of, title_of
from app.storage.writers import is_alive, this_process


@dataclass(frozen=True)
class Exchange:
    """What `begin_exchange` committed: the reply is still empty and `STREAMING`."""

    conversation: ConversationSummary
    system: StoredMessage | None
    user: StoredMessage
    reply: StoredMessage


class ConversationStore:
    """Every conversation, its tree of messages and the drafts of replies under way.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write. Lone surrogates in texts are stored as U+FFFD.
    """

    def __init__(
        self,
        database: Database,
        *,
        writer: str | None = None,
        is_alive: Callable[[str], bool] = is_alive,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep conversations in an open database.

        Args:
            database: used on the thread that opened it.
            writer: names the process in the rows of replies under way; None means this one.
            is_alive: whether the process that a writer names still runs.
            clock: the time in Unix seconds.
        """
        self._database = database
        self._writer_given = writer
        self._is_alive = is_alive
        self._clock = clock

    def summaries(self, limit: int = 200, offset: int = 0, contains: str = "") -> list[ConversationSummary]:
        """Conversations, the last changed first; `contains` filters titles whatever their case."""
        matching = "WHERE instr(casefold(title), casefold(?))" if contains else ""
        values = (storable(contains), limit, offset) if contains else (limit, offset)
        order = "ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?"
        with self._database.snapshot() as connection:
            return [summary_of(row) for row in connection.execute(f"{tree.SUMMARY} {matching} {order}", values)]

    def count(self) -> int:
        """How many conversations there are."""
        with self._database.snapshot() as connection:
            return int(connection.execute("SELECT count(*) FROM conversations").fetchone()[0])

    def summary(self, conversation_id: int) -> ConversationSummary:
        """The line of one conversation.

        Raises:
            UnknownConversation: there is none with this number.
        """
        with self._database.snapshot() as connection:
            return tree.read_summary(connection, conversation_id)

    def rename(self, conversation_id: int, title: str) -> str:
        """Give a conversation another title; its place in the list stays. Returns the title it had.

        Raises:
            UnknownConversation: there is none with this number.
        """
        with self._database.transaction() as connection:
            before = tree.read_summary(connection, conversation_id).title
            connection.execute(
                "UPDATE conversations SET title = ?, titled_by = 'user' WHERE id = ?",
                (storable(title), conversation_id),
            )
            return before

    def load(self, conversation_id: int) -> Conversation:
        """The whole tree; a reply under way, or cut off, has the text of its drafts.

        Raises:
            UnknownConversation: there is none with this number.
        """
        with self._database.snapshot() as connection:
            summary = tree.read_summary(connection, conversation_id)
            messages = tree.read_messages(connection, conversation_id, self._is_alive)
            return Conversation(summary, messages, tree.read_leaf(connection, conversation_id))

    def set_leaf(self, conversation_id: int, message_id: int) -> None:
        """Read another path of the tree from now on; the conversation's place in the list stays.

        Raises:
            UnknownMessage: the conversation has no such message.
        """
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, message_id)
            connection.execute("UPDATE conversations SET leaf_id = ? WHERE id = ?", (message_id, conversation_id))

    def begin_exchange(
        self,
        conversation_id: int | None,
        parent_id: int | None,
        text: str,
        system: str = "",
        *,
        record: ReplyRecord,
    ) -> Exchange:
        """Commit a user's message and the empty row of its reply, in one transaction.

        Args:
            conversation_id: None makes a conversation, titled by the first words of `text`.
            parent_id: the message that is answered; None begins a path at the root.
            text: the user's message.
            system: put above the user's message when that begins a path.
            record: what is known of the reply so far.

        Raises:
            UnknownConversation: there is none with this number.
            UnknownMessage: the parent is not in this conversation.
            ConversationBusy: another process writes in this conversation.
        """
        with self._database.transaction() as connection:
            if conversation_id is None:
                conversation_id = tree.insert_conversation(connection, "", self._clock()).id
            tree.require_place(connection, conversation_id, parent_id)
            self._require_free(connection, conversation_id)
            above = None
            if system and parent_id is None:
                above = self._insert(connection, conversation_id, None, tree.Fields(Role.SYSTEM, system))
                parent_id = above.id
            user = self._insert(connection, conversation_id, parent_id, tree.Fields(Role.USER, text))
            reply = self._begin(connection, conversation_id, user.id, record)
            connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND title = ''", (title_of(text), conversation_id)
            )
            return Exchange(tree.read_summary(connection, conversation_id), above, user, reply)

    def begin_reply(self, conversation_id: int, parent_id: int, *, record: ReplyRecord) -> StoredMessage:
        """Commit the empty row of another reply to a message that is there already.

        Raises:
            UnknownConversation: there is none with this number.
            UnknownMessage: the parent is not in this conversation.
            ConversationBusy: another process writes in this conversation.
        """
        with self._database.transaction() as connection:
            tree.require_place(connection, conversation_id, parent_id)
            self._require_free(connection, conversation_id)
            return self._begin(connection, conversation_id, parent_id, record)

    def begin_continuation(self, conversation_id: int, reply_id: int, *, record: ReplyRecord) -> StoredMessage:
        """Let a reply be written further, from where it ends; it has `record` from its end on.

        Raises:
            UnknownMessage: the reply is not in this conversation.
            NothingToContinue: it is no reply, or has no words yet.
            ConversationBusy: another process writes in this conversation.
        """
        with self._database.transaction() as connection:
            tree.require_message(connection, conversation_id, reply_id)
            self._require_free(connection, conversation_id)
            row = connection.execute(
                "UPDATE messages SET state = ?, writer = ? WHERE id = ? AND role = ? AND text || reasoning != '' "
                f"RETURNING {tree.MESSAGE}",
                (MessageState.STREAMING.value, self._writer, reply_id, Role.ASSISTANT.value),
            ).fetchone()
            if row is None:
                raise NothingToContinue
            return msgspec.structs.replace(message_of(row), record=record)

    def append_draft(self, message_id: int, text: str, reasoning: str = "") -> None:
        """Commit what a reply gained since the last call; a row that no longer streams takes none."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO drafts (message_id, text, reasoning) "
                "SELECT id, ?, ? FROM messages WHERE id = ? AND state = ?",
                (storable(text), storable(reasoning), message_id, MessageState.STREAMING.value),
            )

    def finish_reply(
        self, message_id: int, text: str, reasoning: str, state: MessageState, record: ReplyRecord | None
    ) -> StoredMessage:
        """Put the whole reply in the place of its drafts.

        Raises:
            UnknownMessage: the message was deleted meanwhile.
        """
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM drafts WHERE message_id = ?", (message_id,))
            row = connection.execute(
                "UPDATE messages SET text = ?, reasoning = ?, state = ?, record = ?, writer = NULL "
                f"WHERE id = ? RETURNING conversation_id, {tree.MESSAGE}",
                (storable(text), storable(reasoning), state.value, encode_record(record), message_id),
            ).fetchone()
            if row is None:
                raise UnknownMessage(id=message_id)
            tree.note_change(connection, row[0], self._clock())
            return message_of(row[1:])

    def fill_digest(self, path: str, bytes: int, sha256: str) -> None:  # noqa: A002 - a size
        """Put a model file's digest into the records of replies that were written before it was known."""
        with self._database.transaction() as connection:
            connection.execute(
                """
                UPDATE messages SET record = json_set(record, '$.model.sha256', ?)
                WHERE CASE WHEN json_valid(record) THEN
                    json_extract(record, '$.model.path') = ? AND json_extract(record, '$.model.bytes') = ?
                    AND coalesce(json_extract(record, '$.model.sha256'), '') = ''
                END
                """,
                (sha256, storable(path), bytes),
            )

    def recover(self) -> int:
        """Mark replies as interrupted whose process died, with the text of their drafts.

        Does nothing while the database is read-only.

        Returns:
            How many replies were recovered.
        """
        if self._database.read_only:
            return 0
        with self._database.snapshot() as connection:
            writers = connection.execute("SELECT DISTINCT writer FROM messages WHERE state = 'streaming'").fetchall()
        dead = [writer for (writer,) in writers if not self._is_alive(writer)]
        if not dead:
            return 0
        with self._database.transaction() as connection:
            return sum(tree.interrupt(connection, writer) for writer in dead)

    @cached_property
    def _writer(self) -> str:
        return self._writer_given or this_process()

    def _require_free(self, connection: sqlite3.Connection, conversation_id: int) -> None:
        writers = connection.execute(
            "SELECT writer FROM messages WHERE state = 'streaming' AND conversation_id = ?", (conversation_id,)
        ).fetchall()
        if any(writer != self._writer and self._is_alive(writer) for (writer,) in writers):
            raise ConversationBusy(id=conversation_id)

    def _begin(
        self, connection: sqlite3.Connection, conversation_id: int, parent_id: int, record: ReplyRecord
    ) -> StoredMessage:
        fields = tree.Fields(Role.ASSISTANT, "", state=MessageState.STREAMING, record=record)
        return self._insert(connection, conversation_id, parent_id, fields)

    def _insert(
        self, connection: sqlite3.Connection, conversation_id: int, parent_id: int | None, fields: tree.Fields
    ) -> StoredMessage:
        return tree.insert_message(
            connection, conversation_id, parent_id, fields, writer=self._writer, now=self._clock()
        )
