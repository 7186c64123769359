"""What changed in Parley's versions, as text to read.

Window process, interface thread. The text may come from elsewhere: no HTML of it is heeded, no link is followed, and
neither a picture nor anything else that it names is read.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QUrl
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser, QWidget

_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_NOTHING = QByteArray(b"-")


class ChangesPage(QTextBrowser):
    """Markdown, to be looked at and copied."""

    def __init__(self, markdown: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.document().setMarkdown(markdown, _FEATURES)
        self.moveCursor(QTextCursor.MoveOperation.Start)  # what was written last stands first
        self.setAccessibleName(self.tr("Changes"))

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing that the text names is loaded; without any answer the document would look for itself."""
        return _NOTHING
