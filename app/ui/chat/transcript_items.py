"""Messages on the page: a stack of rows each, made when the message first comes into view; the user's own.

Window process, interface thread. Coordinates are relative to the column's left and the item's top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.core.conversations import StoredMessage
from app.ui.chat.blocks import BlockLayout, rounded
from app.ui.chat.transcript_lines import DividerRow
from app.ui.chat.transcript_rows import Action, Hot, Page, Place, Row
from app.ui.chat.transcript_selection import RowMarks
from app.ui.chat.transcript_stream import plain_rows
from app.ui.chat.transcript_style import BUBBLE_MOST, BUBBLE_PADDING, BUBBLE_SHARE, RADIUS
from app.ui.chat.transcript_text import TextRow
from app.ui.chat.transcript_words import words

_CHARACTER_WIDTH = 7.6
_LINE = 24.0


class MessageItem(ABC):
    """What the kinds of message have in common."""

    GAP = 24.0

    def __init__(self, message: StoredMessage, page: Page) -> None:
        self.message = message
        self.page = page
        self.rows: list[Row] = []
        self.tops: list[float] = []
        self.hovered = False
        self._divider: DividerRow | None = None
        lines = message.text.count("\n") * 0.7 + len(message.text) * _CHARACTER_WIDTH / max(self.text_width, 1.0) + 1
        self.height = ceil(lines * _LINE) + self.padding * 2 + self.GAP

    @property
    def text_width(self) -> float:
        """The width that rows of text are laid out to."""
        return self.page.width

    @property
    def left(self) -> float:
        """Where rows begin."""
        return 0.0

    @property
    def padding(self) -> float:
        """The space above and below the text, within the item."""
        return 0.0

    @abstractmethod
    def make_rows(self) -> list[Row]:
        """The rows of the message, top to bottom."""

    def set_divider(self, label: str) -> None:
        """Draw a line with these words above the message; without words, none."""
        self._divider = DividerRow(label) if label else None
        self.compose()

    def compose(self) -> None:
        """Take up the rows anew."""
        self.rows = ([self._divider] if self._divider is not None else []) + self.make_rows()
        self.stack(0)

    def compose_unseen(self) -> None:
        """Take up the rows for their text alone: what is out of view keeps its height."""
        height = self.height
        self.compose()
        self.height = height

    def stack(self, start: int) -> None:
        """Put the rows under one another, from one on."""
        del self.tops[start:]
        bottom = self.tops[-1] + self.rows[start - 1].height if start else 0.0
        for row in self.rows[start:]:
            if len(self.tops) == (self._divider is not None):
                bottom += self.padding
            self.tops.append(bottom)
            bottom += row.height
        self.height = bottom + self.padding + self.GAP

    def settle(self, top: float, bottom: float) -> bool:
        """Build what lies between; whether anything was built, and heights may have changed."""
        if not self.rows:
            self.compose()
        rows = self.rows
        unbuilt = [number for number in self._between(top, bottom) if not rows[number].built or rows[number].stale]
        for number in unbuilt:
            row = rows[number]
            row.build(self.page, self.text_width if isinstance(row, TextRow) else self.page.width)
        if unbuilt:
            self.stack(unbuilt[0])
        return bool(unbuilt)

    def release(self) -> None:
        """Forget every layout, but not the heights."""
        for row in self.rows:
            row.release()

    def forget(self) -> None:
        """Keep nothing but the message and its height: it is far out of view."""
        self.rows, self.tops = [], []

    def release_beyond(self, top: float, bottom: float) -> None:
        """Forget the layouts of rows that lie far out of view."""
        kept = self._between(top, bottom)
        for rows in (self.rows[: kept.start], self.rows[kept.stop :]):
            for row in rows:
                if row.built and isinstance(row, TextRow):
                    row.release()

    def resize(self, ratio: float) -> None:
        """The page is wider by this ratio: guess the heights again."""
        self.release()
        for row in self.rows:
            if isinstance(row, TextRow):
                row.height = float(ceil(row.height / ratio))
        if self.rows:
            self.stack(0)
        else:
            self.height = float(ceil(self.height / ratio))

    def set_hovered(self, hovered: bool) -> None:
        """Show the actions while the pointer is here."""
        self.hovered = hovered

    def anchor(self, top: float, bottom: float) -> tuple[int, float] | None:
        """A built row in view and where it begins: what should stay in place when heights change."""
        for number in self._between(top, bottom):
            if self.rows[number].built and self.tops[number] + self.rows[number].height > top:
                return number, self.tops[number]
        return None

    def _first_at(self, y: float) -> int:
        """The first row that may reach down to a height."""
        return max(bisect_left(self.tops, y) - 1, 0)

    def _between(self, top: float, bottom: float) -> range:
        """The rows that may reach into this stretch."""
        first = self._first_at(top)
        return range(first, max(bisect_right(self.tops, bottom), first))

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: RowMarks) -> None:
        """Draw what lies between `top` and `bottom`, in the painter's coordinates, as is `at`."""
        left = self.left
        for number in self._between(top - at.y(), bottom - at.y()):
            row = self.rows[number]
            origin = QPointF(at.x() + (left if isinstance(row, TextRow) else 0.0), at.y() + self.tops[number])
            if not row.built or origin.y() >= bottom or origin.y() + row.height <= top:
                continue
            if isinstance(row, TextRow):
                found = [(hit.at.place, hit.end, hit == marks.current) for hit in marks.hits_in(number)]
                row.paint_marked(painter, origin, top, bottom, marks.of(number, row.end), found)
            else:
                row.paint(painter, origin, top, bottom)

    def hot_at(self, x: float, y: float) -> Hot | None:
        """What a click on a point would do."""
        for number in self._between(y, y):
            row = self.rows[number]
            left = self.left if isinstance(row, TextRow) else 0.0
            for hot in row.hots():
                if hot.rect.contains(x - left, y - self.tops[number]):
                    return self.whole(hot)
        return None

    def whole(self, hot: Hot) -> Hot:
        """With all of the code, if its button stands on the first piece of several."""
        if hot.action not in (Action.COPY_CODE, Action.SAVE_CODE) or hot.block is None:
            return hot
        row, _ = self.place_of(hot.block)
        return hot._replace(text=hot.text + self._code_after(row))

    def place_of(self, block: BlockLayout) -> tuple[int, int]:
        """The row of a block that is laid out now, and its number in the row."""
        for number, row in enumerate(self.rows):
            if isinstance(row, TextRow):
                for at, (layout, _) in enumerate(row.layouts):
                    if layout is block:
                        return number, at
        return 0, 0

    def _code_after(self, number: int) -> str:
        """The further pieces of the code a row ends with."""
        found = []
        for row in self.rows[number + 1 :]:
            block = row.blocks[0] if isinstance(row, TextRow) and row.blocks else None
            if block is None or block.opens:
                break
            found.append("\n" + block.text)
        return "".join(found)

    def top_of(self, block: BlockLayout) -> float | None:
        """Where a block begins that is laid out now."""
        for number, row in enumerate(self.rows):
            if isinstance(row, TextRow):
                for layout, top in row.layouts:
                    if layout is block:
                        return self.tops[number] + top
        return None

    def row_at(self, y: float) -> int:
        """The row at a height, or the nearest one of text."""
        first = self._first_at(y)
        ways = range(first, -1, -1), range(first + 1, len(self.rows))
        near = [n for n in (next(filter(self._is_text, way), -1) for way in ways) if n >= 0]
        return min(near, key=lambda n: max(self.tops[n] - y, y - self.tops[n] - self.rows[n].height, 0.0), default=-1)

    def _is_text(self, number: int) -> bool:
        return isinstance(self.rows[number], TextRow) and self.rows[number].built

    def place_at(self, x: float, y: float) -> tuple[int, Place]:
        """The nearest place in the message's text: a row, and the place in it."""
        number = self.row_at(y)
        row = self.rows[number] if number >= 0 else None
        if not isinstance(row, TextRow):
            return 0, Place(0, 0)
        return number, row.place_at(x - self.left, y - self.tops[number])


