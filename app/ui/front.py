"""Which window a new dialog belongs to.

Window process, interface thread. A dialog that is asked for in another one, as in the settings, belongs to that: it
lies above it, and gives the focus back to it.
"""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget


def in_front(window: QWidget) -> QWidget:
    """The window of ours that the user is in; the given one if that cannot be told."""
    return QApplication.activeWindow() or window
