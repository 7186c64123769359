"""A text as rows, whether it is complete or still arriving.

Window process, interface thread. Only the last row of a text that arrives is ever laid out again. A complete
text that is very long is cut into rows a slice at a time, so that the window does not stall over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

from app.ui.chat.markdown import Block, Kind, clean
from app.ui.chat.markdown_chunks import Chunk
from app.ui.chat.markdown_splitter import LIMIT, Splitter
from app.ui.chat.markdown_tail import TailParser
from app.ui.chat.transcript_rows import Row
from app.ui.chat.transcript_text import TextRow, estimated_height

_SLICE_SECONDS = 0.008
_PIECE_CHARACTERS = 8192


class TextStream:
    """Markdown in rows, `width` wide until they are built; `rest` keeps the place of what is not cut yet."""

    def __init__(self, width: float, *, muted: bool = False) -> None:
        self.rows: list[TextRow] = []
        self.rest: list[Row] = []
        self._unread = ""
        self._width = width
        self._muted = muted
        self._splitter = Splitter()
        self._parser = TailParser()
        self._tail: TextRow | None = None

    @staticmethod
    def of(source: str, width: float, *, muted: bool = False) -> TextStream:
        """A text that is complete."""
        made = TextStream(width, muted=muted)
        made._unread = source
        made.read_on()
        return made

    def read_on(self) -> int:
        """Cut a complete text further, for no longer than a slice; returns the first row that is new."""
        first, at, until = len(self.rows), 0, perf_counter() + _SLICE_SECONDS
        while at < len(self._unread) and (not at or perf_counter() < until):
            for chunk in self._splitter.feed(self._unread[at : at + _PIECE_CHARACTERS]):
                self._append(chunk)
            at += _PIECE_CHARACTERS
        self._unread = self._unread[at:]
        if self._unread:
            self.rest = [Row(estimated_height(self._unread, self._width))]
        else:
            self.rest = []
            for chunk in self._splitter.finish():
                self._append(chunk)
        return first

    def feed(self, text: str) -> tuple[int, float]:
        """Add text; returns the first row that looks different, and from where in it on."""
        changed = self._freeze(self._splitter.feed(text))
        tail = self._splitter.tail
        if not tail.source.strip() and tail.fence is None:
            return changed
        if self._tail is None:
            self._tail = self._append(tail)
        top = self._tail.show(tail, self._parser.blocks(tail))
        return min(changed, (len(self.rows) - 1, top))

    def finish(self) -> tuple[int, float]:
        """The text is complete: parse its end as it is."""
        changed = self._freeze(self._splitter.finish())
        if self._tail is not None:
            self.rows.pop()
            self._tail = None
        return changed

    def _freeze(self, done: list[Chunk]) -> tuple[int, float]:
        changed = (len(self.rows), 0.0)
        for chunk in done:
            if self._tail is None:
                self._append(chunk)
                continue
            changed = (len(self.rows) - 1, self._tail.show(chunk, None))
            self._tail = None
        if done:
            self._parser = TailParser()
        return changed

    def _append(self, chunk: Chunk) -> TextRow:
        row = TextRow(chunk, self.rows[-1] if self.rows else None, width=self._width, muted=self._muted)
        self.rows.append(row)
        return row


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
