"""The user's own messages in the transcript: attached files, each in one line, then what was written.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.core.chat.attachments import Attachment, split_attachments
from app.core.chat.conversations import StoredMessage
from app.core.sizes import format_bytes
from app.ui.transcript.blocks.layout import rounded
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import RowMarks
from app.ui.transcript.rows.lines import ActionLine, Button, branch_buttons, pin_button
from app.ui.transcript.rows.row import Action, Hot, Page, Row
from app.ui.transcript.rows.stream import plain_rows
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.style import BUBBLE_MOST, BUBBLE_PADDING, BUBBLE_SHARE, RADIUS, PageStyle
from app.ui.transcript.words import words


class FileRow(Row):
    """An attached file: its name and size; a click shows its text. `left` and `width` tell the bubble's text's."""

    HEIGHT = 36.0
    _GAP = 6.0

    def __init__(
        self, attachment: Attachment, number: int, left: Callable[[], float], width: Callable[[], float]
    ) -> None:
        super().__init__(self.HEIGHT)
        self.number = number
        self._attachment = attachment
        self._left = left
        self._width = width
        self._style: PageStyle | None = None
        self._pieces: list[TextPiece] = []

    def build(self, page: Page, width: float) -> None:
        """Lay out the name, shortened where there is no room, and the size."""
        self._style = style = page.style
        size = TextPiece(format_bytes(len(self._attachment.text.encode())), 0, style.small, style, UNBOUNDED)
        size.x = self._width() - 12 - size.natural_width
        room = size.x - 24
        name = self._attachment.name
        label = TextPiece(name, 0, style.muted.colored(style.theme.color("text")), style, UNBOUNDED)
        while label.natural_width > room and len(name) > 1:
            name = name[: min(len(name) - 1, int(len(name) * room / label.natural_width))]
            label = TextPiece(f"{name}…", 0, style.muted.colored(style.theme.color("text")), style, UNBOUNDED)
        label.x = 12
        self._pieces = [label, size]
        for piece in self._pieces:
            piece.y = (self._box.height() - piece.height) / 2
        self.built = True

    @property
    def _box(self) -> QRectF:
        return QRectF(0, 0, self._width(), self.HEIGHT - self._GAP)

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the box and what is in it."""
        if self._style is not None:
            origin = QPointF(at.x() + self._left(), at.y())
            rounded(painter, self._box.translated(origin), 6, "surface", "border", self._style)
            for piece in self._pieces:
                piece.paint(painter, origin, top, bottom)

    def hots(self) -> Iterator[Hot]:
        """The whole box."""
        yield Hot(self._box.translated(self._left(), 0), Action.OPEN_FILE, self._attachment.name, number=self.number)


class UserItem(MessageItem):
    """What the user wrote, on a tinted block that leans to the right."""

    GAP = 34.0

    def __init__(self, message: StoredMessage, page: Page) -> None:
        self.files, self._own = split_attachments(message.text)
        self._line: ActionLine | None = None
        super().__init__(message, page)
        self.height += len(self.files) * FileRow.HEIGHT

    @property
    def own_text(self) -> str:
        """Without what was attached."""
        return self._own

    @property
    def _widest(self) -> float:
        return min(self.page.width, max(BUBBLE_SHARE * self.page.width, 280.0), BUBBLE_MOST)

    @property
    def text_width(self) -> float:
        """What the bubble leaves within its padding."""
        return self._widest - 2 * BUBBLE_PADDING

    @property
    def padding(self) -> float:
        """The bubble's own."""
        return 10.0

    @property
    def bubble(self) -> QRectF:
        """The tinted block: as wide as its text, when that is short."""
        top = self._divider.height if self._divider is not None else 0.0
        text = self.rows[-1] if len(self.rows) == 1 + (self._divider is not None) else None
        width = self._widest
        if isinstance(text, TextRow) and text.built:
            width = min(text.natural_width + 1 + 2 * BUBBLE_PADDING, width)
        return QRectF(self.page.width - width, top, width, self.height - self.GAP - top)

    @property
    def left(self) -> float:
        """Inside the bubble."""
        return self.bubble.left() + BUBBLE_PADDING

    def make_rows(self) -> list[Row]:
        """The files, and the text as it was written, if anything was."""
        files = [
            FileRow(one, number, lambda: self.left, lambda: self.text_width) for number, one in enumerate(self.files)
        ]
        own = plain_rows(self._own, self.text_width) if self._own.strip() or not files else []
        return [*files, *own]

    def release(self) -> None:
        """Forget the layout of the actions too."""
        super().release()
        self._line = None

    def branches_changed(self) -> None:
        """Show the actions anew."""
        self._line = None

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: RowMarks) -> None:
        """Draw the bubble, on it the text, and under it the actions."""
        bubble = self.bubble.translated(at)
        tall = bubble.intersected(QRectF(bubble.left(), top - 2 * RADIUS, bubble.width(), bottom - top + 4 * RADIUS))
        rounded(painter, tall, RADIUS, "selection", "", self.page.style)
        super().paint(painter, at, top, bottom, marks)
        self._actions.paint(painter, self._actions_at + at, hovered=self.hovered)

    def hot_at(self, x: float, y: float) -> Hot | None:
        """The actions, and the files."""
        found = next((hot for hot in self.action_hots() if hot.rect.contains(x, y)), None)
        return found or super().hot_at(x, y)

    def action_hots(self) -> list[Hot]:
        """The actions under the bubble."""
        return list(self._actions.hots(self._actions_at))

    @property
    def _actions(self) -> ActionLine:
        if self._line is None:
            buttons = (
                *((Button(cost, None),) if (cost := self.page.costs.get(self.message.id)) else ()),
                Button(words("Edit"), Action.EDIT),
                Button(words("Copy"), Action.COPY_MESSAGE),
                Button("⋯", Action.MORE),
                *branch_buttons(self.page.branches.get(self.message.id)),
                *pin_button(self.message),
            )
            self._line = ActionLine(buttons, self.page.style)
        return self._line

    @property
    def _actions_at(self) -> QPointF:
        """Under the bubble, in line with its text's end."""
        bubble = self.bubble
        return QPointF(bubble.right() - BUBBLE_PADDING - self._actions.width, bubble.bottom() + 3)
