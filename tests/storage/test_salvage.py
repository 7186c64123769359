"""What can be read of a damaged database is saved, and a damaged one is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.core.data.backups import BackupKind
from app.core.data.data_errors import NothingSalvaged
from app.core.data.database_errors import DatabaseDamaged, DatabaseLocked
from app.core.engine.messages import Role
from app.storage.backup import make_backup
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.integrity import check_live, was_left_open
from app.storage.salvage import salvage
from app.storage.stores import open_stores
from tests.storage.filling import add_message, create

CHATS = 60


def fill(path: Path) -> None:
    with Database(path) as database:
        store = ConversationStore(database)
        for number in range(CHATS):
            chat = create(store, f"chat {number}").id
            above = None
            for turn in range(4):
                above = add_message(store, chat, above, Role.USER, f"{number}.{turn} " + "words " * 300).id


def page_size(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[16:18], "big")


def spoil(path: Path, page: int, pages: int = 1) -> None:
    size = page_size(path)
    with path.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xa5" * size * pages)


def texts(path: Path) -> set[str]:
    """The first words of every message that can be reached through its conversation."""
    stores = open_stores(path)
    with closing(stores.database):
        found = set()
        for line in stores.conversations.summaries(-1):
            conversation = stores.conversations.load(line.id)
            found |= {message.text.split()[0] for message in conversation}
        return found


def leaves(path: Path, table: str) -> list[int]:
    """The pages that hold a table's rows."""
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    content = path.read_bytes()
    start = (root - 1) * page_size(path)
    assert content[start] == 5
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    places = [int.from_bytes(content[start + 12 + 2 * n : start + 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(content[start + place : start + place + 4], "big") for place in places]


def assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_all_but_the_damaged_rows_are_saved_and_the_file_is_kept(path: Path) -> None:
    fill(path)
    damaged_pages = leaves(path, "messages")[3:5]
    for page in damaged_pages:
        spoil(path, page)
    damaged = path.read_bytes()
    with pytest.raises(DatabaseDamaged):
        check_live(path, lambda: True)
    saved = salvage(path)
    assert saved.kept.read_bytes() == damaged
    assert saved.rows["conversations"] == CHATS
    assert CHATS * 4 - 20 < saved.rows["messages"] < CHATS * 4
    assert saved.gaps >= 1
    assert_sound(path)
    assert len(texts(path)) == saved.rows["messages"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([path.name, saved.kept.name])


def test_messages_of_a_lost_conversation_get_one(path: Path) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'conversations'").fetchone()
    spoil(path, root)
    saved = salvage(path)
    assert saved.rows["conversations"] == 0
    assert saved.rows["messages"] == CHATS * 4
    assert_sound(path)
    assert len(texts(path)) == CHATS * 4
    with Database(path) as database:
        store = ConversationStore(database)
        assert {line.title.split()[0] for line in store.summaries(-1)} == {"Salvaged"}
        assert len(store.load(1).path()) == 4


@pytest.mark.parametrize("damage", ["header", "schema"])
def test_a_broken_first_page_is_taken_from_a_backup(path: Path, damage: str) -> None:
    fill(path)
    make_backup(path, BackupKind.DAILY)
    with Database(path) as database:
        create(ConversationStore(database), "after the backup")
    if damage == "header":
        path.write_bytes(b"x" * 100 + path.read_bytes()[100:])
    else:
        spoil(path, 1)
    with pytest.raises(DatabaseDamaged):
        Database(path)
    saved = salvage(path)
    assert_sound(path)
    assert (saved.rows["conversations"], saved.rows["messages"]) == (CHATS + 1, CHATS * 4)


def test_where_nothing_is_left_nothing_is_changed(path: Path) -> None:
    fill(path)
    path.write_bytes(b"\xa5" * 100_000)
    with pytest.raises(NothingSalvaged):
        salvage(path)
    assert path.read_bytes() == b"\xa5" * 100_000


def test_what_stands_in_the_log_is_saved_too(path: Path) -> None:
    fill(path)
    with Database(path) as database:
        create(ConversationStore(database), "in the log")
        content, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    path.write_bytes(content)
    path.with_name(path.name + "-wal").write_bytes(log)
    saved = salvage(path)
    assert saved.rows["conversations"] == CHATS + 1
    assert not path.with_name(path.name + "-wal").exists()


def test_a_database_in_use_is_not_salvaged(path: Path) -> None:
    fill(path)
    with Database(path), pytest.raises(DatabaseLocked):
        salvage(path, busy_seconds=0.05)


def test_a_check_finds_nothing_in_a_sound_file_and_can_be_stopped(path: Path) -> None:
    fill(path)
    check_live(path, lambda: True)
    asked = []

    def stop() -> bool:
        asked.append(True)
        return False

    check_live(path, stop)
    assert len(asked) == 1


def test_a_file_that_was_not_closed_is_told(path: Path) -> None:
    fill(path)
    assert not was_left_open(path)
    with Database(path) as database:
        create(ConversationStore(database), "x")
        assert was_left_open(path)
    assert not was_left_open(path)
