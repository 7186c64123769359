"""A repo's card, drawn by the transcript's own blocks: no image is fetched, no markup is run.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.catalog.hub import RepoPage
from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Role
from app.ui.fitting_dialog import BoundedDialog
from app.ui.links import ask_to_open
from app.ui.theme import Theme
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.widget.view import TranscriptView


class CardDialog(BoundedDialog):
    """The text to read; a link is opened outside, after its target was shown."""

    def __init__(self, page: RepoPage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(page.summary.id)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 620)
        self.text = TranscriptView(theme)
        self.text.setAccessibleName(self.tr("Model card"))
        self.text.set_messages([StoredMessage(id=1, parent_id=None, role=Role.ASSISTANT, text=page.card)])
        for item in self.text.document.items:
            if isinstance(item, ReplyItem):
                item.set_last(False)
        self.text.link_activated.connect(lambda target: ask_to_open(target, self))
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 12, 24, 16)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.text, 1)
        column.addLayout(buttons)
        # A conversation is shown from its end; a card is read from its beginning.
        QTimer.singleShot(0, self.text, lambda: self.text.verticalScrollBar().setValue(0))
