"""Errors of SQLite and of the file system as those of `core.errors`, chosen by their codes; for any thread."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.data.database_errors import DatabaseDamaged, DatabaseLocked, DatabaseReadOnly, DatabaseUnreachable
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise what goes wrong with the database file at `path` as a typed error.

    Raises:
        WorldError: the file is locked, read-only, damaged or unreachable, or the disk is full.
    """
    try:
        yield
    except sqlite3.Error as error:
        found = sqlite_fault(error, path)
        if found is None:
            raise
        raise found from error
    except OSError as error:
        raise system_fault(error, path) from error


def sqlite_fault(error: sqlite3.Error, path: Path) -> ParleyError | None:
    """The typed error of an SQLite code; None for mistakes of this program."""
    extended = getattr(error, "sqlite_errorcode", None)
    if extended is None:
        return None
    folder, file, detail = str(path.parent), path.name, f"{error} ({error.sqlite_errorname})"
    if extended == sqlite3.SQLITE_IOERR_SHMSIZE:
        return DiskFull(detail, folder=folder)
    match extended & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return DatabaseLocked(detail, folder=folder)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return DatabaseReadOnly(detail, folder=folder)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DatabaseDamaged(detail, file=file)
        case sqlite3.SQLITE_FULL:
            return DiskFull(detail, folder=folder)
        case sqlite3.SQLITE_CANTOPEN if not path.exists():
            return DatabaseReadOnly(detail, folder=folder)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR:
            return DatabaseUnreachable(detail, file=file)
    return None


def system_fault(error: OSError, path: Path) -> ParleyError:
    """The typed error of what the system refused for a file."""
    if error.errno in _FULL:
        return DiskFull(str(error), folder=str(path.parent))
    if error.errno in _REFUSED:
        return DatabaseReadOnly(str(error), folder=str(path.parent))
    return DatabaseUnreachable(str(error), file=path.name)
