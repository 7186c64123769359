"""The conversation on paper: laid out to the page's width, and cut between lines where it can be.

Window process, interface thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import inf
from time import perf_counter

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QPagedPaintDevice, QPainter

from app.core.chat.conversations import StoredMessage
from app.core.chat.typeset_frames import Drawn, Tinted, Work
from app.ui.theme import LIGHT
from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.selection import RowMarks
from app.ui.transcript.rows.row import Page
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.style import COLUMN, MARGIN, PageStyle
from app.ui.transcript.typesetting import Typeset

_LEAST_SHARE = 0.6
_WAIT_MS = 20
_SLICE_SECONDS = 0.02


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
        self._left = deque(self._document.items)
        self._laid_out = False
        self._pages: Iterator[tuple[float, float]] = iter(())
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
        waits = bool(self._awaited) and not self._left
        self._work.setInterval(_WAIT_MS if waits else 0)
        if waits:
            return
        if self._left:
            self._lay_out()
        elif not self._laid_out:
            self._laid_out = True
            self._left.extend(self._document.items)
        elif self._painter is None:
            self._begin()
        elif (page := next(self._pages, None)) is not None:
            self._paint(self._painter, *page)
        else:
            self._work.stop()
            self._painter.end()
            self.finished.emit(self._done)

    def _lay_out(self) -> None:
        """Lay out a slice; each message once, and once more, since what depends on formulas changes when they come."""
        until = perf_counter() + _SLICE_SECONDS
        while self._left:
            item = self._left[0]
            if not item.settle(0, item.height, until) and not item.read_on():
                self._left.popleft()
            if perf_counter() > until:
                break

    def _begin(self) -> None:
        self._document.restack(0)
        self._painter = QPainter(self._device)
        area = self._painter.viewport()
        scale = area.width() / (self._document.page.width + 2 * MARGIN)
        self._painter.scale(scale, scale)
        self._pages = page_breaks(self._document, area.height() / scale)

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


def page_breaks(document: TranscriptDocument, tall: float) -> Iterator[tuple[float, float]]:
    """From where to where each page shows the document; broken under a line of text, where one is near the end."""
    ends = chain.from_iterable(_line_ends(document, index) for index in range(len(document.items)))
    top, line = 0.0, next(ends, inf)
    while top < document.height:
        end = top + tall
        while line <= top + tall:
            end = line if line > top + tall * _LEAST_SHARE else end
            line = next(ends, inf)
        end = min(end, document.height)
        yield top, end
        top = end


def _line_ends(document: TranscriptDocument, index: int) -> list[float]:
    item, found = document.items[index], []
    for number, row in enumerate(item.rows):
        y = document.tops[index] + item.tops[number]
        if isinstance(row, TextRow):
            found += [y + top + piece.y + piece.height for layout, top in row.layouts for piece in layout.pieces]
        found.append(y + row.height)
    return sorted(found)
