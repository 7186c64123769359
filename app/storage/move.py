"""Moves the data folder: copies it, checks the copy, and only then lets the program look there.

Runs while no other process has the database open. The commit point is the file in the config folder
that names the data folder; killed before it, all is as it was, and after it, all is at the new place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.core.data.data_errors import (
    DataCopyDiffers,
    DataFolderNested,
    DataFolderPortable,
    DataFolderTaken,
    DataNotMoved,
    NoRoom,
    NothingToBackUp,
)
from app.core.data.database_errors import DatabaseUnreachable
from app.core.paths import Folders, Home, expanded
from app.core.sizes import format_bytes
from app.storage.backup import copy_database
from app.storage.database import MOVED_ID
from app.storage.faults import translated
from app.storage.files import flush, size_of
from app.storage.integrity import findings
from app.storage.own_paths import detach
from app.storage.restore import alone

Progress = Callable[[int, int], None]

_MARK = ".parley-moving"
_CHUNK = 4 * 1024 * 1024
_SLACK = 16 * 1024 * 1024
_LEFT_BEHIND = {"window", "salvage.partial"}  # what belongs to one run of the program


@dataclass(frozen=True)
class Moved:
    """Where the data is now, and what of the old folder could not be removed."""

    folder: Path
    left: tuple[Path, ...]


def destination(chosen: Path, folders: Folders) -> Path:
    """The folder that the data would go to: the chosen one, or a new one called Parley in it.

    Raises:
        DataFolderPortable: the data lies beside the program.
        DataFolderNested: the two lie in one another.
        DataFolderTaken: there is something in it already.
        DataNotMoved, DatabaseReadOnly: the system does not let us look.
    """
    if folders.home is Home.PORTABLE:
        raise DataFolderPortable(folder=str(folders.data))
    target = expanded(chosen).absolute()
    with _towards(target / folders.database.name):
        return _usable(target, folders)


def _usable(target: Path, folders: Folders) -> Path:
    if target.exists() and not target.is_dir():
        raise DataFolderTaken(folder=str(target))
    if target.exists() and (target.is_symlink() or os.path.ismount(target) or not _is_free(target, folders)):
        target = target / "Parley"
    present, wanted = folders.data.resolve(), target.resolve()
    if present == wanted or present in wanted.parents or wanted in present.parents:
        raise DataFolderNested(folder=str(target), present=str(folders.data))
    if target.exists() and not _is_free(target, folders):
        raise DataFolderTaken(folder=str(target))
    return target


def move_data(
    folders: Folders,
    usual: Folders,
    chosen: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    busy_seconds: float = 5.0,
) -> Moved:
    """Move the data folder.

    Args:
        folders: where everything is now.
        usual: where everything would be if nothing had been moved.
        chosen: the new folder.
        progress: told the bytes that are done and all bytes; what it raises ends the move without a trace.
        busy_seconds: how long to wait for other processes to close the database.

    Raises:
        UserError: the folder cannot be used, as `destination`.
        NoRoom: it has no room for it.
        NothingToBackUp: there is no database yet.
        DataCopyDiffers: the copy is not what was read; nothing was changed.
        WorldError: as `translated`; nothing was changed.
    """
    target = destination(chosen, folders)
    if not folders.database.exists():
        raise NothingToBackUp
    goal = target / folders.database.name
    with _staged(goal) as staged, alone(folders.database, busy_seconds) as live, _towards(goal):
        files = _files(folders)
        _require_room(folders, files, target.parent)
        _copy(live, folders, files, target, staged, progress)
        _switch(folders, usual, target, staged)
        _retire(live)
    return Moved(target, tuple(_clear(folders, files)))


@contextmanager
def _towards(goal: Path) -> Iterator[None]:
    """Raise what goes wrong where the database is to lie as a typed error, which does not blame the one that is here.

    Raises:
        WorldError: as `translated`, and `DataNotMoved`.
    """
    try:
        with translated(goal):
            yield
    except DatabaseUnreachable as error:
        cause = error.__cause__
        reason = (getattr(cause, "strerror", None) or str(cause)).lower()
        raise DataNotMoved(error.detail, folder=str(goal.parent), reason=reason) from cause


@contextmanager
def _staged(goal: Path) -> Iterator[Path]:
    """A new folder beside the one of the goal, to fill and rename; nothing is left of it in the end."""
    staged = goal.parent.with_name(f"{goal.parent.name}.moving")
    shutil.rmtree(staged, ignore_errors=True)  # of a process that was killed
    try:
        with _towards(goal):
            staged.mkdir(mode=0o700, parents=True)
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _is_free(folder: Path, folders: Folders) -> bool:
    """Whether a folder is empty, or holds what a killed move of this user's data has left."""
    if all(entry.name in _LEFT_BEHIND for entry in folder.iterdir()):
        return True
    try:
        return (folder / _MARK).read_text(encoding="utf-8", errors="surrogateescape") == str(folders.pointer)
    except OSError:
        return False


