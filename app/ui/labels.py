"""Labels for words that may come from outside: shown as they are, never as markup.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy


def plain_label(kind: str, text: str = "") -> QLabel:
    """One of a kind that the stylesheet knows, cut off rather than widening its window."""
    label = _label(kind, text)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def wrapped_label(kind: str, text: str = "", *, selectable: bool = False) -> QLabel:
    """The same over as many lines as it takes; a `selectable` one can be copied with the mouse."""
    label = _label(kind, text)
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _label(kind: str, text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("kind", kind)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
