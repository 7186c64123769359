"""Search in the whole window, on a real database: as one types, by filters, and on to the message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.chat.turn import opening_record
from app.core.chat.search import Hit
from app.core.engine.messages import MessageState
from app.core.engine.sampling import Sampling
from app.storage.stores import Stores
from app.ui.sidebar.search_panel import SearchPanel
from app.ui.sidebar.sidebar import Sidebar
from tests.ui.conftest import FileFactory

T = TypeVar("T")
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Searching:
    """Types into the search field and reads what is found."""

    def __init__(self, qtbot: QtBot, program: Program) -> None:
        self.qtbot = qtbot
        self.program = program
        self.sidebar: Sidebar = program.view.sidebar
        self.panel: SearchPanel = self.sidebar.found

    def ask(self, operation: Callable[[Stores], T]) -> T:
        return self.program.ground.storage.lane.submit(operation).result(20)

    def type(self, words: str) -> None:
        self.qtbot.keyClick(self.program.window, Qt.Key.Key_K, CONTROL)
        if words.isascii():
            self.qtbot.keyClicks(self.sidebar.search, words)
        else:
            composed = QInputMethodEvent()
            composed.setCommitString(words)
            QApplication.sendEvent(self.sidebar.search, composed)

    def hits(self) -> list[Hit]:
        model = self.panel.view.model()
        found = (self.panel._model.hit(model.index(row, 0)) for row in range(model.rowCount()))
        return [hit for hit in found if hit is not None]

    def found(self) -> list[tuple[str, str]]:
        """Title, and who says it where it is a message."""
        return [(hit.conversation.title, hit.role.value if hit.role else "") for hit in self.hits()]

    def wait_for(self, *found: tuple[str, str]) -> None:
        self.qtbot.waitUntil(lambda: self.found() == list(found))


@pytest.fixture
def searching(qtbot: QtBot, program: Program, model_file: FileFactory) -> Searching:
    made = Searching(qtbot, program)

    def furnish(stores: Stores) -> None:
        folder = stores.folders.create("Trips").id
        for title, question, answer, model in (
            ("Garden plan", "When do I sow?", "Sow tomatoes in the garden in May.", "Llama"),
            ("東京の旅行", "来週の東京の天気はどうですか。", "晴れです。", "Qwen"),
            ("Packing", "What do I take to the gardens of Kyoto?", "Shoes.", "Qwen"),
        ):
            record = opening_record(model_file(model), Sampling())
            exchange = stores.conversations.begin_exchange(None, None, question, record=record)
            stores.conversations.finish_reply(exchange.reply.id, answer, "", MessageState.COMPLETE, record)
            stores.conversations.rename(exchange.conversation.id, title)
        stores.listing.file({3: folder})

    made.ask(furnish)
    with qtbot.waitSignals([program.chats.conversations.changed, program.chats.conversations.folders_changed]):
        program.chats.conversations.refresh_folders()
        program.chats.conversations.refresh()
    return made


def test_words_are_found_while_they_are_typed_and_esc_returns(searching: Searching) -> None:
    searching.type("gard")
    searching.wait_for(("Garden plan", ""), ("Garden plan", "assistant"), ("Packing", "user"))
    assert searching.panel.status.text() == "3 places"
    assert not searching.sidebar.view.isVisible()
    searching.qtbot.keyClicks(searching.sidebar.search, "en plan")
    searching.wait_for(("Garden plan", ""))
    searching.qtbot.keyClick(searching.sidebar.search, Qt.Key.Key_Escape)
    assert searching.sidebar.search.text() == "" and searching.sidebar.view.isVisible()
    assert searching.sidebar.view.hasFocus()


def test_chinese_and_japanese_are_found_inside_of_sentences(searching: Searching) -> None:
    searching.type("天気")
    searching.wait_for(("東京の旅行", "user"))
    (hit,) = searching.hits()
    assert [hit.snippet.text[first:last] for first, last in hit.snippet.marks] == ["天気"]


def test_filters_narrow_what_is_found(searching: Searching) -> None:
    searching.type("gard")
    searching.wait_for(("Garden plan", ""), ("Garden plan", "assistant"), ("Packing", "user"))
    filters = searching.panel.filters
    filters.role.setCurrentIndex(2)
    searching.wait_for(("Garden plan", "assistant"))
    filters.role.setCurrentIndex(0)
    filters.folder.setCurrentIndex(filters.folder.findText("Trips"))
    searching.wait_for(("Packing", "user"))
    filters.folder.setCurrentIndex(0)
    filters.model.setCurrentIndex(filters.model.findText("Llama"))
    searching.wait_for(("Garden plan", "assistant"))
    filters.model.setCurrentIndex(0)
    filters.age.setCurrentIndex(1)
    searching.wait_for(("Garden plan", ""), ("Garden plan", "assistant"), ("Packing", "user"))


def test_what_is_not_there_is_said(searching: Searching) -> None:
    searching.type("zebra")
    searching.qtbot.waitUntil(lambda: searching.panel.status.text().startswith("Nothing says “zebra”."))
    searching.panel.filters.role.setCurrentIndex(1)
    limits = "Nothing says “zebra” within these limits."
    searching.qtbot.waitUntil(lambda: searching.panel.status.text() == limits)
    searching.sidebar.end_search()
    assert not searching.panel.filters.is_narrow


def test_enter_goes_to_the_message_and_marks_the_words(searching: Searching) -> None:
    searching.type("tomatoes")
    searching.wait_for(("Garden plan", "assistant"))
    searching.qtbot.keyClick(searching.sidebar.search, Qt.Key.Key_Return)
    searching.qtbot.waitUntil(lambda: searching.panel.view.hasFocus())
    with searching.qtbot.waitSignal(searching.program.chats.session.message_found):
        searching.qtbot.keyClick(searching.panel.view, Qt.Key.Key_Return)
    transcript = searching.program.view.page.transcript
    assert transcript.hasFocus()
    assert transcript.focus.place is not None and transcript.focus.place.message == 1
    searching.qtbot.waitUntil(lambda: bool(transcript._hits))
    (marked,) = transcript._hits[1]
    assert transcript.document.block_text(marked.at)[marked.at.offset : marked.end] == "tomatoes"
    searching.qtbot.keyClick(searching.program.window, Qt.Key.Key_K, CONTROL)
    assert searching.sidebar.search.selectedText() == "tomatoes"


def test_a_click_goes_to_a_message_on_another_branch(searching: Searching, model_file: FileFactory) -> None:
    def branch(stores: Stores) -> None:
        record = opening_record(model_file("Llama"), Sampling())
        question = stores.conversations.load(1).path()[0].id
        reply = stores.conversations.begin_reply(1, question, record=record)
        stores.conversations.finish_reply(reply.id, "Never.", "", MessageState.COMPLETE, record)

    searching.ask(branch)
    searching.type("tomatoes")
    searching.wait_for(("Garden plan", "assistant"))
    view = searching.panel.view
    with searching.qtbot.waitSignal(searching.program.chats.session.message_found):
        center = view.visualRect(view.model().index(0, 0)).center()
        searching.qtbot.mouseClick(view.viewport(), LEFT, pos=center)
    shown = searching.program.chats.session.conversation
    assert shown is not None
    assert shown.path()[-1].text == "Sow tomatoes in the garden in May."
    assert searching.ask(lambda stores: stores.conversations.load(1)).leaf_id == shown.leaf_id


def test_from_the_first_hit_up_leads_back_to_the_words(searching: Searching) -> None:
    searching.type("gard")
    searching.wait_for(("Garden plan", ""), ("Garden plan", "assistant"), ("Packing", "user"))
    searching.qtbot.keyClick(searching.sidebar.search, Qt.Key.Key_Down)
    view = searching.panel.view
    assert view.hasFocus()
    assert view.selectionModel().isSelected(view.currentIndex())
    view.selectionModel().setCurrentIndex(view.model().index(2, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    spoken = view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Packing\nWhat do I take to the gardens of Kyoto?\n") and spoken.endswith("You")
    for _ in range(3):
        searching.qtbot.keyClick(view, Qt.Key.Key_Up)
    assert searching.sidebar.search.hasFocus()
    searching.qtbot.keyClick(searching.sidebar.search, Qt.Key.Key_Down)
    searching.qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert searching.sidebar.view.isVisible()
