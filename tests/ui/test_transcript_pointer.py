"""The transcript with a pointer: selecting, copying, following links."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.rows.row import Action
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import (
    SAMPLE,
    click,
    picture,
    point_of,
    reply,
    settle,
    user,
)


def test_dragging_selects_over_messages_and_copies_plain_text(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, "The question"), reply(2, "First **bold** words.\n\nSecond words.")])
    settle(view, qtbot)
    viewport = view.viewport()
    start, end = point_of(view, "question"), point_of(view, "Second")
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, end)
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove, QPointF(end), viewport.mapToGlobal(QPointF(end)), Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(viewport, move)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert view.has_selection
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert "\n\nFirst bold words.\n\nSec" in copied
    assert copied.startswith(("stion", "estion", "tion"))


def test_a_double_click_takes_a_word_and_a_third_the_block(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "First words here.\n\nSecond block.")])
    settle(view, qtbot)
    place = point_of(view, "words")
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.selected_text() == "words"
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.selected_text() == "First words here."


def test_a_shift_click_prolongs_the_selection(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "First words here.\n\nSecond block.")])
    settle(view, qtbot)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, "First"))
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, shift, pos=point_of(view, "block"))
    assert "st words here.\n\nSecond b" in view.selected_text()


def test_select_all_keeps_fences_markers_and_quotes(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, "Hello"), reply(2, SAMPLE)])
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    text = view.selected_text()
    assert text.startswith(
        "Hello\n\nTitle\n\nSome bold text with a link and code.\n\n• one\n• two\n  1. nested\n\n> quoted"
    )
    assert "```python\ndef f(x):\n    return x + 1\n```" in text
    assert "a\tb\n1\t2" in text


def test_selections_of_text_beyond_the_basic_plane_are_cut_rightly(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, "😀😀 word 漢字"), reply(2, "ok")])
    settle(view, qtbot)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, "word"))
    assert view.selected_text() == "word"


def test_a_click_on_a_link_emits_its_address(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "See [this page](https://example.org/x) and [that](javascript:alert(1)).")])
    settle(view, qtbot)
    with qtbot.waitSignal(view.link_activated) as clicked:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, "this page"))
    assert clicked.args == ["https://example.org/x"]
    with qtbot.assertNotEmitted(view.link_activated):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, "that"))


def test_code_that_comes_in_pieces_is_copied_whole(view: TranscriptView, qtbot: QtBot) -> None:
    code = "\n".join(f"line_{n} = {n}" for n in range(130))
    view.set_messages([user(1), reply(2, f"```python\n{code}\n```")])
    settle(view, qtbot)
    view.verticalScrollBar().setValue(0)
    settle(view, qtbot)
    with qtbot.waitSignal(view.clipboard.copied):
        click(view, qtbot, 1, Action.COPY_CODE)
    assert QGuiApplication.clipboard().text() == code


def test_a_message_is_copied_as_it_was_written(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, "Ask"), reply(2, "Some **bold** text")])
    settle(view, qtbot)
    click(view, qtbot, 1, Action.COPY_MESSAGE)
    assert QGuiApplication.clipboard().text() == "Some **bold** text"
    click(view, qtbot, 0, Action.COPY_MESSAGE)
    assert QGuiApplication.clipboard().text() == "Ask"


def test_a_selection_is_painted(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "Some words")])
    settle(view, qtbot)
    before = picture(view)
    view.select(Selection(Position(1, 0, 0, 0), Position(1, 0, 0, 4)))
    assert picture(view) != before
    assert view.selected_text() == "Some"
