"""Labels for words from outside: as they are, and never wider than their window."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QTextDocument
from PySide6.QtGui import Qt as RichText
from pytestqt.qtbot import QtBot

from app.ui.labels import plain_label, tip, wrapped_label


def test_what_has_no_room_ends_in_dots(qtbot: QtBot) -> None:
    path = plain_label("body", "/home/ada/models/a-very-long-name-of-a-model.gguf")
    said = plain_label("body", "There is no disk of this name at this machine now")
    for label in (path, said):
        qtbot.addWidget(label)
        label.resize(160, 24)
        label.show()
        assert not label.grab().isNull()
    assert path.shown.startswith("/home") and path.shown.endswith(".gguf") and "…" in path.shown
    assert said.shown.startswith("There is") and said.shown.endswith("…")
    said.resize(800, 24)
    assert said.shown == said.text()
    said.resize(160, 200)
    said.setWordWrap(True)
    assert said.shown == said.text()


def test_the_cut_line_is_drawn_in_the_colour_of_its_kind(qtbot: QtBot) -> None:
    label = plain_label("bad", "no room for this line of words")
    qtbot.addWidget(label)
    label.setStyleSheet('QLabel[kind="bad"] { color: rgb(250, 0, 0); background: rgb(0, 0, 0); }')
    label.resize(100, 30)
    with qtbot.waitActive(label):
        label.show()
        label.activateWindow()
    image = label.grab().toImage()
    colors = {QColor(image.pixel(x, y)).red() for x in range(image.width()) for y in range(image.height())}
    assert max(colors) > 200


@pytest.mark.parametrize("text", ["<img src='//elsewhere/a.png'>", "<b>two</b>\nlines & more", "a plain one & only"])
def test_a_tip_is_read_as_text(text: str) -> None:
    document = QTextDocument()
    shown = tip(text)
    document.setHtml(shown) if RichText.mightBeRichText(shown) else document.setPlainText(shown)
    assert document.toPlainText().replace("\u2028", "\n") == text


def test_markup_is_not_heeded(qtbot: QtBot) -> None:
    label = wrapped_label("body", "<b>bold</b>", selectable=True)
    qtbot.addWidget(label)
    assert label.text() == "<b>bold</b>"
