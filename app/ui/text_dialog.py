"""Dialogs of one text: a long one to read and copy, or a short one with buttons.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.fitting_dialog import FittingDialog
from app.ui.theme import code_font


class TextDialog(FittingDialog):
    """A sentence or two, the text, Copy and Close."""

    def __init__(self, title: str, intro: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 480)
        self._text = QPlainTextEdit(text)
        self._text.setProperty("kind", "record")
        self._text.setReadOnly(True)
        self._text.setFont(code_font(self.font().pointSizeF()))
        self._text.setAccessibleName(title)
        said = QLabel(intro)
        said.setWordWrap(True)
        said.setTextFormat(Qt.TextFormat.PlainText)
        self._copy = QPushButton(self.tr("Copy"))
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._copy_all)
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(said)
        column.addWidget(self._text, 1)
        column.addLayout(buttons)
        said.setVisible(bool(intro))

    @property
    def text(self) -> str:
        """All of it."""
        return self._text.toPlainText()

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self._copy.setText(self.tr("Copied"))


class MessageDialog(FittingDialog):
    """A heading, a short text, and Close; more buttons can stand before it."""

    def __init__(self, title: str, heading: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(400)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        for kind, words in (("heading", heading), ("muted", text)):
            label = QLabel(words)
            label.setProperty("kind", kind)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(self._buttons)

    def add_button(self, text: str, act: Callable[[], object], *, default: bool = False) -> None:
        """A button that does something and closes the dialog."""
        button = QPushButton(text)
        button.setAutoDefault(default)
        button.setDefault(default)
        button.clicked.connect(act)
        button.clicked.connect(self.accept)
        self._buttons.addWidget(button)
        if default:
            button.setFocus(Qt.FocusReason.OtherFocusReason)
