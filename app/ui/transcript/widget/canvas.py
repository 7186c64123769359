"""The scrolling, painting half of the transcript: a viewport onto a document of messages.

Window process, interface thread. What is in view is laid out before it is painted; when only text
was added, only the lines that changed are painted again, and scrolling moves what is drawn.
"""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QPushButton, QScrollBar, QWidget

from app.ui.theme import Theme
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.excerpt import everything, excerpt
from app.ui.transcript.document.selection import Hit, Position, RowMarks, Selection
from app.ui.transcript.rows.row import Page
from app.ui.transcript.style import COLUMN, MARGIN, ZOOMS, PageStyle
from app.ui.transcript.typesetting import Typeset

_STEP = 32
# Letters may reach out of their line by this much.
_OVERHANG = 2
_END = QScrollBar.SliderAction.SliderToMaximum
_START = QScrollBar.SliderAction.SliderToMinimum


class TranscriptCanvas(QAbstractScrollArea):
    """Shows a document, at its end until the user scrolls up."""

    def __init__(self, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._zoom = 1.0
        page = Page(PageStyle(theme), COLUMN, typeset, self._repaint_block, self._lay_out_soon)
        self.document = TranscriptDocument(page)
        self._top = 0
        self._following = True
        self._selection: Selection | None = None
        self._hits: dict[int, list[Hit]] = {}
        self._current_hit: Hit | None = None
        self._layout_delay = QTimer(self, singleShot=True, interval=0)
        self._layout_delay.timeout.connect(self.refresh)
        self._jump = QPushButton(self.tr("Jump to latest"), self)
        self._jump.setCursor(Qt.CursorShape.PointingHandCursor)
        self._jump.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._jump.clicked.connect(self.scroll_to_bottom)
        self._jump.hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(_STEP)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)

    def set_theme(self, theme: Theme) -> None:
        """Draw with other colours."""
        self._theme = theme
        self._restyle()

    @property
    def zoom(self) -> float:
        """How large the text is, 1 being the application's own size."""
        return self._zoom

    def set_zoom(self, zoom: float) -> None:
        """Make all text larger or smaller, within what is sensible."""
        ratio, self._zoom = self._zoom, min(max(zoom, ZOOMS[0]), ZOOMS[-1])
        if self._zoom != ratio:
            self._restyle()

    def zoom_by(self, steps: int) -> None:
        """Go to the next larger or smaller size."""
        nearest = min(range(len(ZOOMS)), key=lambda number: abs(ZOOMS[number] - self._zoom))
        self.set_zoom(ZOOMS[min(max(nearest + steps, 0), len(ZOOMS) - 1)])

    def _restyle(self) -> None:
        self.document.page.style = PageStyle(self._theme, self._zoom)
        self.document.release()
        self._fit_column()
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """The application's text may become larger or smaller."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._restyle()

    @property
    def is_following(self) -> bool:
        """Whether the view stays at the end as text arrives."""
        return self._following

    def scroll_to_bottom(self) -> None:
        """Show the end, and follow it."""
        self._following = True
        self.refresh()

    def scroll_by(self, pixels: int) -> None:
        """Scroll down."""
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + pixels)

    @property
    def has_selection(self) -> bool:
        """Whether any text is selected."""
        return self._selection is not None

    def select(self, selection: Selection | None) -> None:
        """Mark a selection."""
        if selection != self._selection:
            self._selection = selection
            self.viewport().update()

    def mark_hits(self, hits: dict[int, list[Hit]], current: Hit | None) -> None:
        """Mark what was found, by message, and go to one of it."""
        self._hits, self._current_hit = hits, current
        if current is not None:
            self.show_place(current.at)
        self.viewport().update()

    def show_place(self, at: Position) -> None:
        """Scroll to a place, unless it is well in view."""
        height = self.viewport().height()
        self._following = False
        for _ in range(4):
            y = self.document.top_at(at)
            if self._top + _STEP <= y <= self._top + height - 2 * _STEP:
                break
            self._top = max(round(y - height / 3), 0)
            self.refresh()

    def _show_stretch(self, index: int, top: float, bottom: float) -> None:
        """Scroll so that a part of a message is in view; its beginning, if it is taller than the view."""
        height = self.viewport().height()
        for _ in range(4):
            first, last = self.document.tops[index] + top, self.document.tops[index] + bottom
            wanted = min(max(self._top, last + _STEP - height), first - _STEP)
            if round(wanted) == self._top or (wanted < 0 and self._top == 0):
                break
            self._top, self._following = max(round(wanted), 0), False
            self.refresh()

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

    def select_all(self) -> None:
        """Select every message."""
        self.select(everything(self.document))

    def selected_text(self) -> str:
        """The selected text."""
        return "" if self._selection is None else excerpt(self.document, self._selection)

    @property
    def selected_phrase(self) -> str:
        """The selected text, if it is a part of one block."""
        selection = self._selection
        return self.selected_text() if selection is not None and selection.first[:3] == selection.last[:3] else ""

    def to_document(self, point: QPointF) -> QPointF:
        """A point of the viewport, in the document."""
        return QPointF(point.x() - self._left, point.y() + self._top)

    def overshoot(self, point: QPointF) -> float:
        """How far a point lies above (negative) or below the viewport."""
        return min(point.y(), 0.0) + max(point.y() - self.viewport().height(), 0.0)

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """Change the pointer."""
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)

    @property
    def _left(self) -> int:
        """Where the column begins in the viewport."""
        return round((self.viewport().width() - self.document.page.width) / 2)

    def refresh(self) -> None:
        """Lay out what has come into view, and paint all of it."""
        height = self.viewport().height()
        self._top = self.document.settle(self._top, height, at_end=self._following).top
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
        self._jump.setVisible(not self._following and self._top < most)
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
        """Lay out anew only where the column's own width changes."""
        self._fit_column()
        size = self._jump.sizeHint()
        place = self.viewport().geometry()
        self._jump.setGeometry(
            place.center().x() - size.width() // 2, place.bottom() - size.height() - 12, size.width(), size.height()
        )
        self.refresh()

    def _fit_column(self) -> None:
        width = float(max(min(COLUMN * self._zoom, self.viewport().width() - 2 * MARGIN), 120))
        if width != self.document.page.width:
            self.document.set_width(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the part of the document that lies in the event's rectangle."""
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, self.document.page.style.theme.color("page"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, bottom = float(area.top()), float(area.bottom() + 1)
        for index in self.document.between(top + self._top, bottom + self._top):
            at = QPointF(self._left, round(self.document.tops[index] - self._top))
            marks = RowMarks(self._selection, index, self._hits.get(index, ()), self._current_hit)
            if self.document.items[index].lent is None:
                self.document.items[index].paint(painter, at, top, bottom, marks)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll to the ends; arrows and pages are the scroll area's own."""
        match event.key():
            case Qt.Key.Key_Home:
                self.verticalScrollBar().triggerAction(_START)
            case Qt.Key.Key_End:
                self.verticalScrollBar().triggerAction(_END)
            case _:
                super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways, or with Shift held, move the wide block under the pointer; with Ctrl, make text larger."""
        angle = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by((angle.y() > 0) - (angle.y() < 0))
            event.accept()
            return
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shifted or abs(angle.x()) > abs(angle.y()):
            at = self.to_document(event.position())
            block = self.document.wide_at(at.x(), at.y())
            if block is not None:
                pixels = event.pixelDelta() if not event.pixelDelta().isNull() else angle / 2
                self.move_sideways(block, block.shift - (pixels.x() or pixels.y()))
                event.accept()
                return
        super().wheelEvent(event)

    def move_sideways(self, block: BlockLayout, offset: float) -> None:
        """Show a wide block from an offset on."""
        if block.view is not None:
            block.view.offset = min(max(offset, 0.0), block.most_shift)
            self.viewport().update()

    def _lay_out_soon(self) -> None:
        if not self._layout_delay.isActive():
            self._layout_delay.start()

    def _repaint_block(self, block: BlockLayout, top: float) -> None:
        """Paint a block again from a height of it on, if it is in view."""
        for index in self.document.between(self._top, self._top + self.viewport().height()):
            y = self.document.items[index].top_of(block)
            if y is not None:
                first = round(self.document.tops[index] + y - self._top)
                width = round(self.document.page.width)
                area = QRect(self._left, first, width, round(block.height) + 1).adjusted(0, int(top), 0, 0)
                self.viewport().update(area)
