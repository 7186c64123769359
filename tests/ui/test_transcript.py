"""The transcript in a real window: messages come, are streamed, followed and scrolled."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QTextLayout
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState, Role
from app.ui.theme import DARK
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import (
    SAMPLE,
    picture,
    record,
    reply,
    settle,
    shown_text,
    stream,
    user,
)


def test_a_streamed_reply_ends_as_the_same_picture_as_one_shown_at_once(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, SAMPLE)
    view.finish_message(reply(2, SAMPLE, record=record()))
    settle(view, qtbot)
    streamed, height = picture(view), view.document.height
    view.set_messages([user(1), reply(2, SAMPLE, record=record())])
    settle(view, qtbot)
    assert view.document.height == height
    assert picture(view) == streamed


@pytest.mark.parametrize("kind", ["paragraph", "code", "list", "table"])
def test_what_is_painted_while_streaming_is_what_a_full_repaint_shows(
    view: TranscriptView, qtbot: QtBot, kind: str
) -> None:
    source = {
        "paragraph": "Words that go on and **on** for long. " * 60,
        "code": "```python\n" + "value = compute('text')  # and so on\n" * 50,
        "list": "- an item that has *some* words in it\n" * 50,
        "table": "| a | b |\n|---|---|\n" + "| some | more **bold** |\n" * 50,
    }[kind]
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    screen = view.window().windowHandle().screen()
    stream(view, qtbot, source, size=7)
    corner = view.viewport().mapToGlobal(QPoint(0, 0))
    size = view.viewport().size()
    if QGuiApplication.platformName() == "xcb":
        on_screen = screen.grabWindow(0, corner.x(), corner.y(), size.width(), size.height()).toImage()
        assert on_screen.convertToFormat(QImage.Format.Format_RGB32) == picture(view).convertToFormat(
            QImage.Format.Format_RGB32
        )
    assert view.is_at_end


def test_text_that_differs_from_what_was_streamed_is_laid_out_anew(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, "What was streamed")
    view.finish_message(reply(2, "What is stored"))
    assert shown_text(view).endswith("What is stored")


def test_a_long_reply_lays_out_only_its_last_lines_again(
    view: TranscriptView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, "Words without an end and without a break, " * 60, size=40)
    laid_out = []
    begin = QTextLayout.beginLayout
    monkeypatch.setattr(QTextLayout, "beginLayout", lambda self: (laid_out.append(len(self.text())), begin(self))[1])
    view.append_text(2, " word")
    view._take_up_text()
    assert 0 < sum(laid_out) < 1500


def test_the_view_follows_until_the_user_scrolls_up_and_then_offers_to_return(
    view: TranscriptView, qtbot: QtBot
) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, "Line.\n\n" * 60, size=50)
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert not view.jump.isVisible()
    bar.setValue(bar.value() - 200)
    place = bar.value()
    stream(view, qtbot, "More.\n\n" * 20, size=50)
    assert bar.value() == place and not view.is_at_end
    qtbot.mouseClick(view.jump, Qt.MouseButton.LeftButton)
    assert bar.value() == bar.maximum()
    assert not view.jump.isVisible()


def test_opening_a_long_conversation_lays_out_its_end_only(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([message for n in range(0, 2000, 2) for message in (user(n), reply(n + 1, SAMPLE))])
    built = [item for item in view.document.items if item.rows]
    assert 0 < len(built) < 12
    assert view.document.items[-1] in built


def test_scrolling_up_into_the_unknown_keeps_in_place_what_is_in_view(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([message for n in range(0, 60, 2) for message in (user(n), reply(n + 1, SAMPLE))])
    settle(view, qtbot)
    for _ in range(40):
        view.scroll_by(-90)
        anchors = view.document._anchor(view._top, view._top + view.viewport().height())
        assert anchors is not None
        index, row, place = anchors
        before = place - view._top
        view.scroll_by(-90)
        moved = view.document.tops[index] + view.document.items[index].tops[row] - view._top
        assert moved - before == 90 or view._top == 0


def test_the_line_from_which_the_model_sees_moves(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "a"), user(3), reply(4, "b")])
    plain = view.document.height
    view.set_notice_before(3)
    with_line = view.document.height
    view.set_notice_before(2)
    assert view.document.height == with_line > plain
    view.set_notice_before(None)
    assert view.document.height == plain


def test_messages_come_and_go(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([StoredMessage(id=9, parent_id=None, role=Role.SYSTEM, text="Be kind"), user(1)])
    view.add_message(reply(2, "Answer"))
    assert shown_text(view) == "A question\n\nAnswer"
    assert view.accessibleDescription() == "Answer"
    view.show_path([user(1)])
    assert shown_text(view) == "A question"
    view.clear()
    assert shown_text(view) == "" and not view.has_selection


def test_another_theme_and_width_show_the_same_text(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, SAMPLE, record=record())])
    text = shown_text(view)
    view.set_theme(DARK)
    view.resize(520, 400)
    settle(view, qtbot)
    assert shown_text(view) == text
    assert picture(view).pixelColor(2, 2) == DARK.color("page")
    assert view.document.page.width < 500


def test_a_theme_change_in_the_midst_of_a_reply_loses_nothing(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, SAMPLE[:100])
    view.set_theme(DARK)
    view.resize(700, 500)
    stream(view, qtbot, SAMPLE[100:])
    view.finish_message(reply(2, SAMPLE))
    streamed = shown_text(view)
    view.set_messages([user(1), reply(2, SAMPLE)])
    assert shown_text(view) == streamed


HOSTILE = {
    "line": "x" * 300_000,
    "brackets": "[" * 20_000,
    "quotes": "> " * 5_000 + "deep",
    "controls": "\0\x1b[31m\ud800",
    "bidi": "مرحبا \u202e evil \u2066",
    "table": "| a |\n|---|\n" + "| b |\n" * 3000,
    "code": "```\n" + "y" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_shown(view: TranscriptView, qtbot: QtBot, text: str) -> None:
    view.set_messages([user(1, text), reply(2, text, record=record())])
    settle(view, qtbot)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    settle(view, qtbot)
    assert not picture(view).isNull()
    assert view.document.height > 0


def test_keys_scroll(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, SAMPLE * 4)])
    bar = view.verticalScrollBar()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert bar.value() == 0
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert bar.value() > 200
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()


def test_rows_go_with_their_conversation_without_waiting_for_the_collector(view: TranscriptView, qtbot: QtBot) -> None:
    gc.collect()
    gc.disable()
    try:
        view.set_messages([user(1), reply(2, f"{SAMPLE}\n\n$x^2$", record=record())])
        settle(view, qtbot)
        rows = [weakref.ref(row) for item in view.document.items for row in item.rows]
        assert len(rows) == 3
        view.set_messages([])
        settle(view, qtbot)
        assert [row() for row in rows if row() is not None] == []
    finally:
        gc.enable()
