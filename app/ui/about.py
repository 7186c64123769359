"""What Parley is, what changed in its versions, and the licences of all that it ships with.

Window process, interface thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.core.paths import about_texts
from app.ui.icons import application_icon
from app.ui.theme import code_font

_ICON_SIZE = 48


class AboutDialog(QDialog):
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
            self.tabs.addTab(self._changes(changes), self.tr("Changes"))
        self._licence_text = QPlainTextEdit()
        if licences.is_file():
            self.tabs.addTab(self._licence_text, self.tr("Licences"))
            self._licence_text.setReadOnly(True)
            self._licence_text.setFont(code_font(self.font().pointSizeF()))
            self._licence_text.setAccessibleName(self.tr("Licences"))
        self.tabs.currentChanged.connect(self._read_licences)
        self._read_licences()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addLayout(self._head())
        column.addWidget(self.tabs, 1)
        column.addWidget(buttons)

    @property
    def licence_text(self) -> str:
        """What the licences' page shows; nothing until it was looked at."""
        return self._licence_text.toPlainText()

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(_ICON_SIZE, _ICON_SIZE))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        name = QLabel(f"Parley {__version__}")
        name.setProperty("kind", "heading")
        purpose = QLabel(
            self.tr("Private conversations with language models on your own machine.")
            + "\n"
            + self.tr("Free software under the MIT licence. It uses llama.cpp and Qt.")
        )
        purpose.setProperty("kind", "muted")
        purpose.setWordWrap(True)
        for label in (name, purpose):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(name)
        words.addWidget(purpose)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addLayout(words, 1)
        return row

    def _changes(self, file: Path) -> QTextBrowser:
        page = QTextBrowser()
        page.setOpenLinks(False)
        page.setMarkdown(_without_title(file.read_text(encoding="utf-8")))
        page.setAccessibleName(self.tr("Changes"))
        return page

    def _read_licences(self) -> None:
        """Half a megabyte is laid out only for those who want to see it."""
        if self.tabs.currentWidget() is self._licence_text and not self._licence_text.document().characterCount() > 1:
            self._licence_text.setPlainText(self._licences.read_text(encoding="utf-8"))


def show_about(parent: QWidget) -> AboutDialog:
    """Open it over the window."""
    dialog = AboutDialog(*about_texts(), parent)
    dialog.open()
    return dialog


def _without_title(text: str) -> str:
    """From the first version on: what stands above it says how the file is kept."""
    _, separator, versions = text.partition("\n## ")
    return f"## {versions}" if separator else text
