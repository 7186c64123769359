"""The bar over the conversation in which the user writes what to find in it.

Window process, interface thread. Emits what is wanted; shows how many there are.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from app.core.sizes import format_count
from app.ui.icons import IconButton

_PAUSE_MS = 120


class FindBar(QFrame):
    """Hidden until it is opened."""

    wanted = Signal(str)
    step_wanted = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "strip")
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find in this chat"))
        self.field.setAccessibleName(self.tr("Find in this chat"))
        self.count = QLabel()
        self.count.setProperty("kind", "small")
        self._before = IconButton("up", self.tr("Previous (Shift+Enter)"))
        self._next = IconButton("down", self.tr("Next (Enter)"))
        close = IconButton("close", self.tr("Close"))
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.ask)
        self.field.textEdited.connect(lambda _: self._pause.start())
        self._before.clicked.connect(lambda: self.step_wanted.emit(-1))
        self._next.clicked.connect(lambda: self.step_wanted.emit(1))
        close.clicked.connect(self.close_bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for button in (self._before, self._next, close):
            row.addWidget(button)
        self.show_count(0, 0)
        self.hide()

    def open(self, words: str = "") -> None:
        """Show the bar, with words to begin with."""
        if words:
            self.field.setText(words)
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self.ask()

    def ask(self) -> None:
        """Find what is written now."""
        self._pause.stop()
        self.wanted.emit(self.field.text())

    def close_bar(self) -> None:
        """Hide the bar; nothing is marked any more."""
        self._pause.stop()
        self.hide()
        self.closed.emit()

    def show_count(self, current: int, count: int, *, is_final: bool = True) -> None:
        """Say which of how many is shown; what is not found yet may still be."""
        text = ""
        if count:
            text = self.tr("{current} of {count}").format(current=format_count(current), count=format_count(count))
        elif is_final and self.field.text().strip():
            text = self.tr("Not found")
        self.count.setText(text)
        for button in (self._before, self._next):
            button.setEnabled(count > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, with Shift back; Esc closes."""
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_bar()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if self._pause.isActive():
                    self.ask()
                else:
                    self.step_wanted.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case _:
                super().keyPressEvent(event)
