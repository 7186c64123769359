"""Backups: made beside a writer, checked, rotated, listed; and put back whatever happens meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.core.data.backups import Backup, BackupKind, backup_name, kind_and_time, superfluous
from app.core.data.data_errors import (
    BackupDamaged,
    BackupNewer,
    BackupSkipped,
    NothingToBackUp,
    TemplateCopiesDamaged,
    UnknownBackup,
)
from app.core.data.database_errors import DatabaseDamaged, DatabaseLocked
from app.core.engine.messages import Role
from app.storage.backup import backup_folder, find_backup, list_backups, make_backup, make_daily, prune
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.migrations import MIGRATIONS
from app.storage.restore import restore
from app.storage.writers import this_process
from tests.storage.filling import add_message, create

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 21, 12).timestamp()


def add(path: Path, *titles: str) -> None:
    with Database(path) as database:
        store = ConversationStore(database)
        for title in titles:
            add_message(store, create(store, title).id, None, Role.USER, f"{title} " * 2000)


def titles(path: Path) -> set[str]:
    with Database(path) as database:
        return {line.title for line in ConversationStore(database).summaries(-1)}


def write_templates(path: Path, **sources: str) -> None:
    folder = path.parent / "templates"
    folder.mkdir(exist_ok=True)
    for name, source in sources.items():
        (folder / f"{name}.jinja").write_text(source)


def templates(path: Path) -> dict[str, str]:
    return {entry.stem: entry.read_text() for entry in (path.parent / "templates").iterdir()}


def named(kind: BackupKind, at: datetime) -> Backup:
    return Backup(Path(backup_name(kind, at.timestamp())), kind, at.timestamp(), 1, 1)


def test_a_backup_is_one_whole_file_and_is_listed(path: Path) -> None:
    add(path, "one", "two")
    made = make_backup(path, BackupKind.MANUAL, clock=lambda: NOON)
    assert made == find_backup(path, "manual-20261121-120000")
    assert (made.kind, made.made_at, made.conversations) == (BackupKind.MANUAL, NOON, 2)
    assert made.bytes == made.path.stat().st_size
    assert [entry.name for entry in backup_folder(path).iterdir()] == [made.path.name]
    assert titles(made.path) == {"one", "two"}


def test_a_backup_holds_one_state_while_another_connection_writes(path: Path) -> None:
    add(path, *(f"chat {number}" for number in range(150)))
    with Database(path) as database:
        store = ConversationStore(database)
        done: list[int] = []

        def write(bytes_done: int, _total: int) -> None:
            done.append(bytes_done)
            create(store, "later")

        made = make_backup(path, BackupKind.MANUAL, progress=write, pause=0)
        assert store.count() == 150 + len(done)
    assert len(done) > 1
    assert made.conversations == 150


def test_what_ends_a_backup_leaves_nothing_of_it(path: Path) -> None:
    add(path, "one")

    def stop(_done: int, _total: int) -> None:
        raise InterruptedError

    with pytest.raises(Exception):  # noqa: B017 - whatever the caller raised
        make_backup(path, BackupKind.MANUAL, progress=stop)
    assert list(backup_folder(path).iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_backup(path: Path) -> None:
    add(path, "one")
    folder = backup_folder(path)
    folder.mkdir()
    running, *killed = (folder / f"{writer}-0.partial" for writer in (this_process().replace(":", "-"), "1-1.00", "x"))
    for left in (running, *killed):
        left.write_text("half")
    made = make_backup(path, BackupKind.MANUAL)
    assert set(folder.iterdir()) == {made.path, running}


def test_a_day_has_one_backup_and_nothing_has_none(path: Path) -> None:
    assert not make_daily(path, clock=lambda: NOON)
    Database(path).close()
    assert not make_daily(path, clock=lambda: NOON)
    with pytest.raises(NothingToBackUp):
        make_backup(path.with_name("none.sqlite3"), BackupKind.MANUAL)
    add(path, "one")
    assert make_daily(path, clock=lambda: NOON)
    assert not make_daily(path, clock=lambda: NOON + 3600)
    assert make_daily(path, clock=lambda: NOON + 25 * 3600)
    assert len(list_backups(path)) == 2


def test_backups_of_one_second_are_listed_in_their_order(path: Path) -> None:
    add(path, "one")
    kinds = [BackupKind.BEFORE_RESTORE, BackupKind.MANUAL, BackupKind.BEFORE_RESTORE]
    for kind in kinds:
        make_backup(path, kind, clock=lambda: NOON)
    assert [backup.kind for backup in list_backups(path)] == kinds[::-1]


def test_two_backups_begun_in_one_second_are_both_kept(path: Path) -> None:
    add(path, "one")
    meanwhile: list[Backup] = []

    def begin_another(_done: int, _total: int) -> None:
        if not meanwhile:
            meanwhile.append(make_backup(path, BackupKind.MANUAL, clock=lambda: NOON))

    made = make_backup(path, BackupKind.MANUAL, progress=begin_another, clock=lambda: NOON)
    assert list_backups(path) == [made, *meanwhile]
    assert [backup.conversations for backup in list_backups(path)] == [1, 1]
    assert len(list(backup_folder(path).iterdir())) == 2


def test_seven_days_and_four_weeks_stay_and_all_of_the_users_own() -> None:
    start = datetime(2026, 1, 1, 9)
    daily = [named(BackupKind.DAILY, start + timedelta(days=day)) for day in range(60)]
    own = [named(BackupKind.MANUAL, start + timedelta(days=day)) for day in range(20)]
    before = [named(BackupKind.BEFORE_MIGRATION, start + timedelta(days=day)) for day in range(5)]
    dropped = superfluous([*daily, *own, *before])
    kept = [backup for backup in daily if backup not in dropped]
    assert kept[-7:] == daily[-7:]
    weeks = {datetime.fromtimestamp(backup.made_at).isocalendar()[:2] for backup in kept}
    assert len(weeks) == 4
    assert len(kept) <= 7 + 4
    assert [backup for backup in dropped if backup.kind is BackupKind.BEFORE_MIGRATION] == before[1::-1]
    assert not [backup for backup in dropped if backup in own]


def test_a_clock_that_jumps_drops_nothing() -> None:
    seven = [named(BackupKind.DAILY, datetime(2026, 1, day + 1)) for day in range(7)]
    assert superfluous([*seven[:6], named(BackupKind.DAILY, datetime(2099, 1, 1))]) == []


@pytest.mark.parametrize("name", ["daily-20269921-120000.sqlite3", "odd-20261121-120000.sqlite3", "parley.sqlite3", ""])
def test_other_files_are_no_backups(name: str) -> None:
    assert kind_and_time(name, 0) is None


def test_a_copy_made_before_a_migration_is_a_backup(path: Path) -> None:
    with Database(path, migrations=MIGRATIONS[:2]) as database:
        ConversationStore(database)
    Database(path).close()
    (backup,) = list_backups(path)
    assert (backup.kind, backup.conversations) == (BackupKind.BEFORE_MIGRATION, 0)


def test_nothing_is_dropped_while_the_newest_is_not_sound(path: Path) -> None:
    add(path, "one")
    for day in range(9):
        make_backup(path, BackupKind.DAILY, clock=lambda day=day: NOON + day * 24 * 3600)
    newest = list_backups(path)[0].path
    sound = newest.read_bytes()
    newest.write_bytes(b"\0" * 5000)
    prune(path)
    assert len(list_backups(path)) == 9
    newest.write_bytes(sound)
    prune(path)
    assert len(list_backups(path)) == 7 + 1  # and the last of the week before


def test_a_damaged_database_is_told_and_drops_no_backup(path: Path) -> None:
    add(path, *(f"chat {number}" for number in range(20)))
    make_backup(path, BackupKind.DAILY, clock=lambda: NOON)
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(size // 2 // 4096 * 4096)
        stream.write(b"\xa5" * (size // 4))
    with pytest.raises(DatabaseDamaged) as caught:
        make_daily(path, clock=lambda: NOON + 48 * 3600)
    assert caught.value.detail
    assert [backup.made_at for backup in list_backups(path)] == [NOON]


def test_the_first_backup_of_a_week_finds_an_index_that_is_wrong(path: Path) -> None:
    add(path, "one", "two")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema = ON")
        another = "CREATE INDEX messages_by_parent ON messages (created_at)"
        other.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'messages_by_parent'", (another,))
    make_backup(path, BackupKind.MANUAL)
    with pytest.raises(DatabaseDamaged):
        make_daily(path, clock=lambda: NOON)


def test_a_backup_comes_back_and_what_was_there_is_a_backup(path: Path) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL, clock=lambda: NOON)
    add(path, "new")
    restored = restore(path, made.path)
    assert restored.damaged is None and restored.present is not None
    assert titles(path) == {"old"}
    assert titles(restored.present.path) == {"old", "new"}
    restore(path, restored.present.path)
    assert titles(path) == {"old", "new"}


def test_chat_templates_come_back_with_a_backup_and_none_is_lost(path: Path) -> None:
    add(path, "old")
    write_templates(path, edited="before", deleted="é")
    made = make_backup(path, BackupKind.MANUAL)
    write_templates(path, edited="after", new="new")
    (path.parent / "templates" / "deleted.jinja").unlink()
    restored = restore(path, made.path)
    assert restored.present is not None
    assert templates(path) == {"edited": "before", "deleted": "é", "new": "new"}
    restore(path, restored.present.path)
    assert templates(path) == {"edited": "after", "deleted": "é", "new": "new"}


def test_what_is_no_template_is_in_no_backup(path: Path) -> None:
    add(path, "old")
    write_templates(path, CON="a device", chatml="ships with Parley", fine="fine", long="x" * 4_000_001)
    (path.parent / "templates" / "folder.jinja").mkdir()
    made = make_backup(path, BackupKind.MANUAL)
    shutil.rmtree(path.parent / "templates")
    restore(path, made.path)
    assert templates(path) == {"fine": "fine"}


def test_a_backup_without_templates_leaves_those_there_are(path: Path) -> None:
    add(path, "old")
    write_templates(path, mine="before")
    made = make_backup(path, BackupKind.MANUAL)
    made.path.with_suffix(".templates.json").unlink()
    write_templates(path, mine="after")
    restore(path, made.path)
    assert templates(path) == {"mine": "after"}


def test_the_templates_beside_a_damaged_database_stay_as_they_are(path: Path) -> None:
    add(path, "old")
    write_templates(path, edited="before", deleted="again")
    made = make_backup(path, BackupKind.MANUAL)
    write_templates(path, edited="after")
    (path.parent / "templates" / "deleted.jinja").unlink()
    path.write_bytes(b"x" * 64 + path.read_bytes()[64:])
    assert restore(path, made.path).damaged is not None
    assert templates(path) == {"edited": "after", "deleted": "again"}


def test_a_backup_writes_no_file_outside_of_the_templates(path: Path) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL)
    made.path.with_suffix(".templates.json").write_text('{"../evil": "x", "fine": "y"}')
    restore(path, made.path)
    assert not list(path.parent.glob("evil*"))
    assert templates(path) == {"fine": "y"}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b'{"a": "\xff"}'])
def test_a_backup_whose_templates_cannot_be_read_changes_nothing(path: Path, content: bytes) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL)
    add(path, "new")
    made.path.with_suffix(".templates.json").write_bytes(content)
    with pytest.raises(TemplateCopiesDamaged):
        restore(path, made.path)
    assert titles(path) == {"old", "new"}
    made.path.with_suffix(".templates.json").unlink()
    restore(path, made.path)
    assert titles(path) == {"old"}


def test_the_rotation_drops_templates_with_their_backups(path: Path) -> None:
    add(path, "one")
    write_templates(path, mine="mine")
    for day in range(9):
        make_backup(path, BackupKind.DAILY, clock=lambda day=day: NOON + day * 24 * 3600)
    prune(path)
    left = list_backups(path)
    assert len(left) < 9
    kept = {backup.name for backup in left}
    assert {file.name.partition(".")[0] for file in backup_folder(path).glob("*.templates.json")} == kept


def test_a_backup_with_pages_of_another_size_comes_back(path: Path) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL)
    with closing(sqlite3.connect(made.path, isolation_level=None)) as other:
        other.execute("PRAGMA page_size = 1024")
        other.execute("VACUUM")
    add(path, "new")
    restore(path, made.path)
    assert titles(path) == {"old"}


def test_nothing_is_restored_under_another_process(path: Path) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL)
    add(path, "new")
    with Database(path), pytest.raises(DatabaseLocked):
        restore(path, made.path, busy_seconds=0.05)
    assert titles(path) == {"old", "new"}


def test_what_is_no_sound_backup_changes_nothing(path: Path, tmp_path: Path) -> None:
    add(path, "old")
    made = make_backup(path, BackupKind.MANUAL)
    whole = made.path.read_bytes()
    for content in (b"", b"a letter\n" * 1000, whole[: len(whole) // 2], whole[:8192] + b"\xa5" * (len(whole) - 8192)):
        made.path.write_bytes(content)
        with pytest.raises(BackupDamaged):
            restore(path, made.path)
    made.path.write_bytes(whole)
    with closing(sqlite3.connect(made.path)) as later:
        later.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(BackupNewer):
        restore(path, made.path)
    assert titles(path) == {"old"}
    with pytest.raises(UnknownBackup):
        find_backup(path, "nonesuch")


@pytest.mark.parametrize("damage", ["header", "beheaded", "middle", "gone"])
def test_a_damaged_database_is_kept_and_replaced(path: Path, damage: str) -> None:
    add(path, *(f"chat {number}" for number in range(20)))
    made = make_backup(path, BackupKind.MANUAL)
    content = path.read_bytes()
    half = len(content) // 8192 * 4096
    broken = {
        "header": b"x" * 64 + content[64:],
        "beheaded": content[4096:],
        "middle": content[:half] + b"\xa5" * 40_960 + content[half + 40_960 :],
        "gone": b"",
    }[damage]
    path.write_bytes(broken)
    if damage == "gone":
        path.unlink()
    restored = restore(path, made.path)
    assert len(titles(path)) == 20
    if damage == "gone":
        assert restored.damaged is None
    else:
        assert restored.damaged is not None
        assert restored.damaged.read_bytes() == broken


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
@pytest.mark.parametrize("state", ["sound", "damaged"])
def test_a_restore_killed_at_any_moment_leaves_one_of_the_two(path: Path, state: str) -> None:
    add(path, *(f"old {number}" for number in range(30)))
    made = make_backup(path, BackupKind.MANUAL)
    add(path, *(f"new {number}" for number in range(30)))
    sound = path.read_bytes()
    old, both = titles(made.path), titles(path)
    broken = b"x" * 64 + sound[64:]
    finished = False
    for calls in range(1, 200):
        if finished:
            break
        for left in backup_folder(path).glob("before-restore-*"):
            left.unlink()
        path.write_bytes(sound if state == "sound" else broken)
        command = [sys.executable, "-m", "tests.storage.killed_restore", path, made.path, str(calls)]
        finished = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
        kept = [entry for entry in path.parent.iterdir() if ".damaged-" in entry.name and entry.suffix == ".sqlite3"]
        try:
            found = titles(path)
        except DatabaseDamaged:
            assert state == "damaged" and not finished
            assert path.read_bytes() == broken
        else:
            assert found == old if finished or state == "damaged" else found in (old, both)
            assert state == "sound" or [entry for entry in kept if entry.read_bytes() == broken]
        for entry in kept:
            entry.unlink()
    assert finished and calls > 5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_without_room_a_backup_is_left_out_and_said(small_disk: Path) -> None:
    path = small_disk / "parley.sqlite3"
    add(path, "first")
    while path.stat().st_size < 3_000_000:
        add(path, *(f"chat {number}" for number in range(5)))
    before = titles(path)
    with pytest.raises(BackupSkipped) as caught:
        make_daily(path)
    need, free = (float(str(caught.value.values[name]).split()[0]) for name in ("need", "free"))  # both in MB
    assert need > free
    assert titles(path) == before
    assert list_backups(path) == []
