"""A text as rows, whether it is complete or still arriving.

Window process, interface thread. Only the last row of a text that arrives is ever laid out again. A text of
which very much comes at once is cut into rows a slice at a time, so that the window does not stall over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import NamedTuple

from app.ui.markdown.block import Block, Kind
from app.ui.markdown.chunks import Chunk, Passage
from app.ui.markdown.parser import clean
from app.ui.markdown.splitter import LIMIT, Splitter
from app.ui.markdown.tail import TailParser
from app.ui.transcript.rows.row import Row
from app.ui.transcript.rows.text import TextRow, estimated_height

_SLICE_SECONDS = 0.005
_PIECE_CHARACTERS = 1024


class Change(NamedTuple):
    """The first row that looks different, and from where in it on."""

    row: int
    top: float


class TextStream:
    """Markdown in rows, `width` wide until they are built; `rest` keeps the place of what is not cut yet."""

    def __init__(self, width: float, *, muted: bool = False) -> None:
        self.rows: list[TextRow] = []
        self.rest: list[Row] = []
        self._unread = ""
        self._ended = False
        self._width = width
        self._muted = muted
        self._splitter = Splitter()
        self._parser = TailParser()
        self._passage = Passage()
        self._row: TextRow | None = None  # the row of the passage, while that has room
        self._code: TextRow | None = None  # the row in which the last code was opened

    @staticmethod
    def of(source: str, width: float, *, muted: bool = False) -> TextStream:
        """A text that is complete."""
        made = TextStream(width, muted=muted)
        made._ended = True
        made.feed(source)
        return made

    def feed(self, text: str) -> Change:
        """Add text, and read on."""
        self._unread += text
        return self.read_on()

    def finish(self) -> Change:
        """The text is complete: parse its end as it is."""
        self._ended = True
        return self.read_on()

    def read_on(self) -> Change:
        """Cut the text into rows, for no longer than a slice."""
        changes, at, until = [], 0, perf_counter() + _SLICE_SECONDS
        while at < len(self._unread) and (not at or perf_counter() < until):
            changes += self._take_up(self._splitter.feed(self._unread[at : at + _PIECE_CHARACTERS]))
            at += _PIECE_CHARACTERS
        self._unread = self._unread[at:]
        self.rest = [Row(estimated_height(self._unread, self._width))] if self._unread else []
        if self._ended and not self._unread:
            changes += self._take_up(self._splitter.finish())
        changes += self._show_end()
        return min(changes, default=Change(len(self.rows), 0.0))

    def _take_up(self, done: list[Chunk]) -> list[Change]:
        """Chunks that no later source can change; shown as soon as they fill a row."""
        changes = []
        for chunk in done:
            self._passage = self._passage.followed_by(chunk)
            if not self._passage.has_room:
                changes.append(self._show(self._passage, None))
                if any(part.fence is not None and part.opens for part in self._passage.chunks):
                    self._code = self._row
                self._passage, self._row = Passage(), None
        if done:
            self._parser = TailParser()
        return changes

    def _show_end(self) -> list[Change]:
        """Show what does not fill a row, with what is still being written."""
        tail = self._splitter.tail
        if not self._unread and not self._ended and (tail.source.strip() or tail.fence is not None):
            return [self._show(self._passage.followed_by(tail), self._passage.blocks + self._parser.blocks(tail))]
        if self._passage.chunks:
            return [self._show(self._passage, None)]
        if self._row is not None:  # for a further piece of code, which has not come
            self.rows.pop()
            self._row = None
        return []

    def _show(self, passage: Passage, blocks: tuple[Block, ...] | None) -> Change:
        """Show the last row's passage, as these blocks where they are not its own."""
        if self._row is None:
            above, code = self.rows[-1] if self.rows else None, None if passage.chunks[0].opens else self._code
            self._row = TextRow(passage, above, width=self._width, muted=self._muted, code=code)
            self.rows.append(self._row)
        return Change(len(self.rows) - 1, self._row.show(passage, blocks))


@dataclass(frozen=True)
class PlainText:
    """A part of what the user wrote, shown as it was written."""

    source: str
    continued: bool

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """One paragraph."""
        return (Block(Kind.PARAGRAPH, self.source, continued=self.continued),)


def plain_rows(source: str, width: float) -> list[TextRow]:
    """Text as it was written, in rows of bounded length."""
    rows: list[TextRow] = []
    text = clean(source).strip("\n")
    start = 0
    while start < len(text) or not rows:
        end = min(len(text), start + LIMIT)
        if end < len(text):
            end = max(text.rfind("\n", start, end), text.rfind(" ", start, end)) + 1 or end
        content = PlainText(text[start:end].removesuffix("\n"), start > 0)
        rows.append(TextRow(content, rows[-1] if rows else None, width=width))
        start = end
    return rows
