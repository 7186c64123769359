"""Puts a backup in the place of the database, or a file that was salvaged from a damaged one.

Runs while no other process has the database open; a process that is killed at any moment leaves
either what there was or what was to come, whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.core.data.backups import Backup, BackupKind
from app.core.data.database_errors import DatabaseDamaged
from app.storage.backup import Progress, copy_database, make_backup, prune, require_room, require_sound
from app.storage.faults import translated
from app.storage.files import flush, size_of
from app.storage.template_copies import bring_back, kept_templates, templates_beside

_PAGES_AT_ONCE = 1024
_ENDINGS = ("", "-wal")


@dataclass(frozen=True)
class Restored:
    """What became of the database there was: a backup of it, or, if it was damaged, the file itself."""

    present: Backup | None
    damaged: Path | None


@contextmanager
def alone(database: Path, busy_seconds: float = 5.0) -> Iterator[sqlite3.Connection]:
    """A connection that no other process can have beside it, readers included, until the end of the block.

    Raises:
        DatabaseLocked: another process has the database open.
        DatabaseDamaged: it is no database.
    """
    connection = sqlite3.connect(database, timeout=busy_seconds, isolation_level=None)
    with translated(database), closing(connection):
        # With a write-ahead log, a lock of the whole file is only given before the log is opened.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        yield connection


def restore(
    database: Path,
    backup: Path,
    *,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.time,
    busy_seconds: float = 5.0,
) -> Restored:
    """Put a backup in the place of the database, of which a backup is made first.

    A chat template of the backup takes the place of the one with its name, which is in the backup of what there was;
    where none could be made, the one that is there stays. Killed meanwhile, templates may be back without the database.

    Raises:
        BackupDamaged: the backup is not whole; nothing was changed.
        BackupNewer: a later version made it.
        TemplateCopiesDamaged: its templates cannot be read.
        BackupSkipped: there is no room for the backup of what there is.
        DatabaseLocked: another process has the database open.
        WorldError: as `translated`; the database is as it was.
    """
    require_sound(backup)
    templates = kept_templates(backup)
    if not database.exists():
        _fill_place(database, backup, templates, progress)
        return Restored(None, None)
    try:
        with alone(database, busy_seconds) as live:
            present = make_backup(
                database, BackupKind.BEFORE_RESTORE, source=live, progress=progress, pause=0, clock=clock
            )
            bring_back(templates, templates_beside(database), replace=True)
            _overwrite(live, backup, progress)
    except DatabaseDamaged:
        damaged = keep_aside(database, clock)
        _fill_place(database, backup, templates, progress)
        return Restored(None, damaged)
    prune(database)
    return Restored(present, None)


def keep_aside(database: Path, clock: Callable[[], float] = time.time) -> Path:
    """Copy a damaged database and its log beside it, as `parley.damaged-20261121-031200.sqlite3`.

    Raises:
        WorldError: as `translated`; there is no room, for one.
    """
    stamp = datetime.fromtimestamp(clock()).strftime("%Y%m%d-%H%M%S")
    kept = database.with_name(f"{database.stem}.damaged-{stamp}{database.suffix}")
    with translated(database):
        require_room(database, database.parent)
        for ending in _ENDINGS:
            source = database.with_name(database.name + ending)
            if source.exists():
                target = kept.with_name(kept.name + ending)
                shutil.copyfile(source, target)
                flush(target)
        flush(database.parent)
    return kept


def put_in_place(database: Path, content: Path, progress: Progress | None = None) -> None:
    """Let a damaged or missing database be replaced by a sound one.

    Between the steps the damaged one is still found damaged, or missing, never empty.

    Raises:
        WorldError: as `translated`.
    """
    partial = database.with_name(f"{database.name}.{os.getpid()}.partial")
    with translated(database):
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            address = f"{content.absolute().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as source:
                copy_database(source, partial, progress, 0)
            for ending in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    database.with_name(database.name + ending).unlink()
            partial.replace(database)
            flush(database.parent)
        finally:
            partial.unlink(missing_ok=True)


def _fill_place(database: Path, backup: Path, templates: Mapping[str, str], progress: Progress | None) -> None:
    """Put a backup where no sound database is, and those of its templates that are gone."""
    with translated(database):
        bring_back(templates, templates_beside(database), replace=False)
    put_in_place(database, backup, progress)


def _overwrite(live: sqlite3.Connection, backup: Path, progress: Progress | None) -> None:
    """Replace the content of a sound database in one transaction, which SQLite takes back after a crash."""
    address = f"{backup.absolute().as_uri()}?mode=ro&immutable=1"
    size = size_of(backup)

    def advance(_status: int, remaining: int, total: int) -> None:
        if progress is not None and total:
            progress((total - remaining) * size // total, size)

    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as source:
        live.execute("PRAGMA synchronous = FULL")
        live.execute("PRAGMA journal_mode = DELETE")  # the backup may have pages of another size
        source.backup(live, pages=_PAGES_AT_ONCE, progress=advance)
