"""A list of words without a frame, for the side of a window.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QListWidget, QSizePolicy, QWidget

_LEAST, _MOST, _MOST_LETTERS = 208, 300, 24
_MARGIN = 12


class PlainList(QListWidget):
    """Its rows take the room that the style of now gives them, also where they were made before it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "pages")
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """As wide as its words, within limits."""
        most = max(_MOST, self.fontMetrics().averageCharWidth() * _MOST_LETTERS)
        return QSize(min(max(self.sizeHintForColumn(0) + _MARGIN, _LEAST), most), super().sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        """Lay the rows out."""
        super().showEvent(event)
        self.doItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the style."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self.doItemsLayout()
            self.updateGeometry()
