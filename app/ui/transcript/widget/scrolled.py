"""A viewport onto a document of messages: what is in view is laid out, and stays where it is.

Window process, interface thread. When only text was added, only the lines that changed are painted again, and
scrolling moves what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from math import ceil, floor, inf
from typing import TypeVar

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QPushButton, QScrollBar, QWidget

from app.ui.transcript.document.document import TranscriptDocument, Unread
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import Position
from app.ui.transcript.document.through import Slices
from app.ui.transcript.style import MARGIN

STEP = 32
# Letters may reach out of their line by this much.
_OVERHANG = 2
_END = QScrollBar.SliderAction.SliderToMaximum
_START = QScrollBar.SliderAction.SliderToMinimum
_T = TypeVar("_T")


class ScrolledDocument(QAbstractScrollArea):
    """Scrolls a document, and stays at its end until the user scrolls up."""

    document: TranscriptDocument

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._top = 0
        self._following = True
        self._going = Slices(self)
        self._layout_delay = QTimer(self, singleShot=True, interval=0)
        self._layout_delay.timeout.connect(self.refresh)
        self.jump = QPushButton(self.tr("Jump to latest"), self)
        self.jump.setCursor(Qt.CursorShape.PointingHandCursor)
        self.jump.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.jump.clicked.connect(self.scroll_to_bottom)
        self.jump.hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(STEP)

    def scroll_to_bottom(self) -> None:
        """Show the end, and follow it."""
        self._following = True
        self.refresh()

    def scroll_by(self, pixels: int) -> None:
        """Scroll down."""
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + pixels)

    def show_place(self, at: Position) -> None:
        """Scroll to a place, unless it is well in view; once its message is cut into rows as far as to it."""
        self._going.begin(self.reached(partial(self._scroll_to, at)), lambda _: None)

    def _scroll_to(self, at: Position) -> None:
        height, y = self.viewport().height(), self.document.top_at(at)
        self._following = False
        for _ in range(4):
            if self._top + STEP <= y <= self._top + height - 2 * STEP:
                break
            self._top = max(round(y - height / 3), 0)
            self.refresh(read_on=False)
            y = self.document.top_at(at)

    def reached(self, find: Callable[[], _T]) -> Generator[None, None, _T]:
        """What is found, once very long messages are cut into rows as far as it takes."""
        while True:
            try:
                return find()
            except Unread as missing:
                self.bring(missing.index, 0.0)
                yield

    def bring(self, index: int, until: float = inf) -> MessageItem:
        """A message with its rows (see `rows_of`), made if it is out of view; what is in view stays where it is."""
        item, seen = self.document.items[index], self.document.item_at(self._top)
        if not item.rows or not item.is_whole:
            before = self.document.tops[seen]
            if not item.rows:
                self.document.forget_far(self._top, self.viewport().height())
            self.document.rows_of(index, until)
            item.lay_out_lines()
            self.document.restack(index)
            self._top += round(self.document.tops[seen] - before)
            self._set_scroll_bar(self.viewport().height())
        return item

    def show_stretch(self, index: int, top: float, bottom: float) -> None:
        """Scroll so that a part of a message is in view; its beginning, if it is taller than the view."""
        height = self.viewport().height()
        for _ in range(4):
            first, last = self.document.tops[index] + top, self.document.tops[index] + bottom
            wanted = min(max(self._top, last + STEP - height), first - STEP)
            if round(wanted) == self._top or (wanted < 0 and self._top == 0):
                break
            self._top, self._following = max(round(wanted), 0), False
            self.refresh(read_on=False)

    def first_in_view(self) -> Position:
        """The place at the top of the view."""
        return self.document.position_at(0, self._top + 1.0)

    @property
    def is_at_end(self) -> bool:
        """Whether the end is in view."""
        return self.verticalScrollBar().value() >= self.verticalScrollBar().maximum()

    def _refresh_in_place(self) -> None:
        """Lay out again while what is in view stays where it is."""
        following, self._following = self._following, False
        self.refresh()
        self._following = following and self.is_at_end

    def to_document(self, point: QPointF) -> QPointF:
        """A point of the viewport, in the document."""
        return QPointF(point.x() - self._left, point.y() + self._top)

    def overshoot(self, point: QPointF) -> float:
        """How far a point lies above (negative) or below the viewport."""
        return min(point.y(), 0.0) + max(point.y() - self.viewport().height(), 0.0)

    def on_screen(self, index: int, rect: QRectF | None) -> QRect:
        """Where a message, or an area of it, is on the screen."""
        if index >= len(self.document.items):
            return QRect()
        area = QRectF(0, 0, self.document.page.width, self.document.items[index].height) if rect is None else rect
        local = area.translated(self._left, self.document.tops[index] - self._top).toAlignedRect()
        return QRect(self.viewport().mapToGlobal(local.topLeft()), local.size())

    def seen_on_screen(self) -> QRect:
        """Where the viewport is on the screen."""
        return QRect(self.viewport().mapToGlobal(QPoint(0, 0)), self.viewport().size())

    def message_at(self, point: QPoint) -> int:
        """The message at a point of the screen."""
        return self.document.item_at(self.to_document(QPointF(self.viewport().mapFromGlobal(point))).y())

    @property
    def _left(self) -> int:
        """Where the column begins in the viewport: where a layout puts what it has in the middle."""
        beside = (self.viewport().width() - self.document.page.width) / 2
        return floor(beside + 0.5) if self.isLeftToRight() else ceil(beside - 0.5)

    def refresh(self, *, read_on: bool = True) -> None:
        """Lay out what has come into view, and paint all of it; see `settle`."""
        height = self.viewport().height()
        self._top = self.document.settle(self._top, height, at_end=self._following, read_on=read_on).top
        self._set_scroll_bar(height)
        self.viewport().update()

    def _refresh_between(self, top: float, bottom: float, tall: float) -> None:
        """Lay out what has come into view, and paint what has changed: what is between two heights of the document.

        Where the document is no longer `tall`, all that is below has changed too.
        """
        height, before = self.viewport().height(), self._top
        settled = self.document.settle(before, height, at_end=self._following)
        self._top, moved = settled.top, before - settled.top
        self._set_scroll_bar(height)
        if settled.built:
            self.viewport().update()
            return
        if moved:
            self._move_drawn(moved)
        if self.document.height != tall:
            bottom = self._top + height
        first = max(floor(top) - self._top - _OVERHANG, 0)
        last = min(ceil(bottom) - self._top + _OVERHANG, height)
        if first < last:
            self.viewport().update(self._between(first, last))

    def _move_drawn(self, by: int) -> None:
        """Move what is drawn: the column alone, unless a widget stands in it that is to move along."""
        if self.viewport().childrenRect().isEmpty():
            self.viewport().scroll(0, by, self._between(0, self.viewport().height()))
        else:
            self.viewport().scroll(0, by)
        edge = by if by > 0 else self.viewport().height() + by
        self.viewport().update(self._between(edge - _OVERHANG, edge + _OVERHANG))

    def _between(self, top: int, bottom: int) -> QRect:
        """A part of the column, in which alone anything is drawn."""
        return QRect(self._left - MARGIN, top, round(self.document.page.width) + 2 * MARGIN, bottom - top)

    def _set_scroll_bar(self, height: int) -> None:
        bar = self.verticalScrollBar()
        most = max(0, round(self.document.height) - height)
        self.jump.setVisible(not self._following and self._top < most)
        if (bar.maximum(), bar.pageStep(), bar.value()) == (most, height, self._top):
            return
        blocked = bar.blockSignals(True)
        bar.setRange(0, most)
        bar.setPageStep(height)
        bar.setValue(self._top)
        bar.setEnabled(most > 0)
        bar.blockSignals(blocked)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The user has scrolled: follow the end only where the end is."""
        bar = self.verticalScrollBar()
        if bar.value() == self._top:
            return
        self._going.stop()
        moved = self._top - bar.value()
        self._top = bar.value()
        self._following = bar.value() >= bar.maximum()
        height = self.viewport().height()
        settled = self.document.settle(self._top, height, at_end=self._following)
        shifted = settled.top != self._top
        self._top = settled.top
        self._set_scroll_bar(height)
        if settled.built or shifted or abs(moved) >= height:
            self.viewport().update()
        else:
            self._move_drawn(moved)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The view is larger or smaller."""
        size = self.jump.sizeHint()
        place = self.viewport().geometry()
        self.jump.setGeometry(
            place.center().x() - size.width() // 2, place.bottom() - size.height() - 12, size.width(), size.height()
        )
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll to the ends; arrows and pages are the scroll area's own."""
        match event.key():
            case Qt.Key.Key_Home:
                self.verticalScrollBar().triggerAction(_START)
            case Qt.Key.Key_End:
                self.verticalScrollBar().triggerAction(_END)
            case _:
                super().keyPressEvent(event)

    def _lay_out_soon(self) -> None:
        if not self._layout_delay.isActive():
            self._layout_delay.start()
