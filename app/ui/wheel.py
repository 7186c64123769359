"""The mouse wheel scrolls the page; it changes a field only once the user went into that field.

Window process, interface thread. Qt lets a number or a choice that comes under the pointer while a page is scrolled
take the wheel, which changes what nobody meant to change.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class _Guard(QObject):
    """Leaves the wheel to what lies around a field without the focus."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self._field = field
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """An ignored wheel goes on to the field's parent."""
        if event.type() is QEvent.Type.Wheel and not self._field.hasFocus():
            event.ignore()
            return True
        return False


def only_in_focus(field: QWidget) -> None:
    """Let a field heed the wheel only while it has the focus, which the wheel itself does not give."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    _Guard(field)
