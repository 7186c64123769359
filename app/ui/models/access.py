"""What to do about a repo that is not open to everyone: what to accept, where, and the token.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.core.catalog.hub import TokenPlace
from app.core.errors import ParleyError
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import wrapped_label


class AccessBar(QFrame):
    """One line over a repo's variants whose files may not be read yet."""

    page_requested = Signal()
    token_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "strip")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        for text, signal in (
            (self.tr("Open its page…"), self.page_requested),
            (self.tr("Enter a token…"), self.token_requested),
        ):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.clicked.connect(signal)
            row.addWidget(button)
        self.hide()

    def show_error(self, error: ParleyError | None) -> None:
        """Say why, or go away."""
        self.setVisible(error is not None)
        if error is not None:
            self._text.setText(f"{error.sentence} {error.next_step}")


class TokenDialog(FittingDialog):
    """Asks for the token once; it goes to the hub's child, which keeps it in the system's keyring."""

    entered = Signal(str)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Token"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("hf_…")
        self.field.setAccessibleName(self.tr("Token"))
        advice = self.tr("Create one that may read, under Access Tokens in your account's settings.")
        self._remark = wrapped_label("muted", advice)
        self._kept = wrapped_label("small")
        self._problem = wrapped_label("muted")
        self._problem.hide()
        self.save = QPushButton(self.tr("Save"))
        self.save.setDefault(True)
        self.save.setEnabled(False)
        self._forget = QPushButton(self.tr("Forget it"))
        self._forget.setAutoDefault(False)
        self._forget.hide()
        self._lay_out()
        self.field.textChanged.connect(lambda text: self.save.setEnabled(bool(text.strip())))
        self.save.clicked.connect(lambda: self.entered.emit(self.field.text().strip()))
        self._forget.clicked.connect(self.removed)

    def show_place(self, place: TokenPlace, *, has_keyring: bool) -> None:
        """Say where a token is already, and where a new one would be kept."""
        self._kept.setText(
            self.tr("It is kept in the system's keyring or, where that refuses, in a file that only you can read.")
            if has_keyring
            else self.tr("This system has no keyring: it is kept in a file that only you can read.")
        )
        words = {
            TokenPlace.ENVIRONMENT: self.tr("HF_TOKEN is set, and is used before any other."),
            TokenPlace.KEYRING: self.tr("There is a token in the system's keyring; a new one takes its place."),
            TokenPlace.FILE: self.tr("There is a token in a file that only you can read; a new one takes its place."),
            TokenPlace.HUB_CLIENT: self.tr("The token of the Hub's own client is used; one entered here goes first."),
        }
        if place in words:
            self._remark.setText(words[place])
        self._forget.setVisible(place in (TokenPlace.KEYRING, TokenPlace.FILE))

    def show_error(self, error: ParleyError) -> None:
        """The token was not taken."""
        self._problem.setText(str(error))
        self._problem.show()
        self.field.selectAll()
        self.field.setFocus()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._forget)
        buttons.addStretch(1)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(wrapped_label("heading", self.tr("Your token for the Hub")))
        column.addWidget(self._remark)
        column.addWidget(self.field)
        column.addWidget(self._problem)
        column.addWidget(self._kept)
        column.addWidget(
            wrapped_label("small", self.tr("It is sent to the Hub alone, and is in no log and no database."))
        )
        column.addSpacing(8)
        column.addLayout(buttons)
