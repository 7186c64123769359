"""`parley backups` and `parley data`."""

from __future__ import annotations

from pathlib import Path

from app.storage.database import Database
from app.storage.stores import open_stores
from tests.cli.conftest import CommandLine
from tests.storage.filling import create


def say(parley: CommandLine, *titles: str) -> None:
    stores = open_stores(parley.database)
    for title in titles:
        create(stores.conversations, title)
    stores.database.close()


def titles(parley: CommandLine) -> set[str]:
    return {chat["title"] for chat in parley.done("chats", "list", "--json").records}


def test_a_backup_is_made_listed_and_restored(parley: CommandLine) -> None:
    assert parley.run("backups", "list").err.startswith("No backup yet.")
    result = parley.run("backups", "make")
    assert (result.code, result.err) == (1, "There is nothing to back up yet. Begin a chat first.\n")
    say(parley, "old")
    made = parley.done("backups", "make", "--json").records[0]
    assert (made["kind"], made["conversations"]) == ("manual", 1)
    say(parley, "new")
    out = parley.done("backups", "list").out
    assert out.startswith(made["name"]) and out.rstrip().endswith("1 chat")
    told = parley.done("backups", "restore", made["name"]).out
    assert "What was there before is kept as before-restore-" in told
    assert titles(parley) == {"old"}
    before = next(one for one in parley.done("backups", "list", "--json").records if one["kind"] == "before-restore")
    parley.done("backups", "restore", before["name"], "--json")
    assert titles(parley) == {"old", "new"}


def test_a_backup_that_is_not_there_or_in_use_changes_nothing(parley: CommandLine) -> None:
    say(parley, "old")
    assert "There is no backup nonesuch." in parley.run("backups", "restore", "nonesuch").err
    made = parley.done("backups", "make", "--json").records[0]
    with Database(parley.database):
        result = parley.run("backups", "restore", made["name"], "--json")
    assert (result.code, result.records[0]["code"]) == (1, "DatabaseLocked")


def test_what_can_be_read_is_salvaged(parley: CommandLine) -> None:
    say(parley, "old")
    parley.done("backups", "make")
    content = parley.database.read_bytes()
    parley.database.write_bytes(b"x" * 100 + content[100:])
    assert "is damaged" in parley.run("chats", "list").err
    assert "conversations: 1" in parley.done("backups", "salvage").out
    assert titles(parley) == {"old"}


def test_the_data_folder_moves_and_is_found(parley: CommandLine, tmp_path: Path) -> None:
    say(parley, "old")
    where = parley.done("data", "where", "--json").records[0]
    assert (where["data"], where["home"], where["moved"]) == (str(parley.home / "data"), "environment", False)
    assert str(tmp_path / "new") in parley.done("data", "move", tmp_path / "new").out
    assert not parley.database.exists()
    assert titles(parley) == {"old"}
    assert str(tmp_path / "new") in parley.done("data", "where").out
    (tmp_path / "new").rename(tmp_path / "unplugged")
    result = parley.run("chats", "list")
    assert result.code == 1
    assert "they are not there now" in result.err
    assert not (tmp_path / "new").exists()
    (tmp_path / "unplugged").rename(tmp_path / "new")
    moved = parley.done("data", "move", parley.home / "data", "--json").records[0]
    assert moved == {"data": str(parley.home / "data"), "left": []}
    assert titles(parley) == {"old"}


def test_a_folder_that_holds_something_is_refused_or_gets_one_in_it(parley: CommandLine, tmp_path: Path) -> None:
    say(parley, "old")
    (tmp_path / "full" / "Parley").mkdir(parents=True)
    (tmp_path / "full" / "Parley" / "x").touch()
    result = parley.run("data", "move", tmp_path / "full")
    assert result.code == 1
    assert result.err.startswith(f"{tmp_path / 'full' / 'Parley'} is not empty.")
    assert parley.run("data", "move", parley.home / "data" / "inner").code == 1
    assert titles(parley) == {"old"}