class UserItem(MessageItem):
    """What the user wrote, on a tinted block that leans to the right."""

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
        """The text as it was written."""
        return [*plain_rows(self.message.text, self.text_width)]

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: RowMarks) -> None:
        """Draw the bubble, and on it the text."""
        bubble = self.bubble.translated(at)
        tall = bubble.intersected(QRectF(bubble.left(), top - 2 * RADIUS, bubble.width(), bottom - top + 4 * RADIUS))
        rounded(painter, tall, RADIUS, "selection", "", self.page.style)
        super().paint(painter, at, top, bottom, marks)
        if self.hovered:
            painter.setFont(self.page.style.small.font)
            painter.setPen(self.page.style.small.color)
            painter.drawText(self._copy_rect.translated(at), Qt.AlignmentFlag.AlignCenter, words("Copy"))

    def hot_at(self, x: float, y: float) -> Hot | None:
        """The message can be copied."""
        hot = self.copy_hot()
        return hot if hot.rect.contains(x, y) else None

    def copy_hot(self) -> Hot:
        """The button that copies the message."""
        return Hot(self._copy_rect, Action.COPY_MESSAGE)

    @property
    def _copy_rect(self) -> QRectF:
        """Beside the bubble or, where there is no room, under it."""
        bubble = self.bubble
        beside = QRectF(bubble.left() - 64, bubble.bottom() - 34, 56, 24)
        return beside if beside.left() >= 0 else QRectF(bubble.right() - 56, bubble.bottom(), 56, 24)
