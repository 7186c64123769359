"""A switch: a check box drawn as what it is, on or off.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QWidget

_WIDTH, _HEIGHT, _EDGE = 40, 22, 3


class Switch(QCheckBox):
    """Space or a click changes it; a screen reader calls it a check box."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """The track, and the ring of the focus."""
        return QSize(_WIDTH + 2 * _EDGE, _HEIGHT + 2 * _EDGE)

    def hitButton(self, position: object) -> bool:
        """All of it can be clicked."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the track, the knob, and the focus."""
        role = QPalette.ColorRole
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(_EDGE, _EDGE, _WIDTH, _HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(role.Highlight if self.isChecked() else role.PlaceholderText))
        painter.drawRoundedRect(track, _HEIGHT / 2, _HEIGHT / 2)
        at_end = self.isChecked() == self.isLeftToRight()
        middle = track.right() - _HEIGHT / 2 if at_end else track.left() + _HEIGHT / 2
        painter.setBrush(palette.color(role.HighlightedText if self.isChecked() else role.Base))
        painter.drawEllipse(QPointF(middle, track.center().y()), _HEIGHT / 2 - 4, _HEIGHT / 2 - 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(role.Highlight), 1))
            painter.drawRoundedRect(track.adjusted(-2.5, -2.5, 2.5, 2.5), _HEIGHT / 2 + 2, _HEIGHT / 2 + 2)
        painter.end()
