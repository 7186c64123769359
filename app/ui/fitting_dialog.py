"""Dialogs that fit: none is larger than its screen, none too low for its words, and Enter presses what has the focus.

Window process, interface thread. Qt makes a dialog as high as its wrapped labels need at the width that it would like,
and once: where it comes out narrower, or has more to say later, words would be cut off. And it makes it as large as it
was told to be, whether or not the foot with its buttons is still on the screen.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QPushButton, QToolButton

from app.ui.theme import SMALLEST_BASE_POINTS

_DECISIVE = (QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.LayoutRequest)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_FRAME = QSize(8, 40)
"""What a window manager puts around a dialog; it is known only once the dialog is on the screen."""


class BoundedDialog(QDialog):
    """No larger than its screen has room when it appears; Enter presses the button that has the focus."""

    def resize_by_text(self, width: int, height: int) -> None:
        """Become as large as this where text has its usual size, and larger where text is."""
        scale = max(1.0, self.font().pointSizeF() / SMALLEST_BASE_POINTS)
        self.resize(QSize(width, height) * scale)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the screen before the window is on it."""
        self.resize(self.size().boundedTo(self.screen().availableGeometry().size() - _FRAME))
        super().showEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Where Qt would press the default button although another one has the focus, press the one that is seen."""
        focused = self.focusWidget()
        if event.key() in _ENTER and isinstance(focused, QPushButton | QToolButton) and focused.hasFocus():
            focused.click()
        else:
            super().keyPressEvent(event)


class FittingDialog(BoundedDialog):
    """At least as high as its layout needs at its width, as far as the screen has room."""

    def event(self, event: QEvent) -> bool:
        """Look again whenever the words or the width may have changed."""
        heeded = super().event(event)
        if event.type() in _DECISIVE:
            self._fit()
        return heeded

    def _fit(self) -> None:
        layout = self.layout()
        if layout is None or not self.isVisible():
            return
        height = layout.totalMinimumHeightForWidth(self.width())
        if not layout.hasHeightForWidth():
            height = layout.totalMinimumSize().height()
        self.setMinimumHeight(min(height, self.screen().availableGeometry().height()))
