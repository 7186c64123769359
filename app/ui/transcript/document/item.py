"""Messages on the page: a stack of rows each, made when the message first comes into view.

Window process, interface thread. Coordinates are relative to the column's left and the item's top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import Enum
from itertools import chain, islice, takewhile
from math import ceil, inf
from time import perf_counter

from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from app.core.chat.conversations import StoredMessage
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.selection import RowMarks
from app.ui.transcript.rows.lines import DividerRow
from app.ui.transcript.rows.row import Action, Hot, Page, Place, Row
from app.ui.transcript.rows.text import TextRow

_CHARACTER_WIDTH = 7.6
_LINE = 24.0


class Label(Enum):
    """Why there is a line above a message: another model answers, or the model's view begins."""

    MODEL = "model"
    VIEW = "view"


class MessageItem(ABC):
    """What the kinds of message have in common."""

    GAP = 24.0

    def __init__(self, message: StoredMessage, page: Page) -> None:
        self.message = message
        self.page = page
        self.rows: list[Row] = []
        self.tops: list[float] = []
        self._laid_out: set[Row] = set()
        self.hovered = False
        self._divider: DividerRow | None = None
        self._labels: dict[Label, str] = {}
        self.lent: float | None = None  # the height, while a widget stands in the message's place
        text = self.own_text
        lines = text.count("\n") * 0.7 + len(text) * _CHARACTER_WIDTH / max(self.text_width, 1.0) + 1
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

    @property
    def own_text(self) -> str:
        """What its writer wrote."""
        return self.message.text

    def action_hots(self) -> list[Hot]:
        """Buttons that stand in none of the rows."""
        return []

    def set_divider(self, label: str, kind: Label = Label.VIEW) -> bool:
        """Draw a line with these words above the message; without words, none. Whether anything changed."""
        if label == self._labels.get(kind, ""):
            return False
        self._labels[kind] = label
        text = " · ".join(self._labels[one] for one in Label if self._labels.get(one))
        before = self._divider.height if self._divider is not None else 0.0
        self._divider = DividerRow(text) if text else None
        if self.rows:
            self.compose()
        else:
            self.height += (self._divider.height if self._divider is not None else 0.0) - before
        return True

    @abstractmethod
    def branches_changed(self) -> None:
        """There are more or fewer messages at this one's place, or it is marked otherwise."""

    def take_mark(self, message: StoredMessage) -> None:
        """Take over whether the message is pinned, if nothing else of it has changed."""
        if message.pinned != self.message.pinned and replace(self.message, pinned=message.pinned) == message:
            self.message = message
            self.branches_changed()

    def compose(self) -> None:
        """Take up the rows anew."""
        self.rows = ([self._divider] if self._divider is not None else []) + self.make_rows()
        self.stack(0)

    def copied(self) -> MessageItem:
        """The same message with rows of its own, to be read without being shown."""
        made = type(self)(self.message, self.page)
        made._divider = self._divider
        made.compose()
        return made

    @property
    def unread(self) -> Sequence[Row]:
        """Rows that keep the place of text that is not cut into rows yet."""
        return ()

    @property
    def is_whole(self) -> bool:
        """Whether the rows that were taken up reach to the end of the text."""
        return not self.unread

    @property
    def known(self) -> int:
        """How many rows there are from the first one on before any that is missing."""
        return self.rows.index(self.unread[0]) if self.rows and self.unread else len(self.rows)

    def read_on(self) -> bool:
        """Take up some more of the rows of a very long text; whether there were more."""
        return False

    def read_all(self, until: float = inf) -> None:
        """Take up the rows to the end of the text, or as many as can be had `until` then."""
        while self.read_on() and perf_counter() < until:
            pass

    def stack(self, start: int) -> None:
        """Put the rows under one another, from one on."""
        del self.tops[start:]
        bottom = self.tops[-1] + self.rows[start - 1].height if start else 0.0
        for row in self.rows[start:]:
            if len(self.tops) == (self._divider is not None):
                bottom += self.padding
            self.tops.append(bottom)
            bottom += row.height
        self.height = bottom + self.padding + self.GAP if self.lent is None else self.lent

    def lend(self, height: float | None) -> None:
        """Leave the place to a widget of this height, or take it back."""
        self.lent = height
        self.compose()

    def settle(self, top: float, bottom: float, until: float = inf, *, from_end: bool = False) -> bool:
        """Build what lies between, at least one row, and no further one after `until`; whether anything was built."""
        if not self.rows:
            self.compose()
        unbuilt = self._unbuilt(top, bottom)
        built: list[int] = []
        for number in reversed(unbuilt) if from_end else unbuilt:
            if built and perf_counter() > until:
                break
            row = self.rows[number]
            row.build(self.page, self.text_width if isinstance(row, TextRow) else self.page.width)
            built.append(number)
        if built:
            self._laid_out.update(self.rows[number] for number in built)
            self.stack(min(built))
        return bool(built)

    def _unbuilt(self, top: float, bottom: float) -> list[int]:
        """The rows in between that are still to be laid out, or anew."""
        rows = self.rows
        return [number for number in self._between(top, bottom) if not rows[number].built or rows[number].stale]

    def is_settled(self, top: float, bottom: float) -> bool:
        """Whether the text is cut into rows to its end, and all that lies between is laid out."""
        return bool(self.rows) and self.is_whole and not self._unbuilt(top, bottom)

    def lay_out_lines(self) -> None:
        """Lay out those rows that are not the message's text: its buttons are known then."""
        for row in self.rows:
            if not row.built and not isinstance(row, TextRow):
                row.build(self.page, self.page.width)
        self.stack(0)

    def release(self) -> None:
        """Forget every layout, but not the heights."""
        for row in self._laid_out:
            row.release()
        self._laid_out.clear()

    def forget(self) -> None:
        """Keep nothing but the message and its height: it is far out of view."""
        self.rows, self.tops = [], []
        self._laid_out.clear()

    def release_beyond(self, top: float, bottom: float) -> None:
        """Forget the layouts of rows that lie far out of view."""
        kept = self._between(top, bottom)
        far = {row for row in self._laid_out.difference(self.rows[kept.start : kept.stop]) if isinstance(row, TextRow)}
        for row in far:
            row.release()
        self._laid_out -= far

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
                selected = marks.of(number, row.end) if marks.touches(number) else None
                row.paint_marked(painter, origin, top, bottom, selected, found)
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
        return hot._replace(text=hot.text + self._code_after(*self.place_of(hot.block)))

    def place_of(self, block: BlockLayout) -> tuple[int, int]:
        """The row of a block that is laid out now, and its number in the row."""
        for number, row in enumerate(self.rows):
            if isinstance(row, TextRow):
                for at, (layout, _) in enumerate(row.layouts):
                    if layout is block:
                        return number, at
        return 0, 0

    def _code_after(self, number: int, block: int) -> str:
        """The further pieces of code that begins with a block of a row."""
        later = (row.blocks for row in islice(self.rows, number + 1, None) if isinstance(row, TextRow))
        first = self.rows[number]
        blocks = chain(first.blocks[block + 1 :] if isinstance(first, TextRow) else (), chain.from_iterable(later))
        return "".join("\n" + piece.text for piece in takewhile(lambda piece: not piece.opens, blocks))

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
