"""What is marked at a message: that it is pinned, what it costs, and the files that came along."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.core.chat.attachments import Attachment, with_attachments
from app.ui.transcript.document.user import FileRow, UserItem
from app.ui.transcript.rows.row import Action
from app.ui.transcript.style import BUBBLE_PADDING
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import click, hot, picture, reply, settle, user


def test_a_pin_is_marked_and_taken_away_where_it_is(view: TranscriptView, qtbot: QtBot) -> None:
    plain = [user(1), reply(2, "An answer")]
    view.set_messages(plain)
    settle(view, qtbot)
    before = picture(view)
    rows = view.document.items[1]
    view.show_path([msgspec.structs.replace(message, pinned=True) for message in plain])
    assert view.document.items[1] is rows
    assert picture(view) != before
    with qtbot.waitSignal(view.act_requested) as asked:
        click(view, qtbot, 1, Action.UNPIN)
    assert asked.args == [2, Action.UNPIN]
    view.show_path(plain)
    view.focus.go(None)
    assert not [one for one in view.document.items[0].action_hots() if one.action is Action.UNPIN]


def test_a_cost_stands_at_the_message_while_it_is_pointed_at(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "An answer")])
    settle(view, qtbot)
    before = hot(view, 0, Action.EDIT).rect
    view.set_cost(1, "12 tokens")
    assert hot(view, 0, Action.EDIT).rect == before
    assert view.document.items[0]._actions.width > 100
    view.forget_costs()
    assert not view.document.page.costs


def test_files_are_as_wide_as_their_message_at_every_width(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, with_attachments("Look", [Attachment("a.txt", "text/plain", "words")]))])
    settle(view, qtbot)
    for width in (500, 900):
        view.resize(width, 600)
        settle(view, qtbot)
        item = view.document.items[0]
        (row,) = (row for row in item.rows if isinstance(row, FileRow))
        assert next(row.hots()).rect.width() == item.text_width


def test_what_stands_under_a_message_stands_at_its_end(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([msgspec.structs.replace(user(1), pinned=True), reply(2, "Fine.")])
    settle(view, qtbot)
    item = view.document.items[0]
    unpin = item.action_hots()[-1]
    assert unpin.action is Action.UNPIN
    assert abs(unpin.rect.right() - view.document.page.width + BUBBLE_PADDING) <= 8


def test_below_files_alone_there_is_no_empty_line(view: TranscriptView, qtbot: QtBot) -> None:
    files = [Attachment("a.txt", "text/plain", "words"), Attachment("b.txt", "text/plain", "more")]
    view.set_messages(
        [user(1, with_attachments("", files)), reply(2, "Two files."), user(3, with_attachments("", files))]
    )
    settle(view, qtbot)
    item = view.document.items[0]
    assert isinstance(item, UserItem)
    assert item.bubble.height() == len(files) * FileRow.HEIGHT + 2 * item.padding
    view.setFocus()
    view.select_all()
    assert "Two files." in view.selected_text()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(view, key, Qt.KeyboardModifier.ShiftModifier)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(view, key, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseDClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.viewport().rect().topRight() + QPoint(-90, 90)
    )
