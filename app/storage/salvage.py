"""Saves what can still be read of a damaged database into a new one, table by table and row by row.

Runs while no other process has the database open. Only reads the damaged file's copy.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.core.data.data_errors import NothingSalvaged
from app.core.data.database_errors import DatabaseDamaged
from app.storage.backup import Progress, list_backups
from app.storage.database import Database, connected
from app.storage.faults import translated
from app.storage.files import size_of
from app.storage.migrations import MIGRATIONS
from app.storage.restore import alone, keep_aside, put_in_place

_LARGEST_PAGE = 65_536
_UNKNOWN_ROWS = 1_000_000


@dataclass
class Salvaged:
    """What was saved: the rows of each table, the damaged file that is kept, and whether rows were lost."""

    kept: Path
    rows: dict[str, int] = field(default_factory=dict)
    gaps: int = 0


def salvage(
    database: Path,
    *,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.time,
    busy_seconds: float = 5.0,
) -> Salvaged:
    """Put a sound database with all that can be read in the place of a damaged one, which is kept beside it.

    Replies whose conversation is lost get one called “Salvaged”.

    Raises:
        NothingSalvaged: no table could be read; the database is left as it is.
        DatabaseLocked: another process has the database open.
        WorldError: as `translated`.
    """
    with suppress(DatabaseDamaged), alone(database, busy_seconds):
        pass
    result = Salvaged(keep_aside(database, clock))
    with translated(database), _workplace(database) as folder:
        source, target = folder / "damaged.sqlite3", folder / "sound.sqlite3"
        for ending in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(result.kept.with_name(result.kept.name + ending), Path(f"{source}{ending}"))
        _mend_head(source, database)
        with closing(_lenient(source)) as damaged:
            Database(target, migrations=MIGRATIONS[: _version(damaged)]).close()
            with closing(connected(str(target))) as sound:
                _copy_tables(damaged, sound, result, progress, size_of(source))
                _mend_references(sound)
                sound.execute("PRAGMA journal_mode = DELETE")
        if not sum(result.rows.values()):
            raise NothingSalvaged(file=database.name)
        put_in_place(database, target)
    return result


@contextmanager
def _workplace(database: Path) -> Iterator[Path]:
    folder = database.with_name("salvage.partial")
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lenient(path: Path) -> sqlite3.Connection:
    connection = connected(str(path))
    connection.execute("PRAGMA cell_size_check = OFF")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    with suppress(sqlite3.DatabaseError):
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if 0 < version <= len(MIGRATIONS):
            return version
    return len(MIGRATIONS)


def _mend_head(path: Path, database: Path) -> None:
    """Give a file whose first page is broken the first page of its newest backup, which has the same tables."""
    with suppress(sqlite3.DatabaseError), closing(_lenient(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return
    sound = next((backup.path for backup in list_backups(database) if backup.conversations is not None), None)
    if sound is None:
        return
    with sound.open("rb") as stream:
        content = stream.read(_LARGEST_PAGE)
    size = int.from_bytes(content[16:18], "big")
    size = _LARGEST_PAGE if size == 1 else size
    page = bytearray(content[:size])
    page[28:32] = (max(path.stat().st_size, size) // size).to_bytes(4, "big")  # the file's pages
    page[32:40] = bytes(8)  # no free pages: those of the backup may be in use here
    with path.open("r+b") as stream:
        stream.write(page)


def _copy_tables(
    damaged: sqlite3.Connection, sound: sqlite3.Connection, result: Salvaged, progress: Progress | None, total: int
) -> None:
    sound.execute("PRAGMA foreign_keys = OFF")
    tables = _tables(sound)
    for number, table in enumerate(tables):
        sound.execute("BEGIN")
        result.rows[table] = _copy_table(damaged, sound, table, result)
        sound.execute("COMMIT")
        if progress is not None:
            progress(total * (number + 1) // len(tables), total)


def _tables(connection: sqlite3.Connection) -> list[str]:
    """The ordinary tables; those of an index for search are filled by their triggers."""
    rows = connection.execute("PRAGMA table_list").fetchall()
    return [name for _, name, kind, *_ in rows if kind == "table" and not name.startswith("sqlite_")]


def _copy_table(damaged: sqlite3.Connection, sound: sqlite3.Connection, table: str, result: Salvaged) -> int:
    try:
        there = {row[1] for row in damaged.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        there = set()
    columns = [row[1] for row in sound.execute(f"PRAGMA table_info({table})") if row[1] in there]
    if not columns:
        result.gaps += 1
        return 0
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    copied = 0
    for row in _rows(damaged, table, names, result):
        with suppress(sqlite3.IntegrityError):  # a damaged value that its column refuses
            copied += sound.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row).rowcount
    return copied


def _rows(connection: sqlite3.Connection, table: str, names: str, result: Salvaged) -> Iterator[tuple[object, ...]]:
    """Every row that can be read: up to where the table is damaged, and on behind that."""
    query = f"SELECT rowid, {names} FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid"
    position, last, lost = 0, _last_row(connection, table), False
    while position <= last:
        try:
            for number, *row in connection.execute(query, (position,)):
                position, lost = number + 1, False
                yield tuple(row)
            return
        except sqlite3.DatabaseError:
            result.gaps += not lost
            position, lost = position + 1, True


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    for query in (f"SELECT max(rowid) FROM {table}", f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'"):
        with suppress(sqlite3.DatabaseError):
            found = connection.execute(query).fetchone()
            if found and found[0] is not None:
                return int(found[0])
    return _UNKNOWN_ROWS


def _mend_references(sound: sqlite3.Connection) -> None:
    """Leave no row that refers to a lost one: a lost conversation is made anew, other references are cleared."""
    sound.execute("BEGIN")
    for table, row, parent, key in sound.execute("PRAGMA foreign_key_check").fetchall():
        column = next(entry[3] for entry in sound.execute(f"PRAGMA foreign_key_list({table})") if entry[0] == key)
        (missing,) = sound.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone() or (None,)
        if missing is None:
            continue
        if parent == "conversations":
            now = time.time()
            sound.execute(
                "INSERT OR IGNORE INTO conversations (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)",
                (missing, f"Salvaged {missing}", now, now),
            )
        elif _may_be_null(sound, table, column):
            sound.execute(f"UPDATE {table} SET {column} = NULL WHERE rowid = ?", (row,))
        else:
            sound.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
    sound.execute(
        "UPDATE conversations SET leaf_id = (SELECT max(id) FROM messages WHERE conversation_id = conversations.id) "
        "WHERE leaf_id IS NULL"
    )
    sound.execute("COMMIT")


def _may_be_null(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return not next(row[3] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] == column)
