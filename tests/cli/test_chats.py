"""`parley chats`: found, arranged, deleted and brought back without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.engine.messages import Role
from app.storage.stores import open_stores
from tests.cli.conftest import CommandLine
from tests.storage.filling import add_message, create


@pytest.fixture
def filled(parley: CommandLine) -> CommandLine:
    """Three conversations: the first has an exchange with two replies."""
    stores = open_stores(parley.database)
    store = stores.conversations
    for title in ("Bread", "東京の天気", "Planes"):
        chat = create(store, title)
        asked = add_message(store, chat.id, None, Role.USER, f"How is it with {title}?")
        add_message(store, chat.id, asked.id, Role.ASSISTANT, f"{title} is fine.")
    add_message(store, 1, 1, Role.ASSISTANT, "Bread needs yeast.")
    stores.database.close()
    return parley


def listed(parley: CommandLine, *options: str) -> list[int]:
    return [chat["id"] for chat in parley.done("chats", "list", "--json", *options).records]


def test_words_are_found_with_their_place(filled: CommandLine) -> None:
    hits = filled.done("chats", "search", "--json", "yea").records
    assert [(hit["conversation"]["id"], hit["message_id"]) for hit in hits] == [(1, 7)]
    (start, end), text = hits[0]["snippet"]["marks"][0], hits[0]["snippet"]["text"]
    assert text[start:end] == "yea"
    assert filled.done("chats", "search", "--json", "天気", "--limit", "1").records[0]["message_id"] is None
    assert filled.done("chats", "search", "--json", "fine", "--role", "user").out == ""
    assert "Bread needs yeast." in filled.done("chats", "search", "yeast").out
    nothing = filled.run("chats", "search", "zebra")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nothing was found.\n")


def test_conversations_are_pinned_archived_renamed_and_copied(filled: CommandLine) -> None:
    assert listed(filled) == [1, 3, 2]
    assert filled.done("chats", "pin", "2").out == "Pinned: 東京の天気  (2)\n"
    assert listed(filled) == [2, 1, 3]
    filled.done("chats", "unpin", "2")
    filled.done("chats", "archive", "1", "3")
    assert (listed(filled), listed(filled, "--archived")) == ([2], [1, 3])
    filled.done("chats", "unarchive", "3")
    assert filled.done("chats", "rename", "3", "Aeroplanes", "--json").records[0]["title"] == "Aeroplanes"
    copy = filled.done("chats", "duplicate", "1", "--json").records[0]
    assert [message["text"] for message in filled.chat(copy["id"])] == ["How is it with Bread?", "Bread needs yeast."]
    path = filled.done("chats", "duplicate", "1", "--message", "2", "--json").records[0]
    assert [message["text"] for message in filled.chat(path["id"])] == ["How is it with Bread?", "Bread is fine."]
    assert listed(filled, "--limit", "2") == [path["id"], copy["id"]]


def test_folders_hold_conversations(filled: CommandLine) -> None:
    work = filled.done("chats", "folders", "add", "Work", "--json").records[0]["id"]
    filled.done("chats", "folders", "add", "Inner", "--in", "Work")
    filled.done("chats", "move", "1", "2", "--folder", "Inner")
    assert listed(filled, "--folder", "Inner") == [1, 2]
    assert [
        hit["conversation"]["id"]
        for hit in filled.done("chats", "search", "fine", "--folder", "Work", "--json").records
    ]
    filled.done("chats", "folders", "rename", str(work), "Job")
    assert filled.done("chats", "folders", "list").out == f"{work:>5}  Job\n    2    Inner\n"
    filled.done("chats", "folders", "move", "Inner", "--position", "0")
    assert [folder["name"] for folder in filled.done("chats", "folders", "list", "--json").records] == ["Inner", "Job"]
    inside = filled.run("chats", "folders", "move", "Job", "--in", "Job")
    assert (inside.code, "into itself" in inside.err) == (1, True)
    filled.done("chats", "move", "2", "--no-folder")
    filled.done("chats", "folders", "delete", "Inner")
    assert listed(filled) == [1, 3, 2]
    gone = filled.run("chats", "list", "--folder", "Inner", "--json")
    assert (gone.code, gone.records[0]["code"]) == (1, "NoSuchFolder")


def test_the_trash_gives_back_conversations(filled: CommandLine) -> None:
    filled.done("chats", "delete", "1", "3")
    assert listed(filled) == [2]
    assert [chat["id"] for chat in filled.done("chats", "trash", "--json").records] == [3, 1]
    filled.done("chats", "restore", "1")
    assert listed(filled) == [1, 2]
    not_there = filled.run("chats", "restore", "1", "--json")
    assert (not_there.code, not_there.records[0]["code"]) == (1, "NotInTrash")
    kept = filled.run("chats", "delete", "2", "--forever", "--json")
    assert (kept.code, kept.records[0]["code"]) == (1, "NotInTrash")
    filled.done("chats", "delete", "3", "--forever")
    assert filled.run("chats", "show", "3").code == 1
    assert filled.run("chats", "trash").err == "The trash is empty.\n"


def test_an_emptied_trash_holds_neither_conversations_nor_messages(filled: CommandLine) -> None:
    filled.done("chats", "delete", "1", "--branch", "7")
    filled.done("chats", "delete", "2", "3")
    assert filled.run("chats", "trash", "--empty").err == "3 deleted for good.\n"
    assert filled.run("chats", "trash").err == "The trash is empty.\n"


def test_the_trash_gives_back_messages(filled: CommandLine) -> None:
    deleted = filled.done("chats", "delete", "1", "--branch", "7", "--json").records[0]["trash_id"]
    assert [message["text"] for message in filled.chat(1)] == ["How is it with Bread?", "Bread is fine."]
    assert f"--messages {deleted}" in filled.done("chats", "trash").out
    filled.done("chats", "restore", "--messages", str(deleted))
    assert filled.chat(1)[-1]["text"] == "Bread needs yeast."
    filled.done("chats", "delete", "1", "--message", "1")
    assert [message["text"] for message in filled.chat(1)] == ["Bread needs yeast."]
    assert filled.run("chats", "delete", "1", "2", "--message", "7").code == 1


@pytest.mark.parametrize("command", ["pin", "archive", "delete", "restore", "duplicate"])
def test_an_unknown_conversation_changes_nothing(filled: CommandLine, command: str) -> None:
    ids = ("99",) if command == "duplicate" else ("2", "99")
    if command == "restore":
        filled.done("chats", "delete", "2")
    before = listed(filled)
    result = filled.run("chats", command, *ids, "--json")
    assert (result.code, result.records[0]["code"]) == (1, "UnknownConversation")
    assert listed(filled) == before


@pytest.mark.parametrize(
    "arguments",
    [("search",), ("search", "x", "--since", "yesterday"), ("move", "1"), ("folders",), ("rename", "1"), ("pin", "a")],
)
def test_wrong_usage(parley: CommandLine, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert parley.run("chats", *arguments).code == 2


def test_the_help_calls_a_chat_by_one_name(parley: CommandLine) -> None:
    pages = [("--help",), *((name, "--help") for name in ("list", "show", "search", "move", "delete", "restore"))]
    assert [page for page in pages if "conversation" in parley.done("chats", *page).out] == []