def _mark(folder: Path, folders: Folders) -> None:
    """Say that nothing in this folder is needed, unless it is the one in use."""
    (folder / _MARK).write_text(str(folders.pointer), encoding="utf-8", errors="surrogateescape")


def _files(folders: Folders) -> list[Path]:
    """Every file and link but the database and what belongs to a running process, relative to the data folder."""
    own = {folders.database.name + ending for ending in ("", "-wal", "-shm", "-journal")} | {_MARK}
    found = []
    for root, names, files in os.walk(folders.data):
        here = Path(root).relative_to(folders.data)
        if here == Path():
            names[:] = [name for name in names if name not in _LEFT_BEHIND]
            files = [name for name in files if name not in own]
        links = [name for name in names if (Path(root) / name).is_symlink()]
        found += [here / name for name in (*files, *links)]
    return sorted(found)


def _require_room(folders: Folders, files: list[Path], place: Path) -> None:
    same_disk = place.stat().st_dev == folders.data.stat().st_dev
    need = 2 * size_of(folders.database) + _SLACK
    need += 0 if same_disk else sum(_size(folders.data / file) for file in files)
    free = shutil.disk_usage(place).free
    if free < need:
        raise NoRoom(folder=str(place), need=format_bytes(need), free=format_bytes(free))


def _copy(
    live: sqlite3.Connection, folders: Folders, files: list[Path], target: Path, staged: Path, progress: Progress
) -> None:
    sizes = [_size(folders.data / file) for file in files]
    total = sum(sizes) + size_of(folders.database)
    done = 0
    for file, size in zip(files, sizes, strict=True):
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
        if (folders.data / file).is_symlink():
            (staged / file).symlink_to(_leading(folders.data / file, folders.data, target))
            continue
        for part in _copy_file(folders.data / file, staged / file):
            progress(done + part, total)
        done += size
    database = staged / folders.database.name
    copy_database(live, database, lambda part, whole: progress(done + min(part, whole), max(total, done + whole)), 0)
    if problem := findings(database):
        raise DataCopyDiffers(problem, file=database.name)
    with closing(sqlite3.connect(database, isolation_level=None)) as copy:
        detach(copy, folders.data)
    _mark(staged, folders)
    for folder, _, _ in os.walk(staged):
        flush(Path(folder))


def _size(path: Path) -> int:
    """What a copy of it takes: nothing where it only leads elsewhere."""
    return 0 if path.is_symlink() else size_of(path)


def _leading(link: Path, old: Path, new: Path) -> Path:
    """Where a link has to lead from the new folder: within the folder along with it, else where it led."""
    led, home = Path(os.path.realpath(link)), os.path.realpath(old)
    return new / led.relative_to(home) if led.is_relative_to(home) else led


def _copy_file(source: Path, target: Path) -> Iterator[int]:
    """Link a file where both lie on one disk, else copy it and read it again; yields the bytes copied."""
    with suppress(OSError):
        os.link(source, target)
        yield size_of(source)
        return
    read, done = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            read.update(chunk)
            writer.write(chunk)
            done += len(chunk)
            yield done
        writer.flush()
        os.fsync(writer.fileno())
    with target.open("rb") as copy:
        if hashlib.file_digest(copy, "sha256").digest() != read.digest():
            raise DataCopyDiffers(file=source.name)
    shutil.copystat(source, target)


def _switch(folders: Folders, usual: Folders, target: Path, staged: Path) -> None:
    if target.exists():
        shutil.rmtree(target)  # empty, or left by a move that was killed here
    staged.replace(target)
    flush(target.parent)
    _mark(folders.data, folders)
    pointer = folders.pointer
    pointer.parent.mkdir(parents=True, exist_ok=True)
    if target == usual.data:
        pointer.unlink(missing_ok=True)
    else:
        partial = pointer.with_name(f"{pointer.name}.partial")
        partial.write_text(f"{target}\n", encoding="utf-8", errors="surrogateescape")
        flush(partial)
        partial.replace(pointer)
    flush(pointer.parent)
    (target / _MARK).unlink()


def _retire(live: sqlite3.Connection) -> None:
    """Let no process that waited for the old database write to it."""
    with suppress(sqlite3.Error):
        live.execute(f"PRAGMA application_id = {MOVED_ID}")


def _clear(folders: Folders, files: list[Path]) -> Iterator[Path]:
    """Remove what was copied; yields what the system does not let go."""
    own = [Path(folders.database.name + ending) for ending in ("", "-wal", "-shm")]
    for file in (*own, *files):
        try:
            (folders.data / file).unlink(missing_ok=True)
        except OSError:
            yield folders.data / file
    for folder, _, _ in os.walk(folders.data, topdown=False):
        if Path(folder) == folders.data:
            (folders.data / _MARK).unlink(missing_ok=True)
        with suppress(OSError):
            Path(folder).rmdir()
