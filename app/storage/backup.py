"""Copies of the database by SQLite's backup API: made, checked, listed and rotated; on any thread but the window's.

A copy is made through a connection of its own that holds one state of the file, a few pages at a
time, so that neither the thread that writes conversations nor the disk is held up. Beside it
are the user's chat templates.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path

from app.core.data.backups import Backup, BackupKind, backup_name, kind_and_time, superfluous
from app.core.data.data_errors import BackupDamaged, BackupNewer, BackupSkipped, NothingToBackUp, UnknownBackup
from app.core.data.database_errors import DatabaseDamaged
from app.core.sizes import format_bytes
from app.storage.faults import translated
from app.storage.files import flush, size_of
from app.storage.integrity import findings
from app.storage.migrations import APPLICATION_ID, MIGRATIONS, schema_version
from app.storage.template_copies import copy_of_templates, keep_templates, templates_beside
from app.storage.writers import is_alive, this_process

Progress = Callable[[int, int], None]
"""Called with the bytes done and all bytes; what it raises ends the work."""

_BYTES_AT_ONCE = 1024 * 1024
_PAUSE_SECONDS = 0.004
_RESERVE = 64 * 1024 * 1024
_DAY = 24 * 3600
_PARTIAL = ".partial"


def backup_folder(database: Path) -> Path:
    """Where the copies of a database are kept."""
    return database.parent / "backups"


def make_backup(
    database: Path,
    kind: BackupKind,
    *,
    source: sqlite3.Connection | None = None,
    thorough: bool = False,
    progress: Progress | None = None,
    pause: float = _PAUSE_SECONDS,
    clock: Callable[[], float] = time.time,
) -> Backup:
    """Copy the database and check the copy; only then it takes its name, and the templates lie beside it.

    Args:
        database: the file; other connections may write to it meanwhile.
        kind: why it is made.
        source: a connection to it; None opens one.
        thorough: check the indexes of the copy too.
        progress: told after every megabyte.
        pause: seconds of rest after every megabyte, in which the disk is the window's; 0 where nobody waits.
        clock: the time in Unix seconds.

    Raises:
        NothingToBackUp: there is no database.
        BackupSkipped: the disk has no room for it.
        DatabaseDamaged: the copy, and so the database, is damaged; no earlier backup was touched.
        WorldError: as `translated`.
    """
    if not database.exists():
        raise NothingToBackUp
    with translated(database):
        folder, begun = _folder_with_room(database), int(clock())
        with _partial(folder) as partial:
            with nullcontext(source) if source is not None else closing(_reader(database)) as opened:
                copy_database(opened, partial, progress, pause)
            _require_whole(partial, database, thorough)
            return _kept(partial, database, kind, begun)


def make_daily(database: Path, *, progress: Progress | None = None, clock: Callable[[], float] = time.time) -> bool:
    """Make today's backup if there is none yet, then drop what the rotation no longer keeps.

    The first one of a week is checked thoroughly.

    Raises:
        WorldError: as `make_backup`.
    """
    made = [backup.made_at for backup in list_backups(database) if backup.kind is BackupKind.DAILY]
    if not database.exists() or any(0 <= clock() - at < _DAY for at in made) or not _holds_anything(database):
        return False
    first_of_week = all(_week(at) != _week(clock()) for at in made)
    make_backup(database, BackupKind.DAILY, thorough=first_of_week, progress=progress, clock=clock)
    prune(database)
    return True


def list_backups(database: Path) -> list[Backup]:
    """Every backup of a database, the newest first; those made before a migration lie beside it."""
    found = []
    for folder in (backup_folder(database), database.parent):
        with translated(database), suppress(FileNotFoundError):
            for entry in list(folder.iterdir()):
                known = kind_and_time(entry.name, _modified(entry))
                if known is not None:
                    found.append(_described(entry, *known))
    return sorted(found, key=lambda backup: backup.made_at, reverse=True)


def find_backup(database: Path, name: str) -> Backup:
    """The backup of this name, with or without the ending.

    Raises:
        UnknownBackup: there is none.
    """
    for backup in list_backups(database):
        if name in (backup.name, backup.path.name):
            return backup
    raise UnknownBackup(name=name)


def prune(database: Path) -> None:
    """Drop what the rotation no longer keeps; nothing, while the newest daily one is not sound."""
    backups = list_backups(database)
    newest = next((backup for backup in backups if backup.kind is BackupKind.DAILY), None)
    if newest is None or newest.conversations is None:
        return
    for backup in superfluous(backups):
        with suppress(OSError):
            backup.path.unlink()
            copy_of_templates(backup.path).unlink(missing_ok=True)


def require_sound(backup: Path) -> None:
    """Check that a file is a whole database of Parley that this version can use.

    Raises:
        BackupDamaged: it is not.
        BackupNewer: a later version made it.
    """
    try:
        with closing(_frozen(backup)) as connection:
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            version = schema_version(connection)
            problem = findings(backup)
    except (sqlite3.Error, OSError) as error:
        raise BackupDamaged(str(error), file=backup.name) from error
    if owner != APPLICATION_ID or problem:
        raise BackupDamaged(problem or f"application_id {owner}", file=backup.name)
    if version > len(MIGRATIONS):
        raise BackupNewer(file=backup.name)


def require_room(database: Path, folder: Path) -> None:
    """Check that a copy of the database fits, and that it would not fill the disk.

    Raises:
        BackupSkipped: it does not.
    """
    size = sum(size_of(database.with_name(database.name + ending)) for ending in ("", "-wal"))
    need, free = size + min(_RESERVE, size), shutil.disk_usage(folder).free
    if free < need:
        raise BackupSkipped(need=format_bytes(need), free=format_bytes(free), folder=str(folder))


def copy_database(source: sqlite3.Connection, target: Path, progress: Progress | None, pause: float) -> None:
    """Copy one state of a database into a new file that needs no other beside it.

    `progress` and `pause` are as in `make_backup`.

    Raises:
        sqlite3.Error: a page cannot be read or written.
        OSError: the file cannot be written.
    """

    def advance(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress((total - remaining) * page, total * page)
        if remaining and pause:
            # The pause itself is wanted, not an event: else the copy would hold up what the window reads and writes.
            time.sleep(pause)

    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        page = int(source.execute("PRAGMA page_size").fetchone()[0])
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on, one state is seen
            copy.execute("PRAGMA synchronous = OFF")  # it is worth nothing before it is whole; flushed below
            source.backup(copy, pages=max(_BYTES_AT_ONCE // page, 1), progress=advance)
        finally:
            source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")
    flush(target)


def _folder_with_room(database: Path) -> Path:
    folder = backup_folder(database)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_room(database, folder)
    return folder


def _require_whole(copy: Path, database: Path, thorough: bool) -> None:
    if problem := findings(copy, thorough=thorough):
        raise DatabaseDamaged(problem, file=database.name)


def _kept(copy: Path, database: Path, kind: BackupKind, begun: int) -> Backup:
    """Give a whole copy its name, with the templates beside it."""
    folder = copy.parent
    made_at = _free_second(folder, begun)  # now: another process may have taken that second meanwhile
    target = folder / backup_name(kind, made_at)
    keep_templates(templates_beside(database), target)
    copy.replace(target)
    flush(folder)
    return _described(target, kind, made_at)


def _free_second(folder: Path, second: int) -> int:
    """This second, or the first one after it that has no backup yet, since their names tell their order."""
    while any((folder / backup_name(kind, second)).exists() for kind in BackupKind):
        second += 1
    return second


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A file to write that nobody else writes, and that is gone at the end unless it was given a name.

    Its own name tells who writes it; those of processes that were killed are removed.
    """
    for left in folder.glob(f"*{_PARTIAL}*"):
        if not is_alive(":".join(left.name.split("-")[:2])):
            left.unlink(missing_ok=True)
    partial = folder / f"{this_process().replace(':', '-')}-{uuid.uuid4().hex}{_PARTIAL}"
    try:
        yield partial
    finally:
        for ending in ("", "-journal"):
            partial.with_name(partial.name + ending).unlink(missing_ok=True)


def _reader(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _frozen(backup: Path) -> sqlite3.Connection:
    """For reading a file that nobody writes to, without a file beside it."""
    address = f"{backup.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def _described(path: Path, kind: BackupKind, made_at: float) -> Backup:
    return Backup(path, kind, made_at, size_of(path), _conversations(path))


def _conversations(path: Path) -> int | None:
    try:
        with closing(_frozen(path)) as connection:
            return int(connection.execute("SELECT count(*) FROM conversations").fetchone()[0])
    except sqlite3.Error:
        return None


def _holds_anything(database: Path) -> bool:
    with translated(database), closing(_reader(database)) as connection:
        return connection.execute("SELECT 1 FROM conversations LIMIT 1").fetchone() is not None


def _week(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%G-%V")


def _modified(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0
