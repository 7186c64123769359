"""Whether a database file is whole: SQLite's own checks, and whether the last process closed it.

Runs on any thread but the window's: a check reads the whole file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from app.core.data.database_errors import DatabaseDamaged
from app.storage.database import connected
from app.storage.faults import translated

_STEPS = 1000
_SHOWN = 20


def was_left_open(database: Path) -> bool:
    """Whether its last user ended without closing it, or another one has it open now.

    The last connection that is closed takes the write-ahead log away.
    """
    try:
        return database.with_name(database.name + "-wal").stat().st_size > 0
    except OSError:
        return False


def check_live(database: Path, go_on: Callable[[], bool]) -> None:
    """Look through a database that others may be writing to.

    Args:
        database: the file.
        go_on: asked now and then; when it says no, the check ends without a finding.

    Raises:
        DatabaseDamaged: it is not whole; `detail` says where.
        WorldError: it cannot be read.
    """
    address = f"{database.absolute().as_uri()}?mode=ro"
    with translated(database), closing(connected(address)) as connection:
        connection.set_progress_handler(lambda: not go_on(), _STEPS)
        try:
            problem = _findings(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return
            raise
    if problem:
        raise DatabaseDamaged(problem, file=database.name)


def findings(path: Path, *, thorough: bool = False) -> str:
    """What is wrong with a file that nobody writes to; empty when nothing is.

    `thorough` compares every index with its table too, which takes several times as long.

    Raises:
        sqlite3.Error: it cannot be read at all.
    """
    with closing(connected(f"{path.absolute().as_uri()}?mode=ro&immutable=1")) as connection:
        return _findings(connection, "integrity_check" if thorough else "quick_check")


def _findings(connection: sqlite3.Connection, check: str = "quick_check") -> str:
    rows = connection.execute(f"PRAGMA {check}({_SHOWN})").fetchall()
    return "" if rows == [("ok",)] else "\n".join(str(row[0]) for row in rows)
