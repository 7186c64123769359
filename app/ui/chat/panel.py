"""One calm thing in the middle of the page: an emblem, a title, a text, and what can be done.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.icons import Emblem

_ICON = 40
_WIDTH = 560


class Panel(QScrollArea):
    """What stands there; buttons lie side by side below the text. It scrolls where there is no room for all."""

    def __init__(
        self, icon_name: str, title: str, text: str = "", parent: QWidget | None = None, *, width: int = _WIDTH
    ) -> None:
        """`width` is the most that its lines take."""
        super().__init__(parent)
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.title = self._label("title", title)
        self.text = self._label("muted", text)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle = QWidget()
        middle.setMaximumWidth(width)
        self.column = QVBoxLayout(middle)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        emblem = Emblem(icon_name, _ICON, QPalette.ColorRole.PlaceholderText)
        self.column.addWidget(emblem, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addWidget(self.title)
        self.column.addWidget(self.text)
        self.column.addSpacing(8)
        self.column.addLayout(self.buttons)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(middle, 1000)
        across.addStretch(1)
        inside = QWidget()
        inside.setProperty("kind", "clear")
        frame = QVBoxLayout(inside)
        frame.setContentsMargins(24, 24, 24, 24)
        frame.addStretch(2)
        frame.addLayout(across)
        frame.addStretch(3)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)

    def add_button(self, text: str, *, primary: bool = False) -> QPushButton:
        """One more thing to do."""
        button = QPushButton(text)
        button.setAutoDefault(False)  # in a dialog, Enter belongs to the field that has the focus
        set_primary(button, primary)
        self.buttons.addWidget(button)
        return button

    def add_line(self) -> QLabel:
        """One more remark below the buttons."""
        label = self._label("small", "")
        self.column.addWidget(label)
        return label

    def _label(self, kind: str, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("kind", kind)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label


def set_primary(button: QPushButton, primary: bool) -> None:
    """Mark what one mostly wants, or no longer."""
    button.setProperty("kind", "primary" if primary else "")
    button.style().unpolish(button)
    button.style().polish(button)
