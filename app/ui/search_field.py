"""A line edit to search with.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QIcon, QPalette
from PySide6.QtWidgets import QLineEdit

from app.ui import icons


class SearchField(QLineEdit):
    """A line edit with the search icon in front."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "search")
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(False)
        self._action = QAction(self._icon(), name, self)
        self.addAction(self._action, QLineEdit.ActionPosition.LeadingPosition)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._action.setIcon(self._icon())

    def _icon(self) -> QIcon:
        return icons.icon("search", self, QPalette.ColorRole.PlaceholderText)
