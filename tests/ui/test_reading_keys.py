"""The keys of reading, as the settings have them, in the whole window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt, QUrl
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.engine.models import ModelFile
from app.ui.compare.setup import CompareSetup
from tests.ui.conftest import FileFactory

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def file(qtbot: QtBot, program: Program, model_file: FileFactory) -> ModelFile:
    """A model that has answered once."""
    made = model_file()
    program.engines.engine.load(made)
    with qtbot.waitSignal(program.chats.session.reply_finished):
        program.chats.session.send("Hello")
    return made


def test_keys_find_and_zoom_and_follow_the_settings(qtbot: QtBot, program: Program, file: ModelFile) -> None:
    reading = program.view.page.reading
    qtbot.keyClick(program.window, Qt.Key.Key_Equal, CONTROL)
    assert reading.transcript.zoom == 1.1
    qtbot.keyClick(program.window, Qt.Key.Key_0, CONTROL)
    assert reading.transcript.zoom == 1.0
    program.ground.preferences.set("shortcuts.find", "Ctrl+J")
    qtbot.keyClick(program.window, Qt.Key.Key_F, CONTROL)
    assert not reading.find_bar.isVisible()
    qtbot.keyClick(program.window, Qt.Key.Key_J, CONTROL)
    assert reading.find_bar.isVisible()


def test_a_letter_of_the_third_level_begins_the_next_message(qtbot: QtBot, program: Program, file: ModelFile) -> None:
    transcript, composer = program.view.page.transcript, program.view.page.composer
    transcript.setFocus()
    alt_gr = CONTROL | Qt.KeyboardModifier.AltModifier  # as Windows has it
    QApplication.sendEvent(transcript, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_At, alt_gr, "@"))
    QApplication.sendEvent(transcript, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_X, CONTROL, "x"))
    assert composer.text() == "@"


def test_what_is_pasted_while_reading_comes_into_the_next_message(
    qtbot: QtBot, program: Program, file: ModelFile, tmp_path: Path
) -> None:
    transcript, composer = program.view.page.transcript, program.view.page.composer
    transcript.setFocus()
    QApplication.clipboard().setText("from elsewhere")
    qtbot.keyClick(transcript, Qt.Key.Key_V, CONTROL)
    assert composer.text() == "from elsewhere"
    assert composer.edit.hasFocus()
    notes, data = tmp_path / "notes.txt", QMimeData()
    notes.write_text("words", encoding="utf-8")
    data.setUrls([QUrl.fromLocalFile(str(notes))])
    QApplication.clipboard().setMimeData(data)
    transcript.setFocus()
    with qtbot.waitSignal(composer.files_pasted) as pasted:
        qtbot.keyClick(transcript, Qt.Key.Key_V, CONTROL)
    assert pasted.args == [[notes]]


def test_a_key_opens_what_is_to_be_compared_with_what_is_written(
    qtbot: QtBot, program: Program, file: ModelFile
) -> None:
    program.view.page.choices.files = [file]
    program.view.page.composer.set_text("Which one?")
    qtbot.keyClick(program.window, Qt.Key.Key_D, CONTROL | SHIFT)
    setup = program.view.page.findChild(CompareSetup)
    assert setup is not None
    assert setup.message.toPlainText() == "Which one?"
    assert not setup.begin.isEnabled()  # both are the same model without a preset
    setup.reject()
