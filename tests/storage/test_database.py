"""What can go wrong with the file, and that nothing is lost by it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from app.core.data.database_errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseNewer,
    DatabaseReadOnly,
    DatabaseUnreachable,
)
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.core.file_errors import DiskFull
from app.storage.conversations import ConversationStore
from app.storage.database import Access, Database
from app.storage.migrations import MIGRATIONS
from app.storage.stores import open_stores
from tests.storage.filling import add_message, create

Guarded = tuple[Path, Callable[[], AbstractContextManager[None]]]


def fill(path: Path, conversations: int = 20) -> list[int]:
    with Database(path) as database:
        store = ConversationStore(database)
        chats = [create(store, f"chat {number}").id for number in range(conversations)]
        for chat in chats:
            add_message(store, chat, None, Role.USER, f"{chat}. " + "words " * 2000)
    return chats


def lines(path: Path) -> int:
    with Database(path) as database:
        return ConversationStore(database).count()


def overwrite(path: Path, start: int, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(data)


def test_a_new_file_is_durable_and_parleys_own(database: Database) -> None:
    assert not database.read_only
    with database.snapshot() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA application_id").fetchone() == (0x5061726C,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_failed_transaction_leaves_nothing_and_the_connection_usable(
    store: ConversationStore, database: Database
) -> None:
    with pytest.raises(RuntimeError), database.transaction() as connection:
        connection.execute("INSERT INTO conversations (title, created_at, updated_at) VALUES ('x', 1, 1)")
        raise RuntimeError
    assert store.count() == 0
    create(store, "y")
    assert store.count() == 1


def test_a_mistake_of_the_program_is_not_dressed_up(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError), database.snapshot() as connection:
        connection.execute("SELECT nothing FROM nowhere")


def test_another_writer_delays_writing_but_not_reading(
    store: ConversationStore, database: Database, path: Path
) -> None:
    create(store, "before")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLocked) as caught:
            create(store, "during")
        assert caught.value.values == {"folder": str(path.parent)}
        assert [line.title for line in store.summaries()] == ["before"]
        other.execute("COMMIT")
    create(store, "after")
    assert store.count() == 2


def test_an_exclusive_program_keeps_it_closed(path: Path) -> None:
    fill(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseLocked):
            Database(path, busy_seconds=0.05)
    assert lines(path) == 1


def test_a_later_version_is_read_but_not_written(path: Path) -> None:
    (chat,) = fill(path, 1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE messages ADD COLUMN mood TEXT")
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    stores = open_stores(path)
    assert stores.database.access is Access.NEWER
    assert stores.database.read_only
    assert len(stores.conversations.load(chat)) == 1
    with pytest.raises(DatabaseNewer):
        create(stores.conversations, "x")
    with pytest.raises(DatabaseNewer):
        stores.models.touch(1)
    with pytest.raises(DatabaseNewer), stores.database.snapshot() as connection:
        connection.execute("SELECT gone FROM conversations")
    stores.database.close()


def test_a_read_only_file_is_read_but_not_written(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    path = folder / "parley.sqlite3"
    (chat,) = fill(path, 1)
    path.chmod(0o444)
    with unprivileged(), closing(open_stores(path).database) as database:
        assert database.access is Access.READ_ONLY
        store = ConversationStore(database)
        assert len(store.load(chat)) == 1
        with pytest.raises(DatabaseReadOnly) as caught:
            create(store, "x")
        assert caught.value.values == {"folder": str(folder)}


@pytest.mark.skipif(os.name == "nt", reason="folders have no write permission on Windows")
def test_a_read_only_folder_is_read_but_not_written(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    path = folder / "parley.sqlite3"
    (chat,) = fill(path, 1)
    path.chmod(0o666)
    folder.chmod(0o555)
    with unprivileged(), closing(open_stores(path).database) as database:
        assert database.access is Access.READ_ONLY
        store = ConversationStore(database)
        assert len(store.load(chat)) == 1
        with pytest.raises(DatabaseReadOnly):
            create(store, "x")
    assert [entry.name for entry in folder.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="folders have no write permission on Windows")
def test_a_folder_that_cannot_be_written_is_named(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    folder.chmod(0o555)
    with unprivileged():
        with pytest.raises(DatabaseReadOnly):
            Database(folder / "parley.sqlite3")
        with pytest.raises(DatabaseReadOnly):
            Database(folder / "data" / "parley.sqlite3")


def test_a_write_that_sqlite_refuses_later_is_told_by_its_code(store: ConversationStore, database: Database) -> None:
    create(store, "before")
    with database.snapshot() as connection:
        connection.execute("PRAGMA query_only = ON")
    assert not database.read_only
    with pytest.raises(DatabaseReadOnly):
        create(store, "x")
    assert store.count() == 1


@pytest.mark.skipif(os.name == "nt", reason="permissions differ on Windows")
def test_a_file_that_may_not_be_read_is_named(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    path = folder / "parley.sqlite3"
    fill(path, 1)
    path.chmod(0o000)
    with unprivileged(), pytest.raises(DatabaseUnreachable) as caught:
        Database(path)
    assert caught.value.values == {"file": "parley.sqlite3"}
    assert lines(path) == 1


def test_a_folder_in_the_place_of_the_file_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DatabaseUnreachable):
        Database(path)


def test_a_file_in_the_place_of_the_folder_is_named(path: Path) -> None:
    path.parent.write_text("")
    with pytest.raises(DatabaseUnreachable):
        Database(path)


@pytest.mark.parametrize("damage", ["header", "schema", "truncated", "beheaded", "text"])
def test_damage_is_found_at_opening_and_nothing_is_touched(path: Path, damage: str) -> None:
    fill(path)
    content = path.read_bytes()
    match damage:
        case "header":
            overwrite(path, 0, b"x" * 64)
        case "schema":
            overwrite(path, 100, b"\xff" * 3000)
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "beheaded":
            path.write_bytes(content[4096:])
        case "text":
            path.write_text("This is not a database at all.\n" * 100)
    damaged = path.read_bytes()
    with pytest.raises(DatabaseDamaged) as caught:
        Database(path)
    assert caught.value.values == {"file": "parley.sqlite3"}
    assert path.read_bytes() == damaged
    assert [entry.name for entry in path.parent.iterdir()] == ["parley.sqlite3"]


def test_damage_in_the_middle_is_found_where_it_is_met(path: Path) -> None:
    chats = fill(path)
    size = path.stat().st_size
    overwrite(path, size // 2 // 4096 * 4096, b"\xa5" * (size // 4))
    damaged = path.read_bytes()
    found = 0
    with Database(path) as database:
        store = ConversationStore(database)
        for chat in chats:
            try:
                store.load(chat)
            except DatabaseDamaged:
                found += 1
    assert found > 0
    assert path.read_bytes() == damaged


def test_a_damaged_letter_hides_nothing(path: Path) -> None:
    (chat,) = fill(path, 1)
    overwrite(path, path.read_bytes().index(b"words "), b"\xff")
    with Database(path) as database:
        (message,) = ConversationStore(database).load(chat).path()
    assert message.text.startswith(f"{chat}. �ords words")


def test_a_file_of_another_program_is_not_taken(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged):
        Database(path)
    assert path.read_bytes() == before


def committed_log(path: Path) -> tuple[bytes, bytes]:
    """The file and its write-ahead log while a message stands in the log alone."""
    with Database(path) as database:
        create(ConversationStore(database), "in the log")
        return path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()


def test_a_log_is_read_after_a_crash(path: Path) -> None:
    content, log = committed_log(path)
    path.write_bytes(content)
    path.with_name(path.name + "-wal").write_bytes(log)
    assert lines(path) == 1


def test_a_log_outlives_its_emptied_database(path: Path) -> None:
    _, log = committed_log(path)
    path.write_bytes(b"")
    path.with_name(path.name + "-wal").write_bytes(log)
    with pytest.raises(DatabaseDamaged):
        Database(path)
    assert path.with_name(path.name + "-wal").read_bytes() == log


def test_a_log_outlives_its_database_that_was_moved_away(path: Path) -> None:
    _, log = committed_log(path)
    path.unlink()
    path.with_name(path.name + "-wal").write_bytes(log)
    assert lines(path) == 0
    assert path.with_name(path.name + "-wal.kept").read_bytes() == log


def test_a_full_disk_refuses_a_checkpoint_and_takes_the_next(
    store: ConversationStore, database: Database, record: ReplyRecord, path: Path
) -> None:
    exchange = store.begin_exchange(None, None, "go", record=record)
    with database.snapshot() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull) as caught:
        store.append_draft(exchange.reply.id, "x" * 100_000)
    assert caught.value.values == {"folder": str(path.parent)}
    assert store.load(exchange.conversation.id).path()[-1].text == ""
    store.append_draft(exchange.reply.id, "small")

    with database.snapshot() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    finished = store.finish_reply(exchange.reply.id, "x" * 100_000, "", MessageState.COMPLETE, record)
    assert store.load(exchange.conversation.id).path()[-1] == finished


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_runs_full_loses_nothing(small_disk: Path, record: ReplyRecord) -> None:
    path = small_disk / "parley.sqlite3"
    with Database(path) as database:
        store = ConversationStore(database)
        exchange = store.begin_exchange(None, None, "go", record=record)
        kept = ""
        with pytest.raises(DiskFull):
            while True:
                store.append_draft(exchange.reply.id, "y" * 20_000)
                kept += "y" * 20_000
        assert store.load(exchange.conversation.id).path()[-1].text == kept
    with Database(path) as database:
        assert ConversationStore(database).load(exchange.conversation.id).path()[-1].text == kept


def fill_up(disk: Path) -> Path:
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"z" * 4096)
    return filler


def test_a_disk_without_room_for_a_new_file_is_named(small_disk: Path) -> None:
    path = small_disk / "parley.sqlite3"
    filler = fill_up(small_disk)
    with pytest.raises(DiskFull):
        Database(path)
    filler.unlink()
    assert lines(path) == 0


def test_a_disk_without_room_beside_the_file_is_named(small_disk: Path) -> None:
    path = small_disk / "parley.sqlite3"
    fill(path, 1)
    before = path.read_bytes()
    filler = fill_up(small_disk)
    with pytest.raises(DiskFull):
        Database(path)
    assert path.read_bytes() == before
    filler.unlink()
    assert lines(path) == 1
