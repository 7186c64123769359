"""The rows of a message that are not its text: the folded reasoning, the footer, the divider.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import FinishReason, MessageState, Role
from app.core.sizes import format_count, format_rate
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece
from app.ui.transcript.rows.row import Action, Branch, Hot, Page, Row
from app.ui.transcript.style import PageStyle
from app.ui.transcript.words import words


class Button(NamedTuple):
    """An action by name; one that is not `standing` is seen while the pointer is on the message.

    Without an action, it is only read.
    """

    label: str
    action: Action | None
    standing: bool = False


class ActionLine:
    """Buttons in one line, laid out from a place to the right."""

    HEIGHT = 24.0
    _GAP = 16.0

    def __init__(self, buttons: Sequence[Button], style: PageStyle) -> None:
        self._placed: list[tuple[Button, TextPiece]] = []
        x = 0.0
        for button in buttons:
            face = style.small.colored(style.theme.color("accent" if button.standing and button.action else "muted"))
            piece = TextPiece(button.label, 0, face, style, UNBOUNDED)
            piece.x, piece.y = x, (self.HEIGHT - piece.height) / 2
            self._placed.append((button, piece))
            x += piece.natural_width + self._GAP
        self.width = max(x - self._GAP, 0.0)

    def paint(self, painter: QPainter, at: QPointF, *, hovered: bool) -> None:
        """Draw those that are to be seen now."""
        for button, piece in self._placed:
            if button.standing or hovered:
                piece.paint(painter, at, at.y() - self.HEIGHT, at.y() + 2 * self.HEIGHT)

    def hots(self, at: QPointF) -> Iterator[Hot]:
        """What can be clicked, if the line begins there."""
        for button, piece in self._placed:
            if button.action is not None:
                area = QRectF(piece.x - 6, piece.y - 2, piece.natural_width + 12, self.HEIGHT)
                yield Hot(area.translated(at), button.action)


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

    @property
    def said(self) -> str:
        """The words."""
        return self._label

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
        self._line: ActionLine | None = None
        self._line_at = QPointF()
        self.hovered = False

    @property
    def said(self) -> str:
        """What went wrong, and the measure."""
        return " ".join(part for part in (self._notice, self._remark) if part)

    def build(self, page: Page, width: float) -> None:
        """Lay out the words and the actions' labels."""
        self._pieces = []
        style, small, y = page.style, page.style.small, self.GAP
        if self._notice:
            face = style.muted.colored(style.theme.color(self._notice_token))
            self._pieces.append(TextPiece(self._notice, 0, face, style, width))
            self._pieces[0].y = y
            y += self._pieces[0].height + 4
        line = TextPiece(self._remark, 0, small, style, UNBOUNDED)
        line.y = y + (self.LINE - line.height) / 2
        self._pieces.append(line)
        self._line = ActionLine(self._buttons, style)
        self._line_at = QPointF(line.natural_width + 16 if self._remark else 0.0, y)
        self.height, self.built = y + self.LINE, True

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the words, and those actions that are to be seen now."""
        for piece in self._pieces:
            piece.paint(painter, at, top, bottom)
        if self._line is not None:
            self._line.paint(painter, at + self._line_at, hovered=self.hovered)

    def hots(self) -> Iterator[Hot]:
        """The actions."""
        return iter(()) if self._line is None else self._line.hots(self._line_at)


def fold_label(message: StoredMessage, seconds: float) -> str:
    """What the folded reasoning says; `seconds` is what was measured here, 0 when it was not."""
    if message.state is MessageState.STREAMING and not message.text and not seconds:
        return words("Thinking…")
    timings = message.record.timings if message.record is not None else None
    taken = timings.reasoning_seconds if timings is not None and timings.reasoning_seconds else seconds
    return words("Thought for {0} s").format(max(round(taken), 1)) if taken else words("Thought")


def branch_buttons(branch: Branch | None) -> tuple[Button, ...]:
    """The way to the other messages at a message's place."""
    if branch is None:
        return ()
    older = Button("‹", Action.OLDER if branch.number > 1 else None, standing=True)
    newer = Button("›", Action.NEWER if branch.number < branch.total else None, standing=True)
    number = words("{0} / {1}").format(format_count(branch.number), format_count(branch.total))
    return older, Button(number, None, standing=True), newer


def pin_button(message: StoredMessage) -> tuple[Button, ...]:
    """The mark of a message that stays before the model's eyes; a click takes it away."""
    return (Button(words("Pinned"), Action.UNPIN, standing=True),) if message.pinned else ()


def footer_of(message: StoredMessage, *, is_last: bool, branch: Branch | None = None) -> FooterRow:
    """The footer that a reply has come to."""
    branches = (*branch_buttons(branch), *pin_button(message))
    retry = (Button(words("Retry"), Action.RETRY, standing=True),) if is_last else ()
    again = tuple(button._replace(standing=not message.text) for button in retry)
    go_on = (Button(words("Continue"), Action.CONTINUE, standing=True),) if is_last and is_cut_off(message) else ()
    copy = (Button(words("Copy"), Action.COPY_MESSAGE),) if message.text else ()
    more = (Button("⋯", Action.MORE),)
    match message.state:
        case MessageState.STREAMING:
            return FooterRow("", "muted", "", branches)
        case MessageState.INTERRUPTED:
            notice = words("Interrupted: what was written is kept")
            return FooterRow(notice, "caution", _measure(message), (*branches, *go_on, *retry, *copy, *more))
        case MessageState.FAILED:
            details = (Button(words("Details"), Action.DETAILS, standing=True),)
            buttons = (*branches, *retry, *go_on, *details, *copy, *more)
            return FooterRow(_failure(message), "bad", _measure(message), buttons)
        case _:
            return FooterRow("", "muted", _measure(message), (*branches, *go_on, *copy, *again, *more))


def is_cut_off(message: StoredMessage) -> bool:
    """Whether a reply ended before its writer had come to an end."""
    if message.role is not Role.ASSISTANT or not message.text or message.record is None:
        return False
    limits = (FinishReason.LENGTH, FinishReason.CONTEXT)
    unfinished = (MessageState.STOPPED, MessageState.INTERRUPTED, MessageState.FAILED)
    return message.state in unfinished or message.record.finish_reason in limits


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
            parts.append(words("{0} tok/s").format(format_rate(rate)))
    reason = record.finish_reason if record is not None else None
    if message.state is MessageState.STOPPED or reason is FinishReason.CANCELLED:
        parts.append(words("Stopped"))
    elif reason is FinishReason.LENGTH:
        parts.append(words("Stopped at the token limit"))
    elif reason is FinishReason.CONTEXT:
        parts.append(words("The context is full"))
    return " · ".join(part for part in parts if part)
