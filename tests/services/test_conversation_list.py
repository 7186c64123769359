from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import SignalInstance
from pytestqt.qtbot import QtBot

from app.core.chat.conversation_errors import NotInTrash
from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder, Listing, Shelf
from app.core.chat.search import SearchQuery, SearchResult
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.messages import Role
from app.services.conversation_list import PAGE, ConversationList
from app.services.conversation_search import ConversationSearch
from app.services.relay import Relay, Storage
from app.services.undo import Deed
from app.storage.lane import Lane
from app.storage.stores import Stores, open_stores
from tests.storage.filling import add_message, create


class Lists:
    """The list beside a second process, which is another connection here."""

    def __init__(self, qtbot: QtBot, path: Path) -> None:
        self.qtbot = qtbot
        self.relay = Relay()
        self.storage = Storage(Lane(lambda: open_stores(path)), self.relay)
        self.search_storage = Storage(Lane(lambda: open_stores(path)), self.relay)
        self.list = ConversationList(self.storage)
        self.search = ConversationSearch(self.search_storage)
        self.other: Stores = open_stores(path)

    def make(self, *titles: str) -> list[int]:
        """Conversations, as another process makes them."""
        return [create(self.other.conversations, title).id for title in titles]

    def after(self, signal: SignalInstance, act: object, *arguments: object) -> list[object]:
        """What a signal brings after something was done."""
        assert callable(act)
        with self.qtbot.waitSignal(signal) as caught:
            act(*arguments)
        found: list[object] = caught.args
        return found

    def shown(self, act: object, *arguments: object) -> list[str]:
        """The titles that are listed after something was done."""
        (summaries,) = self.after(self.list.changed, act, *arguments)
        assert isinstance(summaries, list)
        return [summary.title for summary in summaries]

    def close(self) -> None:
        self.list.shutdown()
        self.search.shutdown()
        self.storage.close()
        self.other.database.close()


@pytest.fixture
def lists(qtbot: QtBot, tmp_path: Path) -> Iterator[Lists]:
    made = Lists(qtbot, tmp_path / "parley.sqlite3")
    yield made
    made.close()


def test_pages_come_as_they_are_asked_for(lists: Lists) -> None:
    lists.make(*(str(number) for number in range(2 * PAGE + 5)))
    assert len(lists.shown(lists.list.refresh)) == PAGE
    assert lists.list.has_more
    (second,) = lists.after(lists.list.extended, lists.list.load_more)
    (third,) = lists.after(lists.list.extended, lists.list.load_more)
    assert isinstance(second, list) and isinstance(third, list)
    assert (len(second), [line.title for line in third], lists.list.has_more) == (
        PAGE,
        ["4", "3", "2", "1", "0"],
        False,
    )
    lists.list.load_more()
    assert len(lists.shown(lists.list.refresh)) == 2 * PAGE + 5
    assert lists.shown(lists.list.refresh, "20") == ["204", "203", "202", "201", "200", "120", "20"]


def test_what_is_done_can_be_taken_back(lists: Lists) -> None:
    first, second = lists.make("first", "second")
    folder = lists.other.folders.create("Work").id
    service = lists.list
    for act, deed, titles in (
        (lambda: service.pin([first]), Deed.PINNED, ["first", "second"]),
        (lambda: service.archive([second]), Deed.ARCHIVED, ["first"]),
        (lambda: service.trash([first]), Deed.TRASHED, ["second"]),
        (lambda: service.rename(first, "new"), Deed.RENAMED, ["second", "new"]),
        (lambda: service.file([first, second], folder), Deed.FILED, ["second", "first"]),
    ):
        deeds: list[Deed] = []
        service.undo.pushed.connect(deeds.append)
        assert lists.shown(act) == titles
        assert deeds == [deed]
        assert lists.shown(service.undo.undo) == ["second", "first"]
        service.undo.pushed.disconnect(deeds.append)
    assert not lists.other.listing.page(Listing(folder_id=folder)).conversations
    lists.shown(service.pin, [first], False)
    service.undo.undone.connect(deeds.append)
    service.undo.undo()
    assert lists.shown(service.refresh) == ["second", "first"] and deeds == [deed]


