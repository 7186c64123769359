"""Search over titles and messages, as the user types; plain synchronous methods for the thread that owns the database.

The index answers which texts hold all words, the newest first, without positions. Of those, the newest
`_WEIGHED` are read and weighed as BM25 does (Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009): SQLite's own `bm25` counts every text with each word first, which for
a common word among a million messages takes longer than a user waits. For the same reason a word's texts
are counted up to `_COUNTED` only, beyond which it is simply common.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.core.chat.conversations import StoredMessage
from app.core.chat.search import Hit, Marked, SearchQuery, SearchResult
from app.core.engine.messages import Role
from app.core.errors import Cancelled
from app.storage import tree
from app.storage.database import Database
from app.storage.finding import Finder
from app.storage.rows import message_of, summary_of

HITS = 50
_WEIGHED = 200
_COUNTED = 2000
_SIFTED = 400
_WEIGHED_CHARACTERS = 20_000
_K1, _B = 1.2, 0.75
_MESSAGE_WORDS, _TITLE_WORDS = 150, 6
_TITLE_WEIGHT = 3.0
_LETTERS_PER_WORD = 6


@dataclass(frozen=True)
class _Found:
    """A text that holds all words; a title's has no message."""

    score: float
    conversation_id: int
    message_id: int | None = None


class SearchStore:
    """Finds messages and titles. All methods raise the errors of `Database.snapshot`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(self, query: SearchQuery, limit: int = HITS) -> SearchResult:
        """The best hits first; among equals, the newest.

        Raises:
            Cancelled: `Database.interrupt` was called meanwhile.
        """
        finder = Finder.of(query.text)
        if not finder.words:
            return SearchResult(())
        with self._uninterrupted() as connection:
            weights = _weights(connection, finder)
            found, more = _messages(connection, query, finder, weights)
            if not query.model and query.role is None:
                found = [*_titles(connection, query, finder, weights), *found]
            best = sorted(found, key=lambda one: (one.score, one.message_id or math.inf), reverse=True)
            hits = (_hit(connection, one, finder) for one in best[: 2 * limit])
            return SearchResult(tuple(hit for hit in hits if hit)[:limit], more=more)

    @contextmanager
    def _uninterrupted(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.snapshot() as connection:
                yield connection
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise Cancelled from None
            raise


def _weights(connection: sqlite3.Connection, finder: Finder) -> list[float]:
    """How much each word tells: the less texts hold it, the more."""
    if len(finder.words) == 1:
        return [1.0]
    total = connection.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
    counted = "SELECT count(*) FROM (SELECT 1 FROM message_index WHERE message_index MATCH ? LIMIT ?)"
    weights = []
    for word in finder.words:
        count = _rows(connection, counted, (word.rough, _COUNTED))[0][0]
        weights.append(math.log(1 + (max(total, count) - count + 0.5) / (count + 0.5)))
    return weights


def _messages(
    connection: sqlite3.Connection, query: SearchQuery, finder: Finder, weights: Sequence[float]
) -> tuple[list[_Found], bool]:
    """The newest messages with all words, and whether there may be more of them."""
    conditions, values = _filters(query, "messages.created_at")
    if query.role is not None:
        conditions.append("role = ?")
        values.append(query.role.value)
    if query.model:
        conditions.append(
            "instr(casefold(CASE WHEN json_valid(record) THEN coalesce(json_extract(record, '$.model.name'), '') "
            "ELSE '' END), casefold(?))"
        )
        values.append(query.model)
    statement = f"""
        SELECT messages.id, conversation_id, substr(messages.text, 1, {_WEIGHED_CHARACTERS}) FROM message_index
        CROSS JOIN messages ON messages.id = message_index.rowid
        CROSS JOIN conversations ON conversations.id = conversation_id
        WHERE message_index MATCH ? AND trash_id IS NULL AND {" AND ".join(conditions)}
        ORDER BY message_index.rowid DESC LIMIT ?
        """
    rows, more = _loosely(connection, statement, values, finder)
    if more and len(rows) <= HITS:
        rows = _rows(connection, statement, (finder.match, *values, _WEIGHED + 1))
        more = len(rows) > _WEIGHED
    return [
        _Found(_score(finder, weights, text, _MESSAGE_WORDS), owner, key) for key, owner, text in rows[:_WEIGHED]
    ], more


def _loosely(
    connection: sqlite3.Connection, statement: str, values: Sequence[object], finder: Finder
) -> tuple[list[tuple[Any, ...]], bool]:
    """The newest texts with all words, sifted from what the index gives at once, and whether there may be more."""
    if finder.loose_match == finder.match:
        return [], True
    rows = _rows(connection, statement, (finder.loose_match, *values, _SIFTED))
    found = [row for row in rows if len(row[2]) == _WEIGHED_CHARACTERS or finder.begins(row[2])]
    return found, len(rows) == _SIFTED or len(found) > _WEIGHED


def _titles(
    connection: sqlite3.Connection, query: SearchQuery, finder: Finder, weights: Sequence[float]
) -> list[_Found]:
    conditions, values = _filters(query, "updated_at")
    rows = _rows(
        connection,
        f"""
        SELECT id, conversations.title FROM title_index
        CROSS JOIN conversations ON conversations.id = title_index.rowid
        WHERE title_index MATCH ? AND {" AND ".join(conditions)}
        ORDER BY title_index.rowid DESC LIMIT {_WEIGHED}
        """,
        (finder.match, *values),
    )
    return [_Found(_TITLE_WEIGHT * _score(finder, weights, title, _TITLE_WORDS), key) for key, title in rows]


def _filters(query: SearchQuery, time: str) -> tuple[list[str], list[object]]:
    conditions, values = ["conversations.trashed_at IS NULL"], list[object]()
    if query.folder_id is not None:
        conditions.append(
            "folder_id IN (WITH RECURSIVE inner (id) AS (SELECT ? UNION "
            "SELECT folders.id FROM folders JOIN inner ON folders.parent_id = inner.id) SELECT id FROM inner)"
        )
        values.append(query.folder_id)
    if query.since is not None:
        conditions.append(f"{time} >= ?")
        values.append(query.since)
    if query.until is not None:
        conditions.append(f"{time} < ?")
        values.append(query.until)
    return conditions, values


def _score(finder: Finder, weights: Sequence[float], text: str, usual_words: int) -> float:
    """BM25 of a text that holds all words, of which those beyond its weighed part count once."""
    norm = _K1 * (1 - _B + _B * len(text) / _LETTERS_PER_WORD / usual_words)
    counts = (max(1, count) for count in finder.counts(text))
    return sum(weight * count * (_K1 + 1) / (count + norm) for weight, count in zip(weights, counts, strict=True))


def _hit(connection: sqlite3.Connection, found: _Found, finder: Finder) -> Hit | None:
    """The hit as it is shown; None when the text holds the words, but not one after the other as asked."""
    row = connection.execute(f"{tree.SUMMARY} WHERE id = ?", (found.conversation_id,)).fetchone()
    conversation = summary_of(row)
    title = Marked(conversation.title, finder.marks(conversation.title))
    if found.message_id is None:
        return Hit(conversation=conversation, title=title, at=conversation.updated_at) if finder.holds(row[1]) else None
    message = _message(connection, found.message_id)
    if not finder.holds(message.text):
        return None
    return Hit(
        conversation=conversation,
        title=title,
        message_id=message.id,
        snippet=finder.snippet(message.text),
        role=message.role,
        model=message.record.model.name if message.record and message.role is Role.ASSISTANT else "",
        at=message.created_at or conversation.updated_at,
    )


def _message(connection: sqlite3.Connection, message_id: int) -> StoredMessage:
    return message_of(connection.execute(f"SELECT {tree.MESSAGE} FROM messages WHERE id = ?", (message_id,)).fetchone())


def _rows(connection: sqlite3.Connection, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    return connection.execute(statement, tuple(values)).fetchall()
