from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.core.chat.attachments import Attachment
from app.services.attaching import AttachedFile
from app.ui.chat.composer import Composer
from app.ui.chat.message_edit import MAX_BLOCK, MAX_LINES
from app.ui.icons import IconButton
from app.ui.theme import ThemeSource


@pytest.fixture
def composer(qtbot: QtBot, themed: ThemeSource) -> Composer:
    made = Composer()
    qtbot.addWidget(made)
    made.resize(700, 400)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.edit.setFocus()
    return made


def button_of(composer: Composer) -> IconButton:
    return next(one for one in composer.findChildren(IconButton) if one.accessibleName() in ("Send", "Stop"))


def paste(composer: Composer, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    composer.edit.insertFromMimeData(data)


class Watch(QObject):
    """Tells when a widget is painted."""

    painted = Signal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self.painted.emit()
        return False


def labels(composer: Composer) -> list[str]:
    return [label.text() for label in composer.findChildren(QLabel) if label.text()]


def test_enter_sends_and_shift_enter_starts_a_line(qtbot: QtBot, composer: Composer) -> None:
    sent: list[str] = []
    composer.send_requested.connect(sent.append)
    qtbot.keyClicks(composer.edit, "one")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.edit, "two")
    assert sent == []
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert sent == ["one\ntwo"]
    assert composer.text() == "one\ntwo"


def test_ctrl_enter_sends_when_the_user_prefers_it(qtbot: QtBot, composer: Composer) -> None:
    sent: list[str] = []
    composer.send_requested.connect(sent.append)
    composer.set_send_with_enter(False)
    qtbot.keyClicks(composer.edit, "one")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    qtbot.keyClicks(composer.edit, "two")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert sent == ["one\ntwo"]


def test_nothing_is_not_sent(qtbot: QtBot, composer: Composer) -> None:
    sent: list[str] = []
    composer.send_requested.connect(sent.append)
    paste(composer, " \n\t ")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert sent == []
    assert not button_of(composer).isEnabled()


def test_what_was_sent_goes_once_it_is_stored(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.edit, "one")
    composer.clear_sent("something else")
    assert composer.text() == "one"
    composer.clear_sent("one")
    assert composer.text() == ""


def test_send_becomes_stop_while_a_reply_runs(qtbot: QtBot, composer: Composer) -> None:
    button = button_of(composer)
    composer.set_running(True)
    assert button.accessibleName() == "Stop"
    qtbot.keyClicks(composer.edit, "next")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert composer.text() == "next"
    with qtbot.waitSignal(composer.stop_requested):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    composer.set_running(True, stoppable=False)
    assert not button.isEnabled()
    composer.set_running(False)
    assert button.accessibleName() == "Send"
    assert button.isEnabled()


def test_the_field_grows_to_eight_lines(qtbot: QtBot, composer: Composer) -> None:
    heights = [composer.edit.height()]
    for _ in range(10):
        paste(composer, "\ng")
        heights.append(composer.edit.height())
    assert heights[:MAX_LINES] == sorted(set(heights))
    assert heights[MAX_LINES - 1 :] == [heights[-1]] * 4
    assert composer.edit.cursorRect().bottom() <= composer.edit.viewport().height()
    composer.edit.clear()
    assert composer.edit.height() == heights[0]


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "word " * 200_000, "a line\n" * 50_000, "é" * (MAX_BLOCK + 1), "one\r\ntwo\rthree", "🙂" * 5000],
    ids=["one word", "one line", "many lines", "one over", "line ends", "emoji"],
)
def test_pasted_text_arrives_whole(qtbot: QtBot, composer: Composer, text: str) -> None:
    paste(composer, text)
    assert composer.text() == text.replace("\r\n", "\n").replace("\r", "\n")
    assert composer.edit.document().size().height() >= 1


def test_a_long_line_is_copied_as_it_was_pasted(qtbot: QtBot, composer: Composer) -> None:
    text = "before\n" + "x" * (3 * MAX_BLOCK) + "\nafter"
    paste(composer, text)
    composer.edit.selectAll()
    composer.edit.copy()
    assert QGuiApplication.clipboard().text() == text


def test_a_new_line_within_a_long_line_is_kept(qtbot: QtBot, composer: Composer) -> None:
    paste(composer, "x" * (2 * MAX_BLOCK))
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.edit, "y")
    assert composer.text() == "x" * (2 * MAX_BLOCK) + "\ny"


def test_where_nothing_was_written_the_first_ctrl_z_is_for_the_window(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.waitSignal(composer.edit.undo_wanted, timeout=1000):
        qtbot.keyClick(composer.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_a_pasted_long_line_can_be_undone_and_done_again(qtbot: QtBot, composer: Composer) -> None:
    text = "x" * (3 * MAX_BLOCK)
    paste(composer, text)
    composer.edit.undo()
    assert composer.text() == ""
    composer.edit.redo()
    assert composer.text() == text


def test_files_are_left_to_the_window(qtbot: QtBot, composer: Composer) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/models/some.gguf")])
    assert not composer.edit.canInsertFromMimeData(data)


def test_below_stands_what_the_context_holds(qtbot: QtBot, composer: Composer) -> None:
    assert labels(composer) == []
    composer.set_context(1240, 8192)
    composer.set_rate(41.4)
    composer.set_device("CPU")
    assert labels(composer) == ["41 tok/s", "1,240 of 8,192 tokens", "● CPU"]
    composer.set_context(8000, 8192)
    assert "8,000 of 8,192 tokens, nearly full" in labels(composer)


def test_the_chips_grow_with_the_text(qtbot: QtBot, composer: Composer, themed: ThemeSource) -> None:
    composer.show_files([AttachedFile(key="a", name="notes.md", bytes=1200)])
    chip = composer.chips.chips["a"]
    try:
        themed.set_text_size(200)
        labels = [label for label in chip.findChildren(QLabel) if label.text()]
        qtbot.waitUntil(lambda: all(label.height() >= label.fontMetrics().height() for label in labels))
        assert composer.chips.height() >= chip.height() > 44
    finally:
        themed.set_text_size(100)


def test_what_an_empty_field_says_is_painted_without_the_focus(qtbot: QtBot, composer: Composer) -> None:
    composer.set_placeholder("Before")
    composer.edit.clearFocus()
    qtbot.waitUntil(lambda: not composer.edit.hasFocus())
    watch = Watch()
    composer.edit.viewport().installEventFilter(watch)
    composer.edit.viewport().repaint()
    with qtbot.waitSignal(watch.painted):
        composer.set_placeholder("After")


def test_tab_goes_from_the_message_through_its_files(qtbot: QtBot, composer: Composer) -> None:
    read = Attachment("a.txt", "text/plain", "words")
    composer.show_files([AttachedFile(key=name, name=name, bytes=5, attachment=read) for name in ("a.txt", "b.txt")])
    walked: list[str] = []
    for _ in range(6):
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        reached = QApplication.focusWidget()
        assert reached is not None
        walked.append(reached.accessibleName().partition(",")[0])
    assert walked == ["a.txt", "Remove a.txt", "b.txt", "Remove b.txt", "Attach files…", "Send"]


def test_who_clicks_in_the_composer_goes_on_writing(qtbot: QtBot, composer: Composer) -> None:
    composer.show_files([AttachedFile(key="a.txt", name="a.txt", bytes=5)])
    composer.edit.setPlainText("words")
    for button in composer.findChildren(IconButton):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert composer.edit.hasFocus()
