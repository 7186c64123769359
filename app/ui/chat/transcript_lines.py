"""The rows of a message that are not its text: the folded reasoning, the footer, the divider.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.core.conversations import StoredMessage
from app.core.messages import FinishReason, MessageState
from app.core.sizes import format_count
from app.ui.chat.blocks_text import UNBOUNDED, TextPiece
from app.ui.chat.transcript_rows import Action, Hot, Page, Row
from app.ui.chat.transcript_words import words


class Button(NamedTuple):
    """An action by name; one that is not `standing` is seen while the pointer is on the message."""

    label: str
    action: Action
    standing: bool = False


class FoldRow(Row):
    """The reasoning in one line: a triangle and how long it took."""

    HEIGHT = 32.0

    def __init__(self, label: str) -> None:
        super().__init__(self.HEIGHT)
        self.open = False
        self._label = label
        self._piece: TextPiece | None = None

    def relabel(self, label: str) -> None:
        """Say something else."""
        self._label, self.built = label, False

    def build(self, page: Page, width: float) -> None:
        """Lay out the label."""
        sign = "▾" if self.open else "▸"
        self._piece = TextPiece(f"{sign}  {self._label}", 0, page.style.muted, page.style, UNBOUNDED)
        self.built = True

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the label."""
        if self._piece is not None:
            self._piece.paint(painter, at, top, bottom)

    def hots(self) -> Iterator[Hot]:
        """The label folds and unfolds."""
        width = self._piece.natural_width if self._piece is not None else 0.0
        yield Hot(QRectF(0, 0, width, self.HEIGHT - 4), Action.FOLD)


class DividerRow(Row):
    """A line across the column with a few words in it."""

    HEIGHT = 40.0

    def __init__(self, label: str) -> None:
        super().__init__(self.HEIGHT)
        self._label = label
        self._piece: TextPiece | None = None
        self._page: Page | None = None
        self._width = 0.0

    def build(self, page: Page, width: float) -> None:
        """Lay out the words."""
        self._page, self._width, self.built = page, width, True
        self._piece = TextPiece(self._label, 0, page.style.small, page.style, UNBOUNDED)
        self._piece.x = (width - self._piece.natural_width) / 2

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the line to both sides of the words."""
        if self._piece is None or self._page is None:
            return
        border = self._page.style.theme.color("border")
        middle = at.y() + self._piece.height // 2
        side = max(self._piece.x - 12, 0.0)
        painter.fillRect(QRectF(at.x(), middle, side, 1), border)
        painter.fillRect(QRectF(at.x() + self._width - side, middle, side, 1), border)
        self._piece.paint(painter, at, top, bottom)


class FooterRow(Row):
    """Under a reply: what went wrong, if anything, then its measure and its actions in one line."""

    LINE = 24.0
    GAP = 8.0

    def __init__(self, notice: str, notice_token: str, remark: str, actions: tuple[Button, ...]) -> None:
        super().__init__(self.GAP + self.LINE)
        self._notice, self._notice_token, self._remark, self._buttons = notice, notice_token, remark, actions
        self._pieces: list[TextPiece] = []
        self._actions: list[tuple[Button, TextPiece]] = []
        self.hovered = False

    def build(self, page: Page, width: float) -> None:
        """Lay out the words and the actions' labels."""
        self._pieces, self._actions = [], []
        style, small, y = page.style, page.style.small, self.GAP
        if self._notice:
            face = style.muted.colored(style.theme.color(self._notice_token))
            self._pieces.append(TextPiece(self._notice, 0, face, style, width))
            self._pieces[0].y = y
            y += self._pieces[0].height + 4
        line = TextPiece(self._remark, 0, small, style, UNBOUNDED)
        line.y = y + (self.LINE - line.height) / 2
        self._pieces.append(line)
        x = line.natural_width + 16 if self._remark else 0.0
        for button in self._buttons:
            token = "accent" if button.standing else "muted"
            face = small.colored(style.theme.color(token))
            piece = TextPiece(button.label, 0, face, style, UNBOUNDED)
            piece.x, piece.y = x, line.y
            self._actions.append((button, piece))
            x += piece.natural_width + 16
        self.height, self.built = y + self.LINE, True

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the words, and those actions that are to be seen now."""
        for piece in self._pieces:
            piece.paint(painter, at, top, bottom)
        for button, piece in self._actions:
            if button.standing or self.hovered:
                piece.paint(painter, at, top, bottom)

    def hots(self) -> Iterator[Hot]:
        """The actions."""
        for button, piece in self._actions:
            yield Hot(QRectF(piece.x - 6, piece.y - 2, piece.natural_width + 12, self.LINE), button.action)


def fold_label(message: StoredMessage, seconds: float) -> str:
    """What the folded reasoning says; `seconds` is what was measured here, 0 when it was not."""
    if message.state is MessageState.STREAMING and not message.text and not seconds:
        return words("Thinking…")
    timings = message.record.timings if message.record is not None else None
    taken = timings.reasoning_seconds if timings is not None and timings.reasoning_seconds else seconds
    return words("Thought for {0} s").format(max(round(taken), 1)) if taken else words("Thought")


def footer_of(message: StoredMessage, *, is_last: bool) -> FooterRow:
    """The footer that a reply has come to."""
    retry = (Button(words("Retry"), Action.RETRY, standing=True),) if is_last else ()
    quiet = tuple(button._replace(standing=False) for button in retry)
    copy = (Button(words("Copy"), Action.COPY_MESSAGE),) if message.text else ()
    match message.state:
        case MessageState.STREAMING:
            return FooterRow("", "muted", "", ())
        case MessageState.INTERRUPTED:
            return FooterRow(words("Interrupted: what was written is kept"), "caution", _measure(message), retry + copy)
        case MessageState.FAILED:
            details = (Button(words("Details"), Action.DETAILS, standing=True),)
            return FooterRow(_failure(message), "bad", _measure(message), retry + details + copy)
        case _:
            return FooterRow("", "muted", _measure(message), copy + quiet)


def _failure(message: StoredMessage) -> str:
    failure = message.record.failure if message.record is not None else None
    if failure is None:
        return words("Failed")
    error = failure.error()
    return f"{words('Failed')}: {error.sentence} {error.next_step}".rstrip()


def _measure(message: StoredMessage) -> str:
    """Model, tokens, rate, and why it stopped where that is not plain."""
    record = message.record
    parts = []
    if record is not None:
        parts.append(record.model.name)
        if record.usage is not None:
            parts.append(words("{0} tokens").format(format_count(record.usage.completion_tokens)))
        if record.timings is not None and record.timings.decode_rate:
            rate = record.timings.decode_rate
            parts.append(words("{0} tok/s").format(round(rate, 1) if rate < 10 else round(rate)))
    reason = record.finish_reason if record is not None else None
    if message.state is MessageState.STOPPED or reason is FinishReason.CANCELLED:
        parts.append(words("Stopped"))
    elif reason is FinishReason.LENGTH:
        parts.append(words("Stopped at the token limit"))
    elif reason is FinishReason.CONTEXT:
        parts.append(words("The context is full"))
    return " · ".join(part for part in parts if part)
