"""Moving the data folder: everything arrives, is found there, and a kill leaves one whole copy in use."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from app.core import paths
from app.core.catalog.downloads import Source
from app.core.catalog.hub import RemoteFile
from app.core.data.backups import BackupKind
from app.core.data.data_errors import (
    DataFolderGone,
    DataFolderNested,
    DataFolderPortable,
    DataFolderTaken,
    DataMoved,
    DataNotMoved,
    NoRoom,
    NothingToBackUp,
)
from app.core.data.database_errors import DatabaseLocked, DatabaseReadOnly
from app.core.engine.messages import ModelIdentity
from app.core.errors import Cancelled
from app.core.file_errors import DiskFull
from app.core.paths import Folders, Home
from app.storage import move
from app.storage.backup import list_backups, make_backup
from app.storage.database import MOVED_ID, Database
from app.storage.move import destination, move_data
from app.storage.restore import restore
from app.storage.stores import open_kept
from tests.storage.filling import create

ROOT = Path(__file__).parents[2]
Guarded = tuple[Path, Callable[[], AbstractContextManager[None]]]


class Place:
    """A home of its own, and what its user would see in it."""

    def __init__(self, home: Path) -> None:
        self.environment = {"PARLEY_HOME": str(home)}

    @property
    def folders(self) -> Folders:
        return Folders.of(self.environment)

    @property
    def usual(self) -> Folders:
        return Folders.usual(self.environment)

    def fill(self) -> None:
        stores = open_kept(self.folders)
        create(stores.conversations, "one")
        model = self.folders.data / "models" / "owner" / "tiny.gguf"
        model.parent.mkdir(parents=True)
        model.write_bytes(b"GGUF" * 5000)
        self.folders.templates.mkdir()
        (self.folders.templates / "mine.jinja").write_text("{{ messages }}")
        for path in (model, Path("/elsewhere/other.gguf")):
            stores.models.remember(ModelIdentity(path.stem, str(path), 20_000), 0, 0)
        stores.database.close()
        make_backup(self.folders.database, BackupKind.MANUAL)

    def move(self, folder: Path) -> None:
        move_data(self.folders, self.usual, folder)

    def assert_whole(self) -> None:
        stores = open_kept(self.folders)
        with closing(stores.database):
            assert [line.title for line in stores.conversations.summaries()] == ["one"]
            found = {file.identity.name: Path(file.identity.path) for file in stores.models.list()}
        assert found["tiny"] == self.folders.data / "models" / "owner" / "tiny.gguf"
        assert found["tiny"].read_bytes() == b"GGUF" * 5000
        assert found["other"] == Path("/elsewhere/other.gguf")
        assert (self.folders.templates / "mine.jinja").read_text() == "{{ messages }}"
        (backup,) = list_backups(self.folders.database)
        assert backup.conversations == 1


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "home")
    made.fill()
    return made


def test_everything_moves_and_is_found(place: Place, tmp_path: Path) -> None:
    old = place.folders.data
    told: list[tuple[int, int]] = []
    moved = move_data(place.folders, place.usual, tmp_path / "new", progress=lambda *at: told.append(at))
    assert (moved.folder, moved.left) == (tmp_path / "new", ())
    assert told and all(done <= total for done, total in told)
    assert place.folders.data == tmp_path / "new"
    assert not old.exists()
    place.assert_whole()
    place.move(old)
    assert place.folders == place.usual
    assert not place.folders.pointer.exists()
    place.assert_whole()


def test_a_home_that_is_moved_by_hand_is_whole(place: Place, tmp_path: Path) -> None:
    stores = open_kept(place.folders)
    source = Source(repo="owner/repo", commit="c0ffee", files=(RemoteFile("a.gguf", 3, "ab" * 32),))
    stores.downloads.add("a", source, str(place.folders.data / "models" / "owner" / "repo"))
    stores.database.close()
    shutil.move(tmp_path / "home", tmp_path / "stick" / "parley")
    elsewhere = Place(tmp_path / "stick" / "parley")
    elsewhere.assert_whole()
    stores = open_kept(elsewhere.folders)
    with closing(stores.database):
        (download,) = stores.downloads.list()
        file = str(elsewhere.folders.data / "models" / "owner" / "tiny.gguf")
        assert stores.models.by_path(file) is not None
        again = stores.downloads.add("a", source, str(elsewhere.folders.data / "models" / "owner" / "repo"))
        assert (again.id, again.folder) == (download.id, download.folder)
    assert download.folder == str(elsewhere.folders.data / "models" / "owner" / "repo")


def test_a_download_into_the_data_folder_itself_moves_along(place: Place, tmp_path: Path) -> None:
    source = Source(repo="owner/repo", commit="c0ffee", files=(RemoteFile("a.gguf", 3, "ab" * 32),))
    stores = open_kept(place.folders)
    stores.downloads.add("a", source, str(place.folders.data))
    stores.database.close()
    with closing(sqlite3.connect(place.folders.database)) as connection, connection:
        kept = connection.execute("SELECT folder FROM downloads").fetchall()
        connection.execute("UPDATE downloads SET folder = ?", (str(place.folders.data),))  # as earlier versions did
    assert kept == [("./",)]
    place.move(tmp_path / "new")
    stores = open_kept(place.folders)
    with closing(stores.database):
        assert [download.folder for download in stores.downloads.list()] == [str(tmp_path / "new")]


def test_a_backup_of_the_old_place_leads_to_the_new_one(place: Place, tmp_path: Path) -> None:
    place.move(tmp_path / "new")
    (backup,) = list_backups(place.folders.database)
    restore(place.folders.database, backup.path)
    (present,) = (one for one in list_backups(place.folders.database) if one.kind is BackupKind.BEFORE_RESTORE)
    present.path.unlink()
    place.assert_whole()


def test_what_an_earlier_version_kept_with_its_whole_path_is_kept_as_it_is_now(place: Place, tmp_path: Path) -> None:
    model = place.folders.data / "models" / "owner" / "tiny.gguf"
    with closing(sqlite3.connect(place.folders.database)) as connection, connection:
        connection.execute("UPDATE models SET path = ? WHERE name = 'tiny'", (str(model),))
    place.assert_whole()
    shutil.move(tmp_path / "home", tmp_path / "other")
    Place(tmp_path / "other").assert_whole()


def test_a_folder_that_holds_something_gets_one_in_it(place: Place, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "holiday.jpg").touch()
    place.move(disk)
    assert place.folders.data == disk / "Parley"
    assert sorted(entry.name for entry in disk.iterdir()) == ["Parley", "holiday.jpg"]
    place.assert_whole()


def test_an_empty_folder_is_taken_itself(place: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    place.move(tmp_path / "empty")
    assert place.folders.data == tmp_path / "empty"
    place.assert_whole()


def test_a_link_to_an_empty_folder_gets_one_in_it(place: Place, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    place.move(tmp_path / "link")
    assert place.folders.data == tmp_path / "link" / "Parley" and (tmp_path / "link").is_symlink()
    place.assert_whole()


@pytest.mark.parametrize("one_disk", [True, False])
def test_links_lead_where_they_led(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_disk: bool
) -> None:
    if not one_disk:
        monkeypatch.setattr(os, "link", _refuse)
    big = tmp_path / "big"
    (big / "inner").mkdir(parents=True)
    (big / "large.gguf").write_bytes(b"GGUF")
    data, models = place.folders.data, place.folders.data / "models"
    (models / "folder").symlink_to(big)
    (models / "relative").symlink_to(Path(os.path.relpath(big, models)))
    (models / "file.gguf").symlink_to(Path(os.path.relpath(big / "large.gguf", models)))
    (models / "own.gguf").symlink_to(models / "owner" / "tiny.gguf")
    (models / "beside.gguf").symlink_to(Path("owner") / "tiny.gguf")
    place.move(tmp_path / "far" / "away" / "new")
    models = place.folders.data / "models"
    assert [(models / name).resolve() for name in ("folder", "relative", "file.gguf")] == [big, big, big / "large.gguf"]
    for name in ("own.gguf", "beside.gguf"):
        assert (models / name).resolve() == models / "owner" / "tiny.gguf"
    assert not data.exists() and (big / "large.gguf").read_bytes() == b"GGUF" and (big / "inner").is_dir()
    place.assert_whole()


def test_the_folder_that_has_no_room_is_named(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(move, "_copy_file", full)
    with pytest.raises(DiskFull) as caught:
        place.move(tmp_path / "new")
    assert str(tmp_path / "new") in str(caught.value)
    place.assert_whole()


def test_a_folder_that_cannot_be_made_is_named_and_not_the_database(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataNotMoved) as caught:
        place.move(tmp_path / "file" / "new")
    assert caught.value.sentence == f"The data cannot be moved to {tmp_path / 'file' / 'new'}: not a directory."
    place.assert_whole()


def test_the_home_of_nobody_is_a_folder_like_any_other(place: Place) -> None:
    assert destination(Path("~nobody-is-called-so/data"), place.folders) == Path("~nobody-is-called-so/data").absolute()


def _refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def test_folders_that_cannot_be_used_are_refused(place: Place, tmp_path: Path) -> None:
    data = place.folders.data
    (tmp_path / "taken" / "Parley" / "x").mkdir(parents=True)
    (tmp_path / "file").touch()
    for folder, error in (
        (data, DataFolderNested),
        (data / "inner", DataFolderNested),
        (tmp_path / "taken", DataFolderTaken),
        (tmp_path / "file", DataFolderTaken),
    ):
        with pytest.raises(error):
            place.move(folder)
    with pytest.raises(NothingToBackUp):
        nobody = Place(tmp_path / "nobody")
        nobody.move(tmp_path / "new")
    place.assert_whole()


def test_nothing_moves_under_another_process(place: Place, tmp_path: Path) -> None:
    with Database(place.folders.database), pytest.raises(DatabaseLocked):
        move_data(place.folders, place.usual, tmp_path / "new", busy_seconds=0.05)
    assert not (tmp_path / "new").exists()
    place.assert_whole()


def test_a_cancelled_move_leaves_no_trace(place: Place, tmp_path: Path) -> None:
    def cancel(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        move_data(place.folders, place.usual, tmp_path / "new", progress=cancel)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["home"]
    place.assert_whole()


def test_a_data_folder_that_is_away_is_not_made_anew(place: Place, tmp_path: Path) -> None:
    place.move(tmp_path / "disk")
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    with pytest.raises(DataFolderGone) as caught:
        open_kept(place.folders)
    assert str(tmp_path / "disk") in caught.value.sentence
    assert not (tmp_path / "disk").exists()
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    place.assert_whole()


def test_who_opens_the_old_database_is_told(place: Place) -> None:
    with closing(sqlite3.connect(place.folders.database)) as connection:
        connection.execute(f"PRAGMA application_id = {MOVED_ID}")
    with pytest.raises(DataMoved):
        open_kept(place.folders)


@pytest.mark.skipif(os.name == "nt", reason="folders have no write permission on Windows")
def test_a_folder_that_cannot_be_written_is_named(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    with unprivileged():
        place = Place(folder / "home")
        place.fill()
    (folder / "locked").mkdir(mode=0o555)
    with unprivileged(), pytest.raises(DatabaseReadOnly):
        place.move(folder / "locked" / "new")
    with unprivileged():
        place.assert_whole()


@pytest.mark.skipif(os.name == "nt", reason="folders can always be looked into on Windows")
def test_a_folder_that_may_not_be_looked_into_is_named(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    with unprivileged():
        place = Place(folder / "home")
        place.fill()
    (folder / "closed").mkdir(mode=0)
    for chosen in (folder / "closed", folder / "closed" / "new"):
        with unprivileged(), pytest.raises(DatabaseReadOnly):
            place.move(chosen)


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of three megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_to_another_disk_files_are_copied_and_read_again(place: Place, other_disk: Path) -> None:
    place.move(other_disk)
    assert place.folders.data == other_disk / "Parley"
    place.assert_whole()


def test_a_disk_without_room_is_said_before_anything_happens(place: Place, other_disk: Path) -> None:
    (other_disk / "filler").write_bytes(b"z" * 20_000_000)
    with pytest.raises(NoRoom):
        place.move(other_disk)
    assert [entry.name for entry in other_disk.iterdir()] == ["filler"]
    place.assert_whole()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
@pytest.mark.parametrize("disk", ["the same", "another"])
def test_a_move_killed_at_any_moment_leaves_all_in_one_place(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest, disk: str
) -> None:
    parent = tmp_path if disk == "the same" else request.getfixturevalue("other_disk")
    finished = 0
    for lines in range(4, 3000, 9):
        target = place.usual.data if place.folders.moved else parent / "new"
        command = [sys.executable, "-m", "tests.storage.killed_move", target, str(lines)]
        environment = {**os.environ, **place.environment}
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        place.assert_whole()
        finished += ended == 0
        if finished:
            break
        assert ended == -signal.SIGKILL
    assert finished


def test_a_folder_beside_the_program_makes_it_portable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "Parley" / "data"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "Parley" / "parley"))
    assert Folders.of({}).home is Home.PLATFORM
    data.mkdir(parents=True)
    folders = Folders.of({})
    assert (folders.home, folders.database) == (Home.PORTABLE, data / "data" / "parley.sqlite3")
    assert {folders.config.parent, folders.cache.parent, folders.logs.parent} == {data}
    assert Folders.of({"PARLEY_HOME": str(tmp_path / "mine")}).data == tmp_path / "mine" / "data"
    with pytest.raises(DataFolderPortable):
        destination(tmp_path / "new", folders)


def test_in_a_checkout_the_folder_lies_beside_the_package_and_installed_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.portable_folder() == ROOT / "data"
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site-packages" / "app" / "core" / "paths.py"))
    assert paths.portable_folder() is None


@pytest.mark.parametrize("text", ["", "relative/folder", "\0"])
def test_a_pointer_that_says_nothing_is_passed_over(place: Place, text: str) -> None:
    place.folders.config.mkdir(parents=True, exist_ok=True)
    place.folders.pointer.write_text(text)
    assert place.folders == place.usual