def test_folders_are_arranged_and_brought_back(lists: Lists) -> None:
    service = lists.list
    (made,) = lists.after(service.folders_changed, service.create_folder, "Work")
    assert isinstance(made, list)
    (work,) = made
    assert isinstance(work, Folder)
    (chat,) = lists.make("chat")
    lists.shown(service.file, [chat], work.id)
    assert lists.shown(service.show, Listing(folder_id=work.id)) == ["chat"]
    assert lists.after(service.folders_changed, service.rename_folder, work.id, "Job") == [
        [Folder(work.id, None, "Job", 0)]
    ]
    assert lists.after(service.folders_changed, service.delete_folder, work.id) == [[]]
    assert lists.after(service.folders_changed, service.undo.undo) == [[Folder(work.id, None, "Job", 0)]]
    assert lists.shown(service.refresh) == ["chat"]


def test_the_trash_and_a_copy(lists: Lists) -> None:
    (chat,) = lists.make("chat")
    service = lists.list
    (copy,) = lists.after(service.made, service.duplicate, chat)
    assert isinstance(copy, ConversationSummary) and copy.id != chat
    assert lists.after(service.trashed, service.trash, [chat]) == [[chat]]
    assert lists.shown(service.show, Listing(Shelf.TRASH)) == ["chat"]
    assert lists.shown(service.restore, [chat]) == []
    lists.shown(service.trash, [chat])
    assert lists.shown(service.forget, [chat]) == []
    assert lists.shown(service.show, Listing()) == ["chat"]


def test_what_is_gone_for_good_is_not_said_to_be_back_and_hides_no_older_deed(lists: Lists) -> None:
    kept, gone = lists.make("kept", "gone")
    service = lists.list
    lists.shown(service.rename, kept, "other")
    lists.shown(service.trash, [gone])
    lists.shown(service.forget, [gone])
    undone: list[Deed] = []
    service.undo.undone.connect(undone.append)
    (error,) = lists.after(service.undo.problem, service.undo.undo)
    assert isinstance(error, NotInTrash) and undone == []
    assert lists.shown(service.undo.undo) == ["kept"]
    assert undone == [Deed.RENAMED]


def test_what_a_locked_database_kept_from_being_taken_back_can_be_tried_again(lists: Lists) -> None:
    (chat,) = lists.make("chat")
    service = lists.list
    lists.shown(service.rename, chat, "other")
    with lists.other.database.transaction() as connection:
        connection.execute("UPDATE conversations SET pinned = 0")
        with lists.qtbot.waitSignal(service.undo.problem, timeout=20_000) as caught:  # it waits for the lock first
            service.undo.undo()
    assert [type(error) for error in caught.args] == [DatabaseLocked]
    assert lists.shown(service.undo.undo) == ["chat"]


def test_what_another_process_writes_is_seen(lists: Lists) -> None:
    service = lists.list
    lists.shown(service.refresh)
    service.watch(interval_ms=1)
    lists.qtbot.waitUntil(lambda: service._change_number is not None)
    with lists.qtbot.waitSignals([service.changed_elsewhere, service.changed]):
        lists.make("from the command line")
    assert lists.shown(service.refresh) == ["from the command line"]


def test_only_the_last_search_is_answered(lists: Lists) -> None:
    (chat,) = lists.make("Bread")
    message = add_message(lists.other.conversations, chat, None, Role.USER, "yeast and flour")
    answers: list[SearchQuery] = []
    lists.search.found.connect(lambda query, _: answers.append(query))
    with lists.qtbot.waitSignal(lists.search.found) as caught:
        for text in ("y", "ye", "yea", "yeast fl"):
            lists.search.search(SearchQuery(text))
    query, result = caught.args
    assert isinstance(result, SearchResult)
    assert answers == [query] == [SearchQuery("yeast fl")]
    assert [hit.message_id for hit in result.hits] == [message.id]
    with lists.qtbot.waitSignal(lists.search.found):
        lists.search.search(SearchQuery("bread"))
        lists.search.clear()
        lists.search.search(SearchQuery("flour"))
    assert answers == [SearchQuery("yeast fl"), SearchQuery("flour")]


def test_a_search_does_not_wait_for_a_write(lists: Lists) -> None:
    lists.make("Bread")
    with lists.other.database.transaction():
        (_, result) = lists.after(lists.search.found, lists.search.search, SearchQuery("brea"))
    assert isinstance(result, SearchResult) and len(result.hits) == 1
