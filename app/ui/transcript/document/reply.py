"""What the model wrote: reasoning that folds, an answer that may still be arriving, a footer.

Window process, interface thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import RowMarks
from app.ui.transcript.rows.lines import FoldRow, FooterRow, fold_label, footer_of
from app.ui.transcript.rows.row import Page, Row
from app.ui.transcript.rows.stream import Change, TextStream
from app.ui.transcript.rows.text import TextRow

_LINE = 24.0
_CARET_WIDTH = 8.0
_SPACE_AFTER_THOUGHT = 16.0


class ReplyItem(MessageItem):
    """What the model wrote."""

    GAP = 20.0

    def __init__(self, message: StoredMessage, page: Page) -> None:
        self.is_last = False
        self._answer: TextStream | None = None
        self._thought: TextStream | None = None
        self._fold: FoldRow | None = None
        self._footer: FooterRow | None = None
        self._texts = [message.text]
        self._reasonings = [message.reasoning]
        self._thinking_since = 0.0
        self._thinking_seconds = 0.0
        super().__init__(message, page)
        self.height += FooterRow.GAP + FooterRow.LINE + (FoldRow.HEIGHT if message.reasoning else 0.0)

    @property
    def is_streaming(self) -> bool:
        """Whether text may still come."""
        return self.message.state is MessageState.STREAMING

    def make_rows(self) -> list[Row]:
        """Reasoning, folded or not, the answer, the footer."""
        if self._answer is None:
            self._answer = self._stream(self.message.text)
        if self._footer is None:
            self._footer = footer_of(self.message, is_last=self.is_last, branch=self.page.branches.get(self.message.id))
            self._footer.hovered = self.hovered
        rows: list[Row] = []
        if self.message.reasoning:
            if self._fold is None:
                self._fold = FoldRow(fold_label(self.message, self._thinking_seconds))
            rows.append(self._fold)
            if self._fold.open:
                if self._thought is None:
                    self._thought = self._stream(self.message.reasoning, muted=True)
                rows += [*self._thought.rows, *self._thought.rest, Row(_SPACE_AFTER_THOUGHT)]
        return [*rows, *self._answer.rows, *self._answer.rest, *self._waiting(), self._footer]

    def _waiting(self) -> list[Row]:
        waits = self.is_streaming and self._answer is not None and not self._answer.rows and not self.message.reasoning
        return [Row(_LINE)] if waits else []

    def _stream(self, source: str, *, muted: bool = False) -> TextStream:
        if not self.is_streaming:
            return TextStream.of(source, self.text_width, muted=muted)
        made = TextStream(self.text_width, muted=muted)
        made.feed(source)
        return made

    @property
    def unread(self) -> Sequence[Row]:
        """What is not cut yet of the reasoning, and of the answer."""
        return [row for stream in (self._thought, self._answer) if stream is not None for row in stream.rest]

    def read_on(self) -> bool:
        """Cut a text further; whether there was more of it."""
        for stream in (self._thought, self._answer):
            if stream is not None and stream.rest:
                self._restack(stream, stream.read_on())
                return True
        return False

    def copied(self) -> MessageItem:
        """With all that was streamed, and the reasoning if it is open."""
        self._take_up()
        made = ReplyItem(self.message, self.page)
        made._divider, made._fold = self._divider, self._fold
        made.compose()
        return made

    def append(self, text: str, reasoning: str) -> tuple[float, float]:
        """Add streamed text; returns between which heights the item looks different, if it is as tall as before."""
        if reasoning and not self._thinking_since:
            self._thinking_since = time.monotonic()
        if text and self._thinking_since and not self._thinking_seconds:
            self._thinking_seconds = time.monotonic() - self._thinking_since
            self._relabel()
        self._texts.append(text)
        self._reasonings.append(reasoning)
        if self._answer is None or (reasoning and self._fold is None):
            self._take_up()
            self.compose_streams()
            return 0.0, self.height
        top = self._caret_top
        if reasoning and self._thought is not None:
            top = min(top, self._restack(self._thought, self._thought.feed(reasoning)))
        if text:
            top = min(top, self._restack(self._answer, self._answer.feed(text)))
        return top, self.tops[-1]

    def compose_streams(self) -> None:
        """Begin anew with all the text there is."""
        self._answer = self._thought = None
        self.compose()

    def _take_up(self) -> None:
        """Bring the message's own text up to what was streamed."""
        self._texts, self._reasonings = ["".join(self._texts)], ["".join(self._reasonings)]
        self.message = replace(self.message, text=self._texts[0], reasoning=self._reasonings[0])

    def _relabel(self) -> None:
        if self._fold is not None:
            self._fold.relabel(fold_label(self.message, self._thinking_seconds))

    def _restack(self, stream: TextStream, change: Change) -> float:
        """Put the rows under one another again, from the changed one on; returns from where on they look different."""
        start = self._start_of(stream) + change.row
        if self._footer is not None and self._answer is not None:
            answer = [Row(_SPACE_AFTER_THOUGHT), *self._answer.rows, *self._answer.rest]
            after = answer if stream is self._thought else []
            self.rows[start:] = [*stream.rows[change.row :], *stream.rest, *after, *self._waiting(), self._footer]
        self.stack(min(start, len(self.tops)))
        return self.tops[start] + change.top

    def _start_of(self, stream: TextStream) -> int:
        """Which row the text begins with."""
        before = (self._divider is not None) + (self._fold is not None)
        thoughts = len(self._thought.rows) + len(self._thought.rest) + 1 if self._thought is not None else 0
        return before if stream is self._thought else before + thoughts

    @property
    def _caret_top(self) -> float:
        """The top of the line on which the caret stands."""
        number = self._caret_row
        row = self.rows[number] if number >= 0 else None
        if row is None:
            return self.height
        return self.tops[number] + (row.caret().y() if isinstance(row, TextRow) else 0.0)

    @property
    def _caret_row(self) -> int:
        """The row before the footer, while an answer is written."""
        return len(self.rows) - 2 if len(self.rows) > 1 and not isinstance(self.rows[-2], FoldRow) else -1

    def finish(self, message: StoredMessage) -> None:
        """Take over how the reply ended; text that was not streamed as it is now stored is laid out anew."""
        self._take_up()
        same = (self.message.text, self.message.reasoning) == (message.text, message.reasoning)
        streaming = self.is_streaming
        self.message, self._footer = message, None
        self._texts, self._reasonings = [message.text], [message.reasoning]
        self._relabel()
        if not same or message.state is MessageState.STREAMING:
            self.compose_streams()
            return
        for stream in (self._answer, self._thought):
            if stream is not None and streaming:
                stream.finish()
        self.compose()

    def set_last(self, is_last: bool) -> None:
        """Offer to try again, on the last reply only."""
        if is_last != self.is_last:
            self.is_last, self._footer = is_last, None
            if self.rows:
                self.compose()

    def branches_changed(self) -> None:
        """Show the footer anew."""
        self._footer = None
        if self.rows:
            self.compose()

    def forget(self) -> None:
        """Keep nothing but the message, unless it is being written."""
        if self.is_streaming:
            return
        super().forget()
        self._answer = self._thought = self._footer = None

    def set_hovered(self, hovered: bool) -> None:
        """Show the footer's actions too."""
        super().set_hovered(hovered)
        if self._footer is not None:
            self._footer.hovered = hovered

    def toggle_fold(self) -> None:
        """Fold or unfold the reasoning."""
        if self._fold is not None:
            self._take_up()
            self._fold.open = not self._fold.open
            self._thought = None
            self._relabel()
            self.compose()

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: RowMarks) -> None:
        """Draw the rows, and the caret at the end while text comes."""
        super().paint(painter, at, top, bottom, marks)
        number = self._caret_row
        if not self.is_streaming or number < 0:
            return
        row = self.rows[number]
        caret = row.caret() if isinstance(row, TextRow) else QPointF(0, 0)
        place = QRectF(at.x() + caret.x() + 1, at.y() + self.tops[number] + caret.y() + 3, _CARET_WIDTH, _LINE - 6)
        painter.fillRect(place, self.page.style.theme.color("text"))
