"""The transcript in a real window: streaming, following, selecting, copying, acting."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent, QTextLayout
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import FinishReason, MessageState, Role
from app.core.errors import EngineFailed, Failure
from app.ui.theme import DARK
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.rows.lines import FooterRow, fold_label, footer_of
from app.ui.transcript.rows.row import Action
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import (
    SAMPLE,
    click,
    hot,
    picture,
    point_of,
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
    assert view.is_following


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
    assert view.is_following and bar.value() == bar.maximum()
    assert not view._jump.isVisible()
    bar.setValue(bar.value() - 200)
    place = bar.value()
    stream(view, qtbot, "More.\n\n" * 20, size=50)
    assert not view.is_following and bar.value() == place
    qtbot.mouseClick(view._jump, Qt.MouseButton.LeftButton)
    assert view.is_following and bar.value() == bar.maximum()
    assert not view._jump.isVisible()


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
    with qtbot.waitSignal(view.copied):
        click(view, qtbot, 1, Action.COPY_CODE)
    assert QGuiApplication.clipboard().text() == code


def test_a_message_is_copied_as_it_was_written(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1, "Ask"), reply(2, "Some **bold** text")])
    settle(view, qtbot)
    click(view, qtbot, 1, Action.COPY_MESSAGE)
    assert QGuiApplication.clipboard().text() == "Some **bold** text"
    click(view, qtbot, 0, Action.COPY_MESSAGE)
    assert QGuiApplication.clipboard().text() == "Ask"


def test_a_failed_reply_offers_to_retry_and_its_details(view: TranscriptView, qtbot: QtBot) -> None:
    failure = Failure.of(EngineFailed(activity="writing"))
    view.set_messages([user(1), reply(2, state=MessageState.FAILED, record=record(failure=failure))])
    settle(view, qtbot)
    with qtbot.waitSignal(view.retry_requested) as retried:
        click(view, qtbot, 1, Action.RETRY)
    with qtbot.waitSignal(view.details_requested) as detailed:
        click(view, qtbot, 1, Action.DETAILS)
    assert (retried.args, detailed.args) == ([2], [2])


def test_footers_say_how_a_reply_came_to_be_and_why_it_ended() -> None:
    def texts(message: StoredMessage) -> tuple[str, str]:
        row: FooterRow = footer_of(message, is_last=True)
        return row._notice, row._remark

    assert texts(reply(1, "x", record=record())) == ("", "Tiny · 1,212 tokens · 41 tok/s")
    assert texts(reply(1, "x", MessageState.STOPPED, record=record()))[1].endswith("· Stopped")
    assert texts(reply(1, "x", record=record(finish_reason=FinishReason.LENGTH)))[1].endswith("token limit")
    assert texts(reply(1, "x", MessageState.INTERRUPTED)) == ("Interrupted: what was written is kept", "")
    failed = reply(1, "", MessageState.FAILED, record=record(failure=Failure.of(EngineFailed(activity="writing"))))
    assert texts(failed)[0].startswith("Failed: The model stopped with an error while writing.")


def test_only_the_last_reply_can_be_tried_again(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "a"), user(3), reply(4, "b")])
    settle(view, qtbot)
    assert hot(view, 3, Action.RETRY)
    with pytest.raises(AssertionError):
        hot(view, 1, Action.RETRY)


def test_reasoning_folds_into_one_line_and_out_again(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, "", "Let me think.")
    settle(view, qtbot)
    assert "think" not in shown_text(view)
    view.append_text(2, "The answer")
    settle(view, qtbot)
    done = reply(2, "The answer", reasoning="Let me think.", record=record())
    view.finish_message(done)
    settle(view, qtbot)
    assert fold_label(done, 0) == "Thought for 12 s"
    click(view, qtbot, 1, Action.FOLD)
    assert shown_text(view).endswith("Let me think.\n\nThe answer")
    click(view, qtbot, 1, Action.FOLD)
    assert shown_text(view).endswith("A question\n\nThe answer")


def test_reasoning_that_is_unfolded_while_it_streams_goes_on(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    view.append_text(2, "", "Let me ")
    settle(view, qtbot)
    click(view, qtbot, 1, Action.FOLD)
    view.append_text(2, "", "think.")
    settle(view, qtbot)
    view.append_text(2, "The ans")
    settle(view, qtbot)
    view.append_text(2, "wer")
    settle(view, qtbot)
    assert shown_text(view).endswith("Let me think.\n\nThe answer")
    assert fold_label(reply(2, state=MessageState.STREAMING), 0) == "Thinking…"


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
    view.remove_message(2)
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
    assert bar.value() == bar.maximum() and view.is_following


def test_a_selection_is_painted(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([user(1), reply(2, "Some words")])
    settle(view, qtbot)
    before = picture(view)
    view.select(Selection(Position(1, 0, 0, 0), Position(1, 0, 0, 4)))
    assert picture(view) != before
    assert view.selected_text() == "Some"


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
