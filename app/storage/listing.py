"""The list of conversations by pages, and what is done with whole ones: pin, archive, file, trash.

Plain synchronous methods for the thread that owns the database.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence

from app.core.chat.conversation_errors import UnknownFolder
from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import TRASH_DAYS, Listing, Page, Place, Shelf
from app.storage import tree
from app.storage.database import Database
from app.storage.rows import storable, summary_of
from app.storage.writers import is_alive, this_process

PAGE = 100
_PURGED_AT_ONCE = 100
_DAY_SECONDS = 86_400
_WHERE = {
    Shelf.ALL: "trashed_at IS NULL AND archived = 0",
    Shelf.UNFILED: "trashed_at IS NULL AND archived = 0 AND folder_id IS NULL",
    Shelf.ARCHIVE: "trashed_at IS NULL AND archived = 1",
    Shelf.TRASH: "trashed_at IS NOT NULL",
}


class ListingStore:
    """Where each conversation stands.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write. A change returns what is needed to take it back; conversations that are not
    there, or are so already, are passed over.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._database = database
        self._clock = clock

    def page(self, listing: Listing, after: Place | None = None, limit: int = PAGE) -> Page:
        """The conversations that come after a place, or the first ones."""
        condition, values = _condition(listing)
        key = "trashed_at, id" if listing.shelf is Shelf.TRASH else "pinned, updated_at, id"
        if after is not None:
            place = (after.at, after.id) if listing.shelf is Shelf.TRASH else (after.pinned, after.at, after.id)
            condition += f" AND ({key}) < ({', '.join('?' * len(place))})"
            values += place
        order = ", ".join(f"{column} DESC" for column in key.split(", "))
        with self._database.snapshot() as connection:
            rows = connection.execute(
                f"{tree.SUMMARY} WHERE {condition} ORDER BY {order} LIMIT ?", (*values, limit + 1)
            ).fetchall()
        found = tuple(summary_of(row) for row in rows[:limit])
        return Page(found, _place(found[-1]) if len(rows) > limit else None)

    def pin(self, ids: Sequence[int], pinned: bool = True) -> list[int]:
        """Let conversations stand first, or no longer; returns those that were changed."""
        return self._set("pinned", int(pinned), ids)

    def archive(self, ids: Sequence[int], archived: bool = True) -> list[int]:
        """Put conversations away, or take them back; returns those that were changed."""
        return self._set("archived", int(archived), ids)

    def file(self, folders: Mapping[int, int | None]) -> dict[int, int | None]:
        """Put each conversation into a folder, None for none; returns the folders they were in.

        Raises:
            UnknownFolder: there is no such folder.
        """
        with self._database.transaction() as connection:
            for folder_id in set(folders.values()) - {None}:
                if connection.execute("SELECT 1 FROM folders WHERE id = ?", (folder_id,)).fetchone() is None:
                    raise UnknownFolder(id=folder_id or 0)
            before: dict[int, int | None] = {}
            for key, folder_id in folders.items():
                row = connection.execute("SELECT folder_id FROM conversations WHERE id = ?", (key,)).fetchone()
                if row is not None and row[0] != folder_id:
                    before[key] = row[0]
                    connection.execute("UPDATE conversations SET folder_id = ? WHERE id = ?", (folder_id, key))
            return before

    def suggest_title(self, conversation_id: int, title: str) -> bool:
        """Put a model's title in the place of the first words; never in that of the user's own."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    "UPDATE conversations SET title = ?, titled_by = 'model' WHERE id = ? AND titled_by = 'words'",
                    (storable(title), conversation_id),
                ).rowcount
            )

    def trash(self, ids: Sequence[int]) -> list[int]:
        """Move conversations to the trash, where they are kept for 30 days; returns those that were moved."""
        return self._set("trashed_at", self._clock(), ids, "trashed_at IS NULL")

    def restore(self, ids: Sequence[int]) -> list[int]:
        """Take conversations out of the trash, to where they were; returns those that were in it."""
        return self._set("trashed_at", None, ids)

    def forget(self, ids: Sequence[int]) -> int:
        """Delete conversations for good that are in the trash; returns how many those were."""
        with self._database.transaction() as connection:
            return sum(_forgotten(connection, "conversations", key) for key in ids)

    def purge(self) -> int:
        """Delete for good what has been in the trash for 30 days, a hundred at a time; returns how many."""
        if self._database.read_only:
            return 0
        before = self._clock() - TRASH_DAYS * _DAY_SECONDS
        with self._database.snapshot() as connection:
            due = [(table, key) for table in ("conversations", "trash") for key in _due(connection, table, before)]
        if not due:
            return 0
        with self._database.transaction() as connection:
            return sum(_forgotten(connection, table, key) for table, key in due)

    def empty_trash(self) -> int:
        """Delete for good a hundred things that are in the trash; returns how many those were, 0 once it is empty."""
        with self._database.transaction() as connection:
            due = [(table, key) for table in ("conversations", "trash") for key in _due(connection, table, math.inf)]
            return sum(_forgotten(connection, table, key) for table, key in due)

    def answered_elsewhere(self) -> frozenset[int]:
        """The conversations in which another living process writes a reply now."""
        with self._database.snapshot() as connection:
            rows = connection.execute(
                "SELECT conversation_id, writer FROM messages WHERE state = 'streaming'"
            ).fetchall()
        own = this_process() if rows else ""
        return frozenset(number for number, writer in rows if writer != own and is_alive(writer))

    def change_number(self) -> int:
        """A number that is another one once another connection has changed the file (`PRAGMA data_version`)."""
        with self._database.snapshot() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def _set(self, column: str, value: float | None, ids: Sequence[int], condition: str = "") -> list[int]:
        unchanged = condition or f"{column} IS NOT ?1"
        with self._database.transaction() as connection:
            return [key for key in ids if _updated(connection, column, value, key, unchanged)]


def _updated(connection: sqlite3.Connection, column: str, value: float | None, key: int, condition: str) -> bool:
    statement = f"UPDATE conversations SET {column} = ?1 WHERE id = ?2 AND {condition}"
    return connection.execute(statement, (value, key)).rowcount > 0


def _due(connection: sqlite3.Connection, table: str, before: float) -> list[int]:
    statement = f"SELECT id FROM {table} WHERE trashed_at < ? ORDER BY trashed_at LIMIT ?"
    return [key for (key,) in connection.execute(statement, (before, _PURGED_AT_ONCE))]


def _forgotten(connection: sqlite3.Connection, table: str, key: int) -> bool:
    """Delete what is in the trash for good; message by message, since SQLite cascades only 1,000 levels down."""
    owner = "conversation_id" if table == "conversations" else "trash_id"
    if connection.execute(f"SELECT 1 FROM {table} WHERE id = ? AND trashed_at NOT NULL", (key,)).fetchone() is None:
        return False
    connection.execute(f"UPDATE messages SET parent_id = NULL WHERE {owner} = ?", (key,))
    connection.execute(f"DELETE FROM {table} WHERE id = ?", (key,))
    return True


def _condition(listing: Listing) -> tuple[str, tuple[object, ...]]:
    condition = _WHERE[listing.shelf]
    values: tuple[object, ...] = ()
    if listing.folder_id is not None:
        condition, values = f"{condition} AND folder_id = ?", (listing.folder_id,)
    if listing.contains:
        condition, values = (
            f"{condition} AND instr(casefold(title), casefold(?))",
            (*values, storable(listing.contains)),
        )
    return condition, values


def _place(last: ConversationSummary) -> Place:
    return Place(last.pinned, last.updated_at if last.trashed_at is None else last.trashed_at, last.id)
