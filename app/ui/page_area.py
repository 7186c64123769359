"""The scrolled page of a window that has a list at its side.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

_LEAST_HEIGHT = 360
_OF_SCREEN = 0.7


class PageArea(QScrollArea):
    """At least as wide as its page needs in the font of now; it scrolls sideways only where the screen has no room."""

    def __init__(self, page: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "plain")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page.setProperty("kind", "page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._page = page
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:
        """What the page needs, and the scroll bar beside it."""
        needed = self._page.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(min(needed, round(self.screen().availableGeometry().width() * _OF_SCREEN)), _LEAST_HEIGHT)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask again when the page needs another width."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
