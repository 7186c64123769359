"""One reply of a comparison: who answers, the text as it comes, and where it differs from its neighbour.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from app.core.chat.conversations import StoredMessage
from app.core.chat.word_diff import Span
from app.services.reply_run import ChatState
from app.ui.elided_label import ElidedLabel
from app.ui.labels import tip
from app.ui.theme import Theme
from app.ui.transcript.style import MARGIN
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.widget.view import TranscriptView

LEAST_WIDTH = 280


class ReplyColumn(QFrame):
    """`chosen` is emitted when the conversation is to go on with this reply."""

    chosen = Signal()

    def __init__(self, name: str, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "column")
        self.setMinimumWidth(LEAST_WIDTH)
        self._theme = theme
        self._name = ElidedLabel()
        self._name.setProperty("kind", "heading")
        self._name.setText(name)
        self._name.setToolTip(tip(name))
        self._state = QLabel()
        self._state.setProperty("kind", "small")
        self.transcript = TranscriptView(theme, typeset)
        self.transcript.setAccessibleName(self.tr("Reply of {name}").format(name=name))
        self.marked = QTextEdit()
        self.marked.setReadOnly(True)
        self.marked.setFrameShape(QFrame.Shape.NoFrame)
        self.marked.setProperty("kind", "differences")
        self.marked.document().setDocumentMargin(MARGIN)
        self.marked.setAccessibleName(self.tr("Reply of {name}, differences marked").format(name=name))
        self._choose = QPushButton(self.tr("Go on with this one"))
        self._choose.setAutoDefault(False)
        self._choose.setAccessibleName(self.tr("Go on with the reply of {name}").format(name=name))
        self._choose.clicked.connect(self.chosen)
        self.reply: StoredMessage | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.transcript)
        self._stack.addWidget(self.marked)
        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, 0, MARGIN, 8)
        head.setSpacing(4)
        head.addWidget(self._name)
        head.addWidget(self._state)
        foot = QHBoxLayout()
        foot.setContentsMargins(MARGIN, 8, 16, 0)
        foot.addStretch(1)
        foot.addWidget(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 16, 1, 12)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addLayout(foot)
        self._choose.setEnabled(False)
        self.say(self.tr("Waits"))

    def say(self, text: str) -> None:
        """Tell how far it is."""
        self._state.setText(text)

    def begin(self, reply: StoredMessage) -> None:
        """Show a reply, which may still be empty."""
        self.reply = reply
        self.transcript.set_messages([reply])

    def show_state(self, state: ChatState) -> None:
        """Tell how far the reply is."""
        names = {
            ChatState.LOADING: self.tr("Loading the model…"),
            ChatState.READING_PROMPT: self.tr("Reading the prompt…"),
            ChatState.GENERATING: self.tr("Writing…"),
            ChatState.STOPPING: self.tr("Stopping…"),
        }
        if state in names:
            self.say(names[state])

    def finish(self, reply: StoredMessage) -> None:
        """Show how the reply ended."""
        self.reply = reply
        self.transcript.finish_message(reply)
        self._choose.setEnabled(bool(reply.text))
        self.say(self.tr("Done"))

    def mark(self, spans: Sequence[Span], *, is_new: bool) -> None:
        """Show the source of the text with these stretches marked: struck out in the old one, underlined in the new."""
        self.marked.setPlainText(self.reply.text if self.reply is not None else "")
        form = QTextCharFormat()
        form.setForeground(self._theme.color("good" if is_new else "bad"))
        form.setFontUnderline(is_new)
        form.setFontStrikeOut(not is_new)
        form.setFontWeight(QFont.Weight.DemiBold)
        cursor = QTextCursor(self.marked.document())
        places = _utf16_places(self.reply.text if self.reply is not None else "", spans)
        cursor.beginEditBlock()
        for start, end in places:
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(form)
        cursor.endEditBlock()
        self._stack.setCurrentWidget(self.marked)

    def show_plain(self) -> None:
        """Show the reply as it is read in a conversation."""
        self._stack.setCurrentWidget(self.transcript)

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        self._theme = theme
        self.transcript.set_theme(theme)


def _utf16_places(text: str, spans: Sequence[Span]) -> list[Span]:
    """Places in characters as Qt counts them: one outside the basic plane is two."""
    if text.isascii():
        return list(spans)
    found: list[Span] = []
    at = units = 0
    for span in spans:
        units += _units(text[at : span.start])
        start = units
        units += _units(text[span.start : span.end])
        found.append(Span(start, units))
        at = span.end
    return found


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
