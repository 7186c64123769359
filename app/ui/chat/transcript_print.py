"""The conversation on paper: laid out to the page's width, and cut between lines where it can be.

Window process, interface thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QPagedPaintDevice, QPainter

from app.core.conversations import StoredMessage
from app.core.typeset_frames import Drawn, Tinted, Work
from app.ui.chat.blocks_code import Typeset
from app.ui.chat.transcript_document import TranscriptDocument
from app.ui.chat.transcript_rows import Page
from app.ui.chat.transcript_selection import RowMarks
from app.ui.chat.transcript_style import COLUMN, MARGIN, PageStyle
from app.ui.chat.transcript_text import TextRow
from app.ui.theme import LIGHT

_LEAST_SHARE = 0.6
_WAIT_MS = 20


class PrintJob(QObject):
    """Lays out one message after the other, waits for formulas and colours, then paints page after page."""

    finished = Signal(int)  # pages

    def __init__(
        self, messages: Iterable[StoredMessage], device: QPagedPaintDevice, typeset: Typeset, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._device = device
        self._typeset = typeset
        self._awaited = 0
        page = Page(PageStyle(LIGHT), COLUMN, self._ask, lambda *_: None, lambda: None)
        self._document = TranscriptDocument(page)
        self._document.set_messages(messages)
        self._left = deque(range(len(self._document.items)))
        self._pages: deque[tuple[float, float]] = deque()
        self._painter: QPainter | None = None
        self._done = 0
        self._work = QTimer(self, interval=0)
        self._work.timeout.connect(self._go_on)
        self._work.start()

    def _ask(self, work: Work, then: Callable[[Tinted | Drawn | None], None]) -> None:
        self._awaited += 1

        def take(result: Tinted | Drawn | None) -> None:
            self._awaited -= 1
            then(result)

        self._typeset(work, take)

    def _go_on(self) -> None:
        if self._left:
            self._lay_out(self._left.popleft())
        elif self._awaited:
            self._work.setInterval(_WAIT_MS)
        elif self._painter is None:
            self._begin()
        elif self._pages:
            self._paint(self._painter, *self._pages.popleft())
        else:
            self._work.stop()
            self._painter.end()
            self.finished.emit(self._done)

    def _lay_out(self, index: int) -> None:
        item = self._document.items[index]
        while item.settle(0, item.height) or item.read_on():
            continue

    def _begin(self) -> None:
        for index in range(len(self._document.items)):
            self._lay_out(index)
        self._document.restack(0)
        self._painter = QPainter(self._device)
        area = self._painter.viewport()
        scale = area.width() / (self._document.page.width + 2 * MARGIN)
        self._painter.scale(scale, scale)
        self._pages = deque(page_breaks(self._document, area.height() / scale))
        self._work.setInterval(0)

    def _paint(self, painter: QPainter, top: float, bottom: float) -> None:
        if self._done:
            self._device.newPage()
        self._done += 1
        painter.save()
        painter.setClipRect(QRectF(0, 0, self._document.page.width + 2 * MARGIN, bottom - top))
        for index in self._document.between(top, bottom):
            at = QPointF(MARGIN, self._document.tops[index] - top)
            self._document.items[index].paint(painter, at, 0, bottom - top, RowMarks(None, index))
        painter.restore()


def page_breaks(document: TranscriptDocument, tall: float) -> list[tuple[float, float]]:
    """From where to where each page shows the document; broken under a line of text, where one is near the end."""
    ends = [end for index in range(len(document.items)) for end in _line_ends(document, index)]
    pages, top, at = [], 0.0, 0
    while top < document.height:
        limit, end = top + tall, top + tall
        while at < len(ends) and ends[at] <= limit:
            end = ends[at] if ends[at] > top + tall * _LEAST_SHARE else end
            at += 1
        end = min(end, document.height)
        pages.append((top, end))
        top = end
    return pages


def _line_ends(document: TranscriptDocument, index: int) -> list[float]:
    item, found = document.items[index], []
    for number, row in enumerate(item.rows):
        y = document.tops[index] + item.tops[number]
        if isinstance(row, TextRow):
            found += [y + top + piece.y + piece.height for layout, top in row.layouts for piece in layout.pieces]
        found.append(y + row.height)
    return sorted(found)
