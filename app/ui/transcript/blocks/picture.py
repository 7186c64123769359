"""Formulas as pictures: drawn by the typesetting child, tinted and scaled here.

Window process, interface thread. A picture that has not come yet keeps its place free, so that no
source of a formula flashes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.core.chat.typeset_frames import FORMULA_SIZE, Drawn, Formula

_COMMAND = re.compile(r"\\[a-zA-Z]+|\\.")
_UNSEEN = re.compile(r"[{}^_&\s]")
_WIDTH_OF_ONE = 0.5


class _Drawing(NamedTuple):
    """What was painted last, and for what."""

    key: tuple[float, int, float]
    pixmap: QPixmap


class Picture:
    """A formula; lengths are in the em of the text it stands in, `ascent` above and `depth` below the baseline."""

    def __init__(self, svg: str, width: float, height: float, depth: float) -> None:
        self.width, self.ascent, self.depth = width, height - depth, depth
        self._svg = svg
        self._drawing: _Drawing | None = None

    @staticmethod
    def of(drawn: Drawn) -> Picture:
        """What the child has drawn."""
        return Picture(drawn.svg, *(length * FORMULA_SIZE for length in (drawn.width, drawn.height, drawn.depth)))

    @staticmethod
    def awaited(formula: Formula) -> Picture:
        """Free room, about as large as the formula will be."""
        shown = _UNSEEN.sub("", _COMMAND.sub("x", formula.source))
        height = 2.0 if formula.display else 1.0
        return Picture("", min(len(shown), 60) * _WIDTH_OF_ONE, height, height / 4)

    @property
    def height(self) -> float:
        """From the top to the bottom."""
        return self.ascent + self.depth

    def paint(self, painter: QPainter, at: QPointF, em: float, color: QColor) -> None:
        """Draw it from `at` on, which lies on the baseline."""
        if not self._svg:
            return
        scale = painter.deviceTransform().m11()  # on paper, many times the one of a screen
        key = (em, color.rgba(), scale)
        if self._drawing is None or self._drawing.key != key:
            self._drawing = _Drawing(key, self._draw(em, color, scale))
        painter.drawPixmap(QPointF(at.x(), at.y() - self.ascent * em), self._drawing.pixmap)

    def _draw(self, em: float, color: QColor, scale: float) -> QPixmap:
        size = QSizeF(self.width, self.height) * em
        drawn = QPixmap((size * scale).toSize().expandedTo(QSizeF(1, 1).toSize()))
        drawn.fill(Qt.GlobalColor.transparent)
        renderer = QSvgRenderer(QByteArray(self._svg.replace("currentColor", color.name()).encode()))
        painter = QPainter(drawn)
        renderer.render(painter, QRectF(0, 0, size.width() * scale, size.height() * scale))
        painter.end()
        drawn.setDevicePixelRatio(scale)
        return drawn
