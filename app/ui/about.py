"""What Parley is, what changed in its versions, and the licences of all that it ships with.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.ui.changes import ChangesPage
from app.ui.fitting_dialog import FittingDialog
from app.ui.icons import application_icon
from app.ui.labels import wrapped_label
from app.ui.theme import code_font

_ICON_SIZE = 48


class AboutDialog(FittingDialog):
    """The version above; the changes and the licences below, each where its file is there."""

    def __init__(self, changes: Path, licences: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Parley"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(680, 560)
        self._licences = licences
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        if changes.is_file():
            page = ChangesPage(_without_title(changes.read_text(encoding="utf-8")))
            self.tabs.addTab(page, self.tr("Changes"))
        self._licence_text = QPlainTextEdit()
        if licences.is_file():
            self.tabs.addTab(self._licence_text, self.tr("Licences"))
            self._licence_text.setReadOnly(True)
            self._licence_text.setFont(code_font(self.font().pointSizeF()))
            self._licence_text.setAccessibleName(self.tr("Licences"))
        self.tabs.currentChanged.connect(self._read_licences)
        self._read_licences()
        self._found = wrapped_label("muted", selectable=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._buttons.rejected.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self._found, 1)
        foot.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(self._head())
        column.addWidget(self.tabs, 1)
        column.addLayout(foot)

    def offer_look(self, look: Callable[[], None]) -> QPushButton:
        """A button that asks for a newer version; `show_found` is told what came of it."""
        button = self._buttons.addButton(self.tr("Look for a newer version"), QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self.show_found(self.tr("Looking…")))
        button.clicked.connect(look)
        return button

    def show_found(self, text: str) -> None:
        """Say what came of looking for a newer version."""
        self._found.setText(text)

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(_ICON_SIZE, _ICON_SIZE))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        name = QLabel(f"Parley {__version__}")
        name.setProperty("kind", "heading")
        purpose = wrapped_label(
            "muted",
            self.tr("Private conversations with language models on your own machine.")
            + "\n"
            + self.tr("Free software under the MIT licence. It uses llama.cpp and Qt."),
            selectable=True,
        )
        name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(name)
        words.addWidget(purpose)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addLayout(words, 1)
        return row

    def _read_licences(self) -> None:
        """Half a megabyte is laid out only for those who want to see it."""
        if self.tabs.currentWidget() is self._licence_text and not self._licence_text.document().characterCount() > 1:
            self._licence_text.setPlainText(self._licences.read_text(encoding="utf-8"))


def _without_title(text: str) -> str:
    """From the first version on: what stands above it says how the file is kept."""
    _, separator, versions = text.partition("\n## ")
    return f"## {versions}" if separator else text
