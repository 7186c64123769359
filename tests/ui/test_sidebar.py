"""The sidebar by itself: rows, headings, marks, what a click or a key asks for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder
from app.core.chat.search import Marked
from app.ui.sidebar.model import Answer, ConversationModel
from app.ui.sidebar.rows import Content, FolderRow, Groups, Heading, HintRow, MoreRow, text_of, today
from app.ui.sidebar.search_results import near_mark
from app.ui.sidebar.sidebar import Sidebar
from app.ui.sidebar.view import RowView
from app.ui.theme import ThemeSource

TODAY = date(2024, 3, 20)


def summary(number: int, title: str, day: date, *, pinned: bool = False) -> ConversationSummary:
    moment = datetime(day.year, day.month, day.day, 12).timestamp()
    return ConversationSummary(id=number, title=title, created_at=moment, updated_at=moment, pinned=pinned)


def rows(model: ConversationModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


@pytest.fixture
def sidebar(qtbot: QtBot, themed: ThemeSource) -> Sidebar:
    made = Sidebar()
    qtbot.addWidget(made)
    made.resize(264, 600)
    now = today()
    made.set_conversations(
        [summary(3, "Third", now), summary(2, "Second", now), summary(1, "First", now - timedelta(days=1))]
    )
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def row_center(view: RowView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def test_conversations_stand_under_headings_by_age() -> None:
    ages = [0, 1, 2, 7, 8, 30, 100]
    shown = [summary(age, f"{age} days", TODAY - timedelta(days=age)) for age in ages]
    assert [text_of(row) for row in Groups(TODAY).rows(shown)] == [
        "Today", "0 days", "Yesterday", "1 days", "Previous 7 days", "2 days", "7 days",
        "March", "8 days", "February", "30 days", "December 2023", "100 days",
    ]  # fmt: skip


def test_pinned_come_first_then_folders_then_the_rest(qtbot: QtBot) -> None:
    model = ConversationModel()
    model.set_conversations([summary(1, "Kept", today(), pinned=True), summary(2, "New", today())])
    home, work, inner = Folder(1, None, "Home", 0), Folder(2, None, "Work", 1), Folder(3, 1, "Garden", 0)
    model.set_folders([home, work, inner], {1: Content([summary(3, "Roof", today())], has_more=True)})
    assert rows(model) == ["Pinned", "Kept", "Folders", "Home", "Garden", "Roof", "Show more", "Work", "Today", "New"]
    assert model.row(model.index(3)) == FolderRow(home, 0, is_open=True)
    assert model.row(model.index(6)) == MoreRow(1, 1)
    model.set_folders([home], {1: Content([])})
    assert model.row(model.index(4)) == HintRow("Nothing in it", 1)


def test_headings_cannot_be_chosen(qtbot: QtBot) -> None:
    model = ConversationModel()
    model.set_conversations([summary(1, "Only", TODAY)])
    assert isinstance(model.row(model.index(0)), Heading)
    assert model.flags(model.index(0)) == Qt.ItemFlag.NoItemFlags
    assert model.flags(model.index(1)) & Qt.ItemFlag.ItemIsEnabled


def test_rows_are_spoken_with_their_state(qtbot: QtBot) -> None:
    model = ConversationModel()
    model.set_conversations([summary(1, "Kept", today(), pinned=True), summary(2, "New", today())])
    model.set_folders([Folder(1, None, "Home", 0)], {})
    model.set_answers({1: Answer.HERE, 2: Answer.ELSEWHERE})
    spoken = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    assert spoken == [
        "Pinned", "Kept\nPinned\nA reply is being written", "Folders", "Home\nFolder, closed",
        "Today", "New\nAnother window or program is answering here",
    ]  # fmt: skip


def test_what_only_reads_otherwise_stays_in_its_place(qtbot: QtBot) -> None:
    model = ConversationModel()
    model.set_conversations([summary(1, "Old name", TODAY)])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.set_conversations([summary(1, "New name", TODAY)])
    with qtbot.assertNotEmitted(model.dataChanged):
        model.set_conversations([summary(1, "New name", TODAY)])
    assert rows(model)[1] == "New name"


def test_a_click_opens_and_a_heading_does_nothing(qtbot: QtBot, sidebar: Sidebar) -> None:
    view = sidebar.view
    opened: list[int] = []
    sidebar.open_requested.connect(opened.append)
    for row in (0, 2):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row_center(view, row))
    assert opened == [2]


def test_a_new_chat_leaves_no_row_chosen(qtbot: QtBot, sidebar: Sidebar) -> None:
    sidebar.set_open(2)
    assert sidebar.view.chosen_ids == [2]
    sidebar.set_open(None)
    assert sidebar.view.chosen_ids == []


def test_ctrl_and_shift_choose_several_without_opening(qtbot: QtBot, sidebar: Sidebar) -> None:
    view = sidebar.view
    opened: list[int] = []
    sidebar.open_requested.connect(opened.append)
    left, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier
    qtbot.mouseClick(view.viewport(), left, keys.ControlModifier, row_center(view, 1))
    assert not sidebar.chosen_bar.isVisible()
    qtbot.mouseClick(view.viewport(), left, keys.ControlModifier, row_center(view, 2))
    assert view.chosen_ids == [3, 2] and sidebar.chosen_bar.isVisible()
    qtbot.mouseClick(view.viewport(), left, keys.ShiftModifier, row_center(view, 4))
    assert view.chosen_ids == [3, 2, 1] and opened == []
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert len(view.chosen_ids) == 1 and not sidebar.chosen_bar.isVisible()


def test_the_keyboard_moves_over_headings_and_opens_with_enter(qtbot: QtBot, sidebar: Sidebar) -> None:
    view = sidebar.view
    opened: list[int] = []
    sidebar.open_requested.connect(opened.append)
    qtbot.keyClick(sidebar.search, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert opened == []
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened == [1]
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Up)
    assert sidebar.search.hasFocus()


def test_f2_renames_in_place(qtbot: QtBot, sidebar: Sidebar) -> None:
    view = sidebar.view
    sidebar.set_open(2)
    qtbot.keyClick(view, Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "Second"
    editor.setText("  A better title ")
    with qtbot.waitSignal(sidebar.rename_requested) as renamed:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert renamed.args == [2, "A better title"]


def test_an_empty_title_is_no_rename(qtbot: QtBot) -> None:
    model = ConversationModel()
    model.set_conversations([summary(1, "Kept", TODAY)])
    assert not model.setData(model.index(1), "   ")
    assert model.index(1).data() == "Kept"


def test_new_chat_is_a_button(qtbot: QtBot, sidebar: Sidebar) -> None:
    button = sidebar.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    with qtbot.waitSignal(sidebar.new_requested):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_place_in_a_long_list_is_kept(qtbot: QtBot, sidebar: Sidebar) -> None:
    many = [summary(number, f"Chat {number}", TODAY) for number in range(5000, 0, -1)]
    sidebar.set_conversations(many)
    view = sidebar.view
    assert view.model().rowCount() == 5001
    view.choose_only(view.rows.index_of(("conversation", 4000)))
    view.verticalScrollBar().setValue(30_000)
    sidebar.set_conversations(many[1:])
    assert view.verticalScrollBar().value() == 30_000
    assert view.chosen_ids == [4000]


def test_when_the_current_row_goes_its_neighbour_is_current(qtbot: QtBot, sidebar: Sidebar) -> None:
    sidebar.set_open(2)
    sidebar.set_conversations([summary(3, "Third", today()), summary(1, "First", today() - timedelta(days=1))])
    assert text_of(sidebar.view.current_row or Heading("")) == "First"


@pytest.mark.parametrize(
    ("text", "marks", "shown"),
    [
        ("a short garden", ((8, 14),), "a short garden"),
        (f"{'word ' * 20}garden and {'more ' * 20}", ((100, 106),), "…word word word garden and"),
    ],
)
def test_a_snippet_begins_shortly_before_its_hit(text: str, marks: tuple[tuple[int, int]], shown: str) -> None:
    near = near_mark(Marked(text, marks))
    assert near.text.startswith(shown)
    assert [near.text[first:last] for first, last in near.marks] == ["garden"]
