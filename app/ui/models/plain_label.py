"""A label for words that come from outside: never markup, cut off rather than widening its window.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy


def plain_label(kind: str, text: str = "") -> QLabel:
    """A label of a kind that the stylesheet knows."""
    label = QLabel(text)
    label.setProperty("kind", kind)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
