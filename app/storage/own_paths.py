"""Paths in the data folder as the database keeps them: relative to it.

So they hold wherever that folder comes to lie: moved by Parley or by hand, on a stick that another machine calls
otherwise, or back from a backup that was made at another place. Plain functions for any thread.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from app.storage.rows import storable

_HERE = "./"
_COLUMNS = (("models", "path"), ("downloads", "folder"))


def kept(path: str, folder: Path) -> str:
    """A path as it is kept, in the database that lies in this folder."""
    if path == str(folder):
        return _HERE
    inner = path.removeprefix(f"{folder}{os.sep}")
    return storable(path if inner == path else _HERE + inner.replace(os.sep, "/"))


def whole(path: str, folder: Path) -> str:
    """The path that was kept so."""
    return str(folder / path.removeprefix(_HERE)) if path.startswith(_HERE) else path


def detach(connection: sqlite3.Connection, folder: Path) -> None:
    """Keep so what an earlier version has kept with the whole path; tables that are not there yet are passed over."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    within = f"{folder}{os.sep}"
    for table, column in _COLUMNS:
        if table in there:
            connection.execute(
                f"UPDATE OR REPLACE {table} SET {column} = ? || replace(substr({column}, ?), ?, '/') "
                f"WHERE substr({column} || ?, 1, ?) = ?",
                (_HERE, len(within) + 1, os.sep, os.sep, len(within), within),
            )
