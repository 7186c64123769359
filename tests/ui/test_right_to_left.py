"""Words that are read from right to left, in windows of either direction; what points somewhere points along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QTextCursor
from PySide6.QtWidgets import QApplication, QListView, QSlider
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import ConversationSummary
from app.core.chat.search import Hit, Marked
from app.core.engine.messages import Role
from app.ui.chat.message_edit import MessageEdit
from app.ui.icons import SIZE, IconButton
from app.ui.sidebar.model import ConversationModel
from app.ui.sidebar.search_results import HitModel, HitView
from app.ui.sidebar.view import RowView
from app.ui.theme import COMFORTABLE, LIGHT, Fonts, ThemeSource, stylesheet

HEBREW = "תוכנית לגינה (v2.0), for May!"
ISOLATED = f"\u2067{HEBREW}\u2069"
"""The same, told to be read from right to left whatever is around it."""


@pytest.fixture
def right_to_left(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.styleSheet()
    yield qapp
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    qapp.setStyleSheet(before)


def drawn(qtbot: QtBot, name: str) -> QImage:
    button = IconButton(name, "Name")
    qtbot.addWidget(button)
    button.show()
    return button.icon().pixmap(SIZE, SIZE).toImage()


@pytest.mark.parametrize(("name", "points"), [("back", True), ("sidebar", True), ("continue", True), ("pin", False)])
def test_an_icon_follows_the_line_of_reading(
    qtbot: QtBot, right_to_left: QApplication, name: str, points: bool
) -> None:
    usual = drawn(qtbot, name)
    right_to_left.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert (drawn(qtbot, name) == usual) is not points


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_a_slider_is_filled_from_where_it_begins(
    qtbot: QtBot, right_to_left: QApplication, direction: Qt.LayoutDirection
) -> None:
    right_to_left.setLayoutDirection(direction)
    slider = QSlider(Qt.Orientation.Horizontal)
    right_to_left.setStyleSheet(stylesheet(LIGHT, Fonts.of(slider.font()), COMFORTABLE, direction))
    slider.setRange(0, 4)
    slider.setValue(1)
    qtbot.addWidget(slider)
    slider.resize(400, 30)
    slider.show()
    drawn = slider.grab().toImage()
    filled = [x for x in range(400) if drawn.pixelColor(x, 15) == LIGHT.color("accent")]
    begins = min(filled) if direction is Qt.LayoutDirection.LeftToRight else 399 - max(filled)
    assert begins < 12 and len(filled) < 200


def conversation(title: str) -> ConversationSummary:
    return ConversationSummary(id=1, title=title, created_at=0.0, updated_at=0.0, pinned=True)


def seen(qtbot: QtBot, view: QListView) -> QImage:
    qtbot.addWidget(view)
    view.resize(264, 200)
    view.show()
    return view.grab().toImage()


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_a_title_is_read_in_its_own_direction(
    qtbot: QtBot, right_to_left: QApplication, themed: ThemeSource, direction: Qt.LayoutDirection
) -> None:
    right_to_left.setLayoutDirection(direction)
    pictures = []
    for title in (HEBREW, ISOLATED):
        model = ConversationModel()
        model.set_conversations([conversation(title)])
        pictures.append(seen(qtbot, RowView(model)))
    assert pictures[0] == pictures[1]


def test_a_hit_is_read_in_its_own_direction(qtbot: QtBot, right_to_left: QApplication, themed: ThemeSource) -> None:
    pictures = []
    for words in (HEBREW, ISOLATED):
        model = HitModel()
        plain = Marked(words, ())
        model.set_hits(
            [Hit(conversation=conversation(words), title=plain, message_id=1, snippet=plain, role=Role.USER)]
        )
        pictures.append(seen(qtbot, HitView(model)))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_what_is_written_begins_where_it_is_read_from(
    qtbot: QtBot, right_to_left: QApplication, direction: Qt.LayoutDirection
) -> None:
    right_to_left.setLayoutDirection(direction)
    edit = MessageEdit()
    qtbot.addWidget(edit)
    edit.resize(600, 100)
    edit.show()
    begins = []
    for text in ("", "Hello", HEBREW, f"\n\n{HEBREW}\nand English", "Hello again"):
        edit.set_text(text)
        edit.moveCursor(QTextCursor.MoveOperation.Start)
        begins.append("left" if edit.cursorRect().x() < 300 else "right")
    assert begins == [
        "left" if direction is Qt.LayoutDirection.LeftToRight else "right",
        "left",
        "right",
        "right",
        "left",
    ]
    assert not edit.document().isUndoAvailable()
