"""What is painted piece by piece looks as if everything had been painted at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QImage, QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.engine.messages import MessageState
from app.ui.theme import LIGHT
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import SAMPLE, record, reply, user

_CORNER = 8
REASONED = "A thought that is long enough to fill more than a line of the page, so that it has to be broken. " * 3


def is_as_painted_anew(view: TranscriptView) -> bool:
    """Whether the user sees what painting all would show, but for the edges of round corners painted in two parts."""
    QApplication.processEvents()
    seen = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    anew = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    lines = [y for y in range(seen.height()) if seen.constScanLine(y) != anew.constScanLine(y)]
    others = sum(seen.pixel(x, y) != anew.pixel(x, y) for y in lines for x in range(seen.width()))
    return others <= _CORNER


class Watch(QObject):
    """Takes note of what is painted."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.painted: list[QRect] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.painted.append(event.rect())
        return False


@pytest.fixture
def plain(qtbot: QtBot) -> TranscriptView:
    """A view without colours, which would come at any time."""
    made = TranscriptView(LIGHT)
    made.resize(900, 600)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.mark.parametrize("reasoning", ["", REASONED])
def test_a_reply_is_painted_as_it_grows(plain: TranscriptView, reasoning: str) -> None:
    plain.set_messages([user(1, "Why?"), reply(2, SAMPLE), user(3, "And?"), reply(4, state=MessageState.STREAMING)])
    QApplication.processEvents()
    assert is_as_painted_anew(plain)
    for text, thought in [*(("", reasoning[at : at + 7]) for at in range(0, len(reasoning), 7)),
                          *((f"{SAMPLE}\n\n"[at : at + 5], "") for at in range(0, len(SAMPLE) + 2, 5))]:  # fmt: skip
        plain.append_text(4, text, thought)
        plain._take_up_text()
        assert is_as_painted_anew(plain), (text, thought)
    plain.finish_message(reply(4, f"{SAMPLE}\n\n", reasoning=reasoning, record=record()))
    assert is_as_painted_anew(plain)


def test_a_word_more_is_painted_alone(plain: TranscriptView) -> None:
    plain.set_messages([user(1, "Why?"), reply(2, f"{SAMPLE}\n\nThe ", state=MessageState.STREAMING)])
    QApplication.processEvents()
    watch = Watch(plain)
    plain.viewport().installEventFilter(watch)
    plain.append_text(2, "end")
    plain._take_up_text()
    QApplication.processEvents()
    (area,) = watch.painted
    assert area.height() <= 2 * plain.document.page.style.body.line_height


def test_scrolling_moves_what_is_drawn(plain: TranscriptView) -> None:
    plain.set_messages([user(1, "Why?"), reply(2, f"{SAMPLE}\n\n" * 4)])
    QApplication.processEvents()
    for by in (-37, -100, 12, -64, 200):
        plain.scroll_by(by)
        QApplication.processEvents()
        assert is_as_painted_anew(plain)
