"""One connection to the SQLite file that holds everything; used by the thread that opened it.

Every error of SQLite and of the file system leaves here as one of `core.errors`, chosen by its code.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Any

from app.core.data.data_errors import DataMoved
from app.core.data.database_errors import DatabaseDamaged, DatabaseNewer, DatabaseReadOnly
from app.storage.faults import translated
from app.storage.migrations import APPLICATION_ID, MIGRATIONS, migrate, schema_version
from app.storage.words import search_words

_PAGE_BYTES = 16_384
"""Pages of 4,096 bytes, SQLite's default, hold one or two replies and stay a fifth empty; these, a twentieth."""
MOVED_ID = 0x5061726D  # "Parm": what this file held is in another folder now


class Access(Enum):
    """What may be done with an open database."""

    WRITABLE = auto()
    READ_ONLY = auto()
    NEWER = auto()


class Database:
    """The open file: statements run inside `snapshot` or `transaction`.

    A file of a later version, or one that cannot be written, opens for reading; `access` tells.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 5.0, migrations: Sequence[str] = MIGRATIONS) -> None:
        """Open the file, or make it, its folder included.

        Args:
            path: the SQLite file.
            busy_seconds: how long to wait for a lock of another process.
            migrations: the schema's history.

        Raises:
            DatabaseLocked: another program holds the file.
            DatabaseReadOnly: there is no file yet, or an old one, and the folder cannot be written to.
            DatabaseDamaged: the file is not a sound database of Parley; it is left untouched.
            DatabaseUnreachable: the system does not let it be opened.
            DataMoved: its content was moved to another folder a moment ago.
            DiskFull: there is no room for a new file, or for the copy before a migration.
        """
        self.path = path
        self.access = Access.WRITABLE
        with self._translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._protect_log()
            self._connection = self._connect(busy_seconds)
            try:
                self._prepare(migrations)
            except BaseException:
                self._connection.close()
                raise

    @property
    def read_only(self) -> bool:
        """Whether every write will be refused."""
        return self.access is not Access.WRITABLE

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see one state of the file.

        Raises:
            WorldError: the file is locked, damaged or unreachable.
        """
        with self._translated(), self._scope("BEGIN"):
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Writes that happen together or not at all; the connection stays usable when they fail.

        Raises:
            WorldError: the file is locked, read-only, newer, damaged or unreachable, or the disk is full.
        """
        if self.access is Access.NEWER:
            raise DatabaseNewer
        if self.access is Access.READ_ONLY:
            raise DatabaseReadOnly(folder=str(self.path.parent))
        with self._translated(), self._scope("BEGIN IMMEDIATE"):
            yield self._connection

    def interrupt(self) -> None:
        """End the statement that runs now, from any thread; it fails with `SQLITE_INTERRUPT`."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the file; what was committed is on disk already."""
        with self._translated():
            self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _scope(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _protect_log(self) -> None:
        """Keep a write-ahead log without its database, which SQLite would delete.

        The log is looked for first: while another process makes the file, the log comes second.
        """
        log = self.path.with_name(self.path.name + "-wal")
        if not _has_content(log) or _has_content(self.path):
            return
        if self.path.exists():
            raise DatabaseDamaged("empty, but with a write-ahead log", file=self.path.name)
        log.replace(log.with_name(log.name + ".kept"))

    def _connect(self, busy_seconds: float) -> sqlite3.Connection:
        if not self.path.exists() or (os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)):
            return connected(str(self.path), busy_seconds)
        self.access = Access.READ_ONLY
        address = self.path.absolute().as_uri()
        connection = connected(f"{address}?mode=ro", busy_seconds)
        try:
            schema_version(connection)
        except sqlite3.OperationalError:
            connection.close()
            if _has_content(self.path.with_name(self.path.name + "-wal")):
                raise
            # The index of the log cannot be made in this folder; an empty log is not missed.
            return connected(f"{address}?immutable=1", busy_seconds)
        return connection

    def _prepare(self, migrations: Sequence[str]) -> None:
        connection = self._connection
        with self._scope("BEGIN"):
            version = schema_version(connection)
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if owner == MOVED_ID:
            raise DataMoved(folder=str(self.path.parent))
        if owner != APPLICATION_ID and (owner or version or tables):
            raise DatabaseDamaged(f"application_id {owner}, {tables} tables", file=self.path.name)
        if version > len(migrations):
            self.access = Access.NEWER
        elif self.read_only and version < len(migrations):
            raise DatabaseReadOnly(folder=str(self.path.parent))
        if self.read_only:
            connection.execute("PRAGMA query_only = ON")
            return
        if not tables:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        self._keep_a_log()
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, self.path, migrations)
        connection.execute("PRAGMA foreign_keys = ON")

    def _keep_a_log(self) -> None:
        """Switch to write-ahead logging; while another process does so, SQLite does not wait by itself."""
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
            with self._scope("BEGIN EXCLUSIVE"):
                pass  # waits for the other's lock, and raises when that takes too long

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self.path):
            try:
                yield
            except sqlite3.OperationalError as error:
                if self.access is Access.NEWER and error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                    raise DatabaseNewer(f"{error} ({error.sqlite_errorname})") from error
                raise


def connected(address: str, busy_seconds: float = 5.0) -> sqlite3.Connection:
    """A connection without Python's implicit transactions, with the functions that our SQL uses.

    A text with a damaged byte is read with U+FFFD in its place, instead of hiding its conversation.
    """
    connection = sqlite3.connect(address, timeout=busy_seconds, isolation_level=None, uri=address.startswith("file:"))
    connection.text_factory = _lenient
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    connection.create_function("search_words", 1, search_words, deterministic=True)
    return connection


def read_all(connection: sqlite3.Connection, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The rows of a statement that finds many: text is decoded without a call for each piece, if it can be."""
    connection.text_factory = str
    try:
        return connection.execute(statement, values).fetchall()
    except sqlite3.OperationalError as error:
        if hasattr(error, "sqlite_errorcode"):
            raise
        # Not SQLite's own: a damaged byte, which the slower way takes.
        connection.text_factory = _lenient
        return connection.execute(statement, values).fetchall()
    finally:
        connection.text_factory = _lenient


def _lenient(text: bytes) -> str:
    return text.decode(errors="replace")


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
