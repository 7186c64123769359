"""The pointer over the transcript: selecting, following links, pressing what can be pressed.

Window process, interface thread.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.places import block_at, word_at
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.rows.row import Action, Hot

_AUTO_SCROLL_MS = 30
_AUTO_SCROLL_SHARE = 0.5


class Surface(Protocol):
    """What the pointer needs of the view."""

    document: TranscriptDocument

    def to_document(self, point: QPointF) -> QPointF:
        """A point of the viewport, in the document."""

    def overshoot(self, point: QPointF) -> float:
        """How far a point lies above (negative) or below the viewport."""

    def scroll_by(self, pixels: int) -> None:
        """Scroll down."""

    def select(self, selection: Selection | None) -> None:
        """Mark a selection."""

    def move_sideways(self, block: BlockLayout, offset: float) -> None:
        """Show a wide block from an offset on."""

    def show_target(self, href: str, point: QPointF) -> None:
        """Say where the link under the pointer leads; nowhere without one."""

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """Change the pointer."""

    def press(self, item: MessageItem, hot: Hot) -> None:
        """Do what a click on this does."""

    def follow_link(self, href: str) -> None:
        """A link was clicked."""


class TranscriptMouse(QObject):
    """Turns mouse events into selections and clicks."""

    def __init__(self, surface: Surface, parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._from: Selection | None = None
        self._by_word = False
        self._pressed: tuple[MessageItem, Hot] | None = None
        self._link = ""
        self._bar: tuple[BlockLayout, float] | None = None
        self._last_point = QPointF()
        self._double_click: tuple[int, QPointF] = (0, QPointF())
        self._auto = QTimer(self, interval=_AUTO_SCROLL_MS)
        self._auto.timeout.connect(self._auto_scroll)
        self.anchor: Position | None = None

    def press(self, event: QMouseEvent) -> None:
        """Begin a selection, or a click."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        at = self._surface.to_document(event.position())
        document = self._surface.document
        self._pressed = document.hot_at(at.x(), at.y())
        self._link = document.link_at(at.x(), at.y())
        if self._pressed is not None and self._pressed[1].action is Action.SCROLL:
            self._take_bar(self._pressed[1], at.x())
        if self._pressed is not None or not document.items:
            return
        position = document.position_at(at.x(), at.y())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self.anchor is not None:
            self._from = Selection(self.anchor, self.anchor)
            self._surface.select(Selection.between(self.anchor, position))
            return
        self._by_word = False
        if self._is_third_click(event):
            self._from = block_at(document, position)
            self._surface.select(self._from)
        else:
            self._from = Selection(position, position)
            self._surface.select(None)
        self.anchor = self._from.first

    def _take_bar(self, hot: Hot, x: float) -> None:
        """Begin to drag a scroll bar, or go to where it was pressed."""
        block = hot.block
        if block is None or block.view is None:
            return
        share, left = block.room / block.view.widest, block.bar.left()
        if not left + block.shift * share <= x <= left + (block.shift + block.room) * share:
            self._surface.move_sideways(block, (x - left) / share - block.room / 2)
        self._bar = block, block.shift - x / share

    def _is_third_click(self, event: QMouseEvent) -> bool:
        time, place = self._double_click
        near = (event.position() - place).manhattanLength() < QApplication.startDragDistance()
        return near and event.timestamp() - time < QApplication.doubleClickInterval()

    def double_click(self, event: QMouseEvent) -> None:
        """Select a word; a third click follows as an ordinary press."""
        at = self._surface.to_document(event.position())
        document = self._surface.document
        if event.button() is not Qt.MouseButton.LeftButton or not document.items:
            return
        if document.hot_at(at.x(), at.y()) is not None:
            self.press(event)
            return
        self._double_click = (event.timestamp(), event.position())
        self._from = word_at(document, document.position_at(at.x(), at.y()))
        self._by_word, self._link, self.anchor = True, "", self._from.first
        self._surface.select(self._from)

    def move(self, event: QMouseEvent) -> None:
        """Prolong the selection, or show what a click here would do."""
        self._last_point = event.position()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(event.position())
            return
        if self._bar is not None:
            block, start = self._bar
            share = block.room / block.view.widest if block.view is not None else 1.0
            x = self._surface.to_document(event.position()).x()
            self._surface.move_sideways(block, start + x / share)
            return
        if self._from is None:
            return
        self._prolong()
        if self._surface.overshoot(event.position()):
            self._auto.start()
        else:
            self._auto.stop()

    def _prolong(self) -> None:
        if self._from is None:
            return
        at = self._surface.to_document(self._last_point)
        document = self._surface.document
        position = document.position_at(at.x(), at.y())
        ends = word_at(document, position) if self._by_word else Selection(position, position)
        selection = Selection(min(self._from.first, ends.first), max(self._from.last, ends.last))
        if selection.first != selection.last:
            self._link = ""
        self._surface.select(selection if selection.first != selection.last else None)

    def release(self, event: QMouseEvent) -> None:
        """End the selection, or do what was clicked."""
        self._auto.stop()
        self._bar = None
        at = self._surface.to_document(event.position())
        pressed, link, self._pressed, self._link = self._pressed, self._link, None, ""
        self._from = None
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        under = self._surface.document.hot_at(at.x(), at.y())
        if pressed is not None and under is not None and _is_same(pressed, under):
            self._surface.press(*under)
        elif link and link == self._surface.document.link_at(at.x(), at.y()):
            self._surface.follow_link(link)

    def _hover(self, point: QPointF) -> None:
        document, at = self._surface.document, self._surface.to_document(point)
        link = document.link_at(at.x(), at.y())
        self._surface.show_target(link, point)
        if link or document.hot_at(at.x(), at.y()) is not None:
            shape = Qt.CursorShape.PointingHandCursor
        elif document.is_text_at(at.x(), at.y()):
            shape = Qt.CursorShape.IBeamCursor
        else:
            shape = Qt.CursorShape.ArrowCursor
        self._surface.set_cursor(shape)

    def _auto_scroll(self) -> None:
        overshoot = self._surface.overshoot(self._last_point)
        self._surface.scroll_by(round(overshoot * _AUTO_SCROLL_SHARE))
        self._prolong()


def _is_same(one: tuple[MessageItem, Hot], other: tuple[MessageItem, Hot]) -> bool:
    return (one[0], one[1].action, one[1].number) == (other[0], other[1].action, other[1].number)
