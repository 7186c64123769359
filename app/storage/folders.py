"""Folders of conversations; plain synchronous methods for the thread that owns the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from app.core.chat.conversation_errors import FolderInsideItself, UnknownFolder
from app.core.chat.listing import DeletedFolder, Folder
from app.storage.database import Database
from app.storage.rows import storable

_COLUMNS = "id, parent_id, name, position, preset_id"


class FolderStore:
    """Every folder, in the order the user gave them.

    All methods raise the errors of `Database.snapshot` when they read and of `Database.transaction`
    when they write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[Folder]:
        """All folders, in their order within each parent."""
        with self._database.snapshot() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM folders ORDER BY parent_id, position, id").fetchall()
        return [Folder(*row) for row in rows]

    def create(self, name: str, parent_id: int | None = None) -> Folder:
        """Make a folder, the last one within its parent.

        Raises:
            UnknownFolder: there is no such parent.
        """
        with self._database.transaction() as connection:
            if parent_id is not None:
                _read(connection, parent_id)
            return _insert(connection, name, parent_id)

    def rename(self, folder_id: int, name: str) -> Folder:
        """Give a folder another name; returns it as it was.

        Raises:
            UnknownFolder: there is none with this number.
        """
        with self._database.transaction() as connection:
            before = _read(connection, folder_id)
            connection.execute("UPDATE folders SET name = ? WHERE id = ?", (storable(name), folder_id))
            return before

    def move(self, folder_id: int, parent_id: int | None, position: int | None = None) -> Folder:
        """Put a folder into another one, or at the top, before the one at `position`, or last; returns it as it was.

        Raises:
            UnknownFolder: there is none with this number, or no such parent.
            FolderInsideItself: the parent is the folder or lies within it.
        """
        with self._database.transaction() as connection:
            before = _read(connection, folder_id)
            above = parent_id
            while above is not None:
                if above == folder_id:
                    raise FolderInsideItself(name=before.name)
                above = _read(connection, above).parent_id
            order = [
                other
                for (other,) in connection.execute(
                    "SELECT id FROM folders WHERE parent_id IS ? AND id != ? ORDER BY position, id",
                    (parent_id, folder_id),
                )
            ]
            order.insert(len(order) if position is None else position, folder_id)
            connection.execute("UPDATE folders SET parent_id = ? WHERE id = ?", (parent_id, folder_id))
            connection.executemany("UPDATE folders SET position = ? WHERE id = ?", list(enumerate(order)))
            return before

    def delete(self, folder_id: int) -> DeletedFolder:
        """Take a folder away; what was in it comes into the one above it.

        Raises:
            UnknownFolder: there is none with this number.
        """
        with self._database.transaction() as connection:
            folder = _read(connection, folder_id)
            moved = [
                tuple(
                    key
                    for (key,) in connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {column} = ? RETURNING id",
                        (folder.parent_id, folder_id),
                    )
                )
                for table, column in (("folders", "parent_id"), ("conversations", "folder_id"))
            ]
            connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))
            return DeletedFolder(folder, *moved)

    def restore(self, deleted: DeletedFolder) -> None:
        """Bring a folder back, with what was in it and was not moved elsewhere meanwhile."""
        folder = deleted.folder
        with self._database.transaction() as connection:
            known = connection.execute("SELECT 1 FROM folders WHERE id = ?", (folder.parent_id,)).fetchone()
            connection.execute(
                f"INSERT INTO folders ({_COLUMNS}) VALUES (?, ?, ?, ?, (SELECT id FROM presets WHERE id = ?))",
                (folder.id, folder.parent_id if known else None, folder.name, folder.position, folder.preset_id),
            )
            for table, column, keys in (
                ("folders", "parent_id", deleted.folders),
                ("conversations", "folder_id", deleted.conversations),
            ):
                connection.executemany(
                    f"UPDATE {table} SET {column} = ? WHERE id = ? AND {column} IS ?",
                    [(folder.id, key, folder.parent_id) for key in keys],
                )


def names_of(connection: sqlite3.Connection, folder_id: int | None) -> list[str]:
    """The names of a folder and of those above it, from the top; inside a transaction that is open."""
    names: list[str] = []
    while folder_id is not None:
        folder = _read(connection, folder_id)
        names.append(folder.name)
        folder_id = folder.parent_id
    names.reverse()
    return names


def folder_named(connection: sqlite3.Connection, names: Sequence[str]) -> int | None:
    """The folder of these names, from the top, made where it is not there; None if there are no names."""
    folder_id: int | None = None
    for name in names:
        row = connection.execute(
            "SELECT id FROM folders WHERE parent_id IS ? AND name = ? ORDER BY position, id",
            (folder_id, storable(name)),
        ).fetchone()
        folder_id = row[0] if row else _insert(connection, name, folder_id).id
    return folder_id


def _insert(connection: sqlite3.Connection, name: str, parent_id: int | None) -> Folder:
    row = connection.execute(
        "INSERT INTO folders (parent_id, name, position) VALUES "
        "(?1, ?2, (SELECT 1 + coalesce(max(position), -1) FROM folders WHERE parent_id IS ?1)) "
        f"RETURNING {_COLUMNS}",
        (parent_id, storable(name)),
    ).fetchone()
    return Folder(*row)


def _read(connection: sqlite3.Connection, folder_id: int) -> Folder:
    row = connection.execute(f"SELECT {_COLUMNS} FROM folders WHERE id = ?", (folder_id,)).fetchone()
    if row is None:
        raise UnknownFolder(id=folder_id)
    return Folder(*row)
