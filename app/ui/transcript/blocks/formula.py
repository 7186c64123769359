"""A displayed formula: a picture in the middle of the column, or seen by moving sideways.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.ui.transcript.blocks.layout import BAR_HEIGHT, BlockLayout, Mark

_PADDING = 4.0


class FormulaLayout(BlockLayout):
    """Its text is the formula's source, of which all or nothing is marked."""

    def lay_out(self) -> None:
        """Take the picture's height."""
        self._picture = self.pictures[self.block.text]
        self._em = self.style.face(self.block, muted=self.muted).em
        self._size = self._picture.width * self._em, self._picture.height * self._em
        assert self.view is not None
        self.view.widest = self._size[0]
        self.height = float(ceil(self._size[1] + 2 * _PADDING)) + (BAR_HEIGHT if self.most_shift else 0.0)

    @property
    def _place(self) -> QRectF:
        left = self.indent + max(self.room - self._size[0], 0.0) / 2
        return QRectF(left, _PADDING, *self._size)

    def paint_text(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: Sequence[Mark]) -> None:
        """Draw the picture."""
        place = self._place.translated(at)
        for mark in marks:
            painter.fillRect(place.adjusted(-_PADDING, 0, _PADDING, 0), mark.color)
        baseline = QPointF(place.left(), place.top() + self._picture.ascent * self._em)
        self._picture.paint(painter, baseline, self._em, self.style.theme.color("muted" if self.muted else "text"))

    def offset_at(self, x: float, y: float) -> int:
        """Before or after the whole."""
        return 0 if x + self.shift < self._place.center().x() else len(self.block.text)

    def is_text_at(self, x: float, y: float) -> bool:
        """Whether the picture is there."""
        return self._place.contains(x + self.shift, y)

    def caret(self) -> QPointF:
        """After the picture."""
        return self._place.topRight() - QPointF(self.shift, 0)
