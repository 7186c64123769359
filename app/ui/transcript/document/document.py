"""The messages under one another: where each stands, which are in view, what lies at a point.

Window process, interface thread. Heights out of view are guesses; `settle` lays out what is in view
and keeps in place what was there before. Coordinates are relative to the column's left and the first
message's top margin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import takewhile
from math import inf
from time import perf_counter
from typing import NamedTuple

from PySide6.QtCore import QPointF

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Role
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.item import Label, MessageItem
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.document.selection import Position
from app.ui.transcript.document.user import UserItem
from app.ui.transcript.rows.row import Branches, Hot, Page, Row
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.style import MARGIN
from app.ui.transcript.words import words

_SETTLE_ROUNDS = 50
_SLICE_SECONDS = 0.02
# Heights of the view around it within which layouts are kept, and messages that are looked through for others.
_KEPT_VIEWS = 3
_MOST_COMPOSED = 24
_MOST_ROWS = 20


class Settled(NamedTuple):
    """Where the view's top has come to, and whether anything was laid out."""

    top: int
    built: bool


class Unread(Exception):
    """What is asked for lies in a part of a message, given by its number, that is not cut into rows yet."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class TranscriptDocument:
    """Messages in order, and their places."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.items: list[MessageItem] = []
        self.tops: list[float] = []
        self.height = 0.0
        self._composed: set[int] = set()

    def set_messages(self, messages: Iterable[StoredMessage]) -> None:
        """Show these instead; the system's message is not part of what is read."""
        self.items = [self._item(message) for message in messages if message.role is not Role.SYSTEM]
        self.tops = []
        self._composed.clear()
        self.restack(0)
        self._mark_last()

    def change(self, messages: Iterable[StoredMessage]) -> int:
        """Show these instead, keeping what both begin with; returns the number of the first that is another."""
        wanted = [message for message in messages if message.role is not Role.SYSTEM]
        for item, message in zip(self.items, wanted, strict=False):
            item.take_mark(message)
        pairs = zip(self.items, wanted, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0].message == pair[1], pairs))
        self.items[same:] = [self._item(message) for message in wanted[same:]]
        self._composed = {index for index in self._composed if index < same}
        self.restack(same)
        self._mark_last()
        return same

    def set_branches(self, branches: Branches) -> None:
        """Say which messages have others at their place."""
        before, self.page.branches = self.page.branches, branches
        for item in self.items:
            number = item.message.id
            if before.get(number) != branches.get(number):
                item.branches_changed()

    def mark_models(self) -> None:
        """Draw a line where another model goes on."""
        before = ""
        for index, item in enumerate(self.items):
            record = item.message.record
            if record is not None:
                changed = bool(before) and record.model.name != before
                label = words("{0} answers from here").format(record.model.name) if changed else ""
                if item.set_divider(label, Label.MODEL):
                    self.restack(index)
                before = record.model.name

    def add(self, message: StoredMessage) -> None:
        """Show one more."""
        if message.role is Role.SYSTEM:
            return
        self.items.append(self._item(message))
        self.restack(len(self.items) - 1)
        self._mark_last()

    def _item(self, message: StoredMessage) -> MessageItem:
        return UserItem(message, self.page) if message.role is Role.USER else ReplyItem(message, self.page)

    def _mark_last(self) -> None:
        for index, item in enumerate(self.items):
            if isinstance(item, ReplyItem):
                item.set_last(index == len(self.items) - 1)

    def index_of(self, message_id: int) -> int | None:
        """The number of a message, counted from the first; asked for mostly near the end."""
        for index in range(len(self.items) - 1, -1, -1):
            if self.items[index].message.id == message_id:
                return index
        return None

    def restack(self, start: int) -> None:
        """Put the messages under one another again, from one on."""
        del self.tops[start:]
        bottom = self.tops[-1] + self.items[start - 1].height if start else float(MARGIN)
        for item in self.items[start:]:
            self.tops.append(bottom)
            bottom += item.height
        self.height = bottom

    def between(self, top: float, bottom: float) -> range:
        """The messages that reach into this stretch."""
        first = max(bisect_right(self.tops, top) - 1, 0)
        return range(first, max(bisect_right(self.tops, bottom), first))

    def settle(self, top: int, height: int, *, at_end: bool, read_on: bool = True) -> Settled:
        """Lay out what is in view from `top` on, `height` tall; stay at the end, or with what is in view.

        What takes longer than a slice is left for the next time, of which `Page.changed` is told; so is, without
        `read_on`, what is not cut into rows.
        """
        any_built, until = False, perf_counter() + _SLICE_SECONDS
        for turn in range(_SETTLE_ROUNDS):
            top = self._clamped(self.height if at_end else top, height)
            anchor = None if at_end else self._anchor(top, top + height)
            first_built = self._build(top, top + height, until, at_end=at_end, read_on=read_on and not turn)
            if first_built is None:
                break
            any_built = True
            self._composed.update(self.between(top, top + height))
            self.restack(first_built)
            if anchor is not None:
                index, row, place = anchor
                top += round(self.tops[index] + self.items[index].tops[row] - place)
            if perf_counter() > until:
                break
        top = self._clamped(self.height if at_end else top, height)
        if any_built:
            self.forget_far(top, height)
        if not self._is_settled(top, top + height):
            self.page.changed()
        return Settled(top, any_built)

    def _build(self, top: float, bottom: float, until: float, *, at_end: bool, read_on: bool) -> int | None:
        """Lay out what is in between; the first message that has changed. With `read_on`, one takes up more rows."""
        changed: list[int] = []
        within = self.between(top, bottom)
        for index in reversed(within) if at_end else within:
            item, before = self.items[index], self.items[index].height
            more = read_on and not changed and item.read_on()
            y = self.tops[index]
            built = item.settle(top - y, bottom - y, until, from_end=at_end)
            if more or built or item.height != before:
                changed.append(index)
            if changed and perf_counter() > until:
                break
        return min(changed, default=None)

    def _is_settled(self, top: float, bottom: float) -> bool:
        """Whether all that lies between is laid out."""
        return all(
            self.items[index].is_settled(top - self.tops[index], bottom - self.tops[index])
            for index in self.between(top, bottom)
        )

    def forget_far(self, top: int, height: int) -> None:
        """Let go of what is far out of view, so that memory does not grow with what was read."""
        first, last = top - _KEPT_VIEWS * height, top + (_KEPT_VIEWS + 1) * height
        if len(self._composed) > _MOST_COMPOSED:
            near = self.between(first, last)
            for index in self._composed.difference(near):
                self.items[index].forget()
            self._composed.intersection_update(near)
        for index in self.between(top, top + height):
            if len(self.items[index].rows) > _MOST_ROWS:
                self.items[index].release_beyond(first - self.tops[index], last - self.tops[index])

    def _clamped(self, top: float, height: int) -> int:
        return max(0, min(round(top), round(self.height) - height))

    def _anchor(self, top: float, bottom: float) -> tuple[int, int, float] | None:
        for index in self.between(top, bottom):
            found = self.items[index].anchor(top - self.tops[index], bottom - self.tops[index])
            if found is not None:
                return index, found[0], self.tops[index] + found[1]
        return None

    def release(self) -> None:
        """Forget every layout, after the theme has changed."""
        for item in self.items:
            item.release()

    def set_width(self, width: float) -> None:
        """Take another width for the column; heights are guesses until they are needed."""
        ratio, self.page.width = width / self.page.width, width
        for item in self.items:
            item.resize(ratio)
        self.restack(0)

    def item_at(self, y: float) -> int:
        """The number of the message at a height; -1 when there is none at all."""
        return min(max(bisect_right(self.tops, y) - 1, 0), len(self.items) - 1)

    def position_at(self, x: float, y: float) -> Position:
        """The place in the text that is nearest to a point."""
        index = self.item_at(y)
        if index < 0:
            return Position(0, 0, 0, 0)
        row, place = self.items[index].place_at(x, y - self.tops[index])
        return Position(index, row, *place)

    def hot_at(self, x: float, y: float) -> tuple[MessageItem, Hot] | None:
        """What a click on a point would do, and to which message."""
        index = self.item_at(y)
        if index < 0:
            return None
        item = self.items[index]
        hot = item.hot_at(x, y - self.tops[index]) if item.lent is None else None
        return None if hot is None else (item, hot)

    def _row_at(self, x: float, y: float) -> tuple[TextRow, float, float] | None:
        index = self.item_at(y)
        if index < 0:
            return None
        item = self.items[index]
        number = item.row_at(y - self.tops[index])
        row = item.rows[number] if number >= 0 else None
        return (row, x - item.left, y - self.tops[index] - item.tops[number]) if isinstance(row, TextRow) else None

    def link_at(self, x: float, y: float) -> str:
        """The address of the link under a point, or nothing."""
        found = self._row_at(x, y)
        return "" if found is None else found[0].link_at(found[1], found[2])

    def wide_at(self, x: float, y: float) -> BlockLayout | None:
        """The block at a point, if it can be moved sideways."""
        found = self._row_at(x, y)
        return None if found is None else found[0].wide_at(found[2])

    def is_text_at(self, x: float, y: float) -> bool:
        """Whether there is text under a point."""
        found = self._row_at(x, y)
        return found is not None and found[0].is_text_at(found[1], found[2])

    def top_at(self, at: Position) -> float:
        """The height at which the line of a place begins.

        Raises:
            Unread: it is not known yet.
        """
        item, rows = self.items[at.item], self.rows_to(at.item, at.row)
        row = rows[min(at.row, len(rows) - 1)]
        inside = row.top_at(at.place) if isinstance(row, TextRow) else 0.0
        return self.tops[at.item] + item.tops[min(at.row, len(item.rows) - 1)] + inside

    def point_at(self, at: Position) -> QPointF:
        """The left top of the character at a place."""
        y, item = self.top_at(at), self.items[at.item]
        row = item.rows[min(at.row, len(item.rows) - 1)]
        return QPointF(item.left + (row.left_at(at.place) if isinstance(row, TextRow) else 0.0), y)

    def rows_of(self, index: int, until: float = inf) -> list[Row]:
        """All the rows of a message, made if there are none; of a very long one those that are had `until` then."""
        item = self.items[index]
        if not item.rows or not item.is_whole:
            if item.rows:
                item.read_all(until)
            else:
                item.compose()
                if perf_counter() < until:
                    item.read_all(until)
            self._composed.add(index)
            self.restack(index)
        return item.rows

    def rows_to(self, index: int, row: int) -> list[Row]:
        """The rows of a message as far as they are known: with this one, unless the message has not as many.

        Raises:
            Unread: it has to be cut further.
        """
        item = self.items[index]
        if row >= item.known and not (item.rows and item.is_whole):
            raise Unread(index)
        return item.rows[: item.known]

    def block_text(self, at: Position) -> str:
        """The text of the block in which a place is."""
        row = self.items[at.item].rows[at.row] if at.item < len(self.items) and self.items[at.item].rows else None
        return row.blocks[at.block].text if isinstance(row, TextRow) and at.block < len(row.blocks) else ""
