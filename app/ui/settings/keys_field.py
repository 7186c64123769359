"""A button that takes the next key combination as a shortcut.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.shortcuts import native

_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_NO_SHORTCUT = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class KeysButton(QPushButton):
    """Pressed, it waits: Esc leaves the keys, Backspace takes them away, all else is taken."""

    recorded = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoDefault(False)
        self.setMinimumWidth(168)
        self._name = name
        self._keys = ""
        self._waiting = False
        self.setToolTip(self.tr("Press it, then the new keys. Backspace removes the shortcut, Esc keeps it."))
        self.clicked.connect(self._begin)

    def set_keys(self, keys: str) -> None:
        """Show these keys."""
        self._keys = keys
        self._end()

    def event(self, event: QEvent) -> bool:
        """While it waits, no shortcut of the window acts."""
        if self._waiting and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if self._waiting and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self._take(event)  # here, where Tab has not yet moved the focus
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Who goes elsewhere does not want other keys."""
        self._end()
        super().focusOutEvent(event)

    def _begin(self) -> None:
        self._waiting = True
        self.setText(self.tr("Press the keys…"))

    def _end(self) -> None:
        self._waiting = False
        shown = native(self._keys) if self._keys else self.tr("None")
        self.setText(shown)
        self.setAccessibleName(f"{self._name}: {shown}")

    def _take(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _MODIFIERS:
            return
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key is Qt.Key.Key_Escape and plain:
            self._end()
            return
        keys = "" if key in _NO_SHORTCUT and plain else _portable(event, key)
        self._end()
        self.recorded.emit(keys)


def _portable(event: QKeyEvent, key: Qt.Key) -> str:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if key is Qt.Key.Key_Backtab:
        key = Qt.Key.Key_Tab
    sequence = QKeySequence(QKeyCombination(modifiers, key))
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)
