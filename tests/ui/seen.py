"""What a user sees of a widget: its words, and the buttons by what is written on them."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget


def words(widget: QWidget) -> list[str]:
    """What its labels say."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible() and label.text()]


def button(widget: QWidget, text: str) -> QPushButton:
    """The one with this text."""
    return next(found for found in widget.findChildren(QPushButton) if found.isVisible() and found.text() == text)
