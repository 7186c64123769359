"""A menu button that names what is chosen, and shortens the name where there is no room for it.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from app.ui.icons import MenuButton

_CHROME = 60


class NameButton(MenuButton):
    """At most as wide as it is told, and never wider than `most` pixels."""

    def __init__(self, most: int, elision: Qt.TextElideMode, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._most = self._room = most
        self._elision = elision
        self._name = ""

    def set_name(self, name: str) -> None:
        """Show another name."""
        self._name = name
        self._fit()

    def set_room(self, width: int) -> None:
        """Take at most this many pixels."""
        self._room = min(width, self._most)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs more room."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.setMaximumWidth(self._room)
        fitting = self.fontMetrics().elidedText(self._name, self._elision, self._room - _CHROME)
        self.setText(fitting.replace("&", "&&"))
