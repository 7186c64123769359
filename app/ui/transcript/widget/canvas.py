"""The painting half of the transcript: colours, the size of text, and what is marked in it.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Theme
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.excerpt import everything, excerpt
from app.ui.transcript.document.selection import Hit, RowMarks, Selection
from app.ui.transcript.rows.row import Page
from app.ui.transcript.style import COLUMN, MARGIN, ZOOMS, PageStyle
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.widget.scrolled import ScrolledDocument


class TranscriptCanvas(ScrolledDocument):
    """Paints a document, with what is selected and found in it."""

    def __init__(self, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._zoom = 1.0
        page = Page(PageStyle(theme), COLUMN, typeset, self._repaint_block, self._lay_out_soon)
        self.document = TranscriptDocument(page)
        self._selection: Selection | None = None
        self._hits: dict[int, list[Hit]] = {}
        self._current_hit: Hit | None = None
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
    def selection(self) -> Selection | None:
        """What is selected."""
        return self._selection

    @property
    def has_selection(self) -> bool:
        """Whether any text is selected."""
        return self._selection is not None

    def select(self, selection: Selection | None) -> None:
        """Mark a selection."""
        if selection != self._selection:
            self._selection = selection
            self.viewport().update()

    def forget_places(self) -> None:
        """What was selected, found or on its way to be shown is gone."""
        self._going.stop()
        self._selection, self._hits, self._current_hit = None, {}, None

    def mark_hits(self, hits: dict[int, list[Hit]], current: Hit | None) -> None:
        """Mark what was found, by message, and go to one of it."""
        self._hits, self._current_hit = hits, current
        if current is not None:
            self.show_place(current.at)
        self.viewport().update()

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

    def set_cursor(self, shape: Qt.CursorShape) -> None:
        """Change the pointer."""
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew only where the column's own width changes."""
        self._fit_column()
        super().resizeEvent(event)

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

    def _repaint_block(self, block: BlockLayout, top: float) -> None:
        """Paint a block again from a height of it on, if it is in view."""
        for index in self.document.between(self._top, self._top + self.viewport().height()):
            y = self.document.items[index].top_of(block)
            if y is not None:
                first = round(self.document.tops[index] + y - self._top)
                width = round(self.document.page.width)
                area = QRect(self._left, first, width, round(block.height) + 1).adjusted(0, int(top), 0, 0)
                self.viewport().update(area)
