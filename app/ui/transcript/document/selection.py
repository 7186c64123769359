"""What is selected in the transcript, from one place to another, and its text.

Window process, interface thread; no Qt.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.ui.markdown.block import BULLETS, TASK_DONE, TASK_OPEN, Block, Container, Kind, Span, Style
from app.ui.transcript.rows.row import Place, stretch_of

_WORD = re.compile(r"\w+|[^\w\s]|\s+")
_MARKS = ((Style.BOLD, "**"), (Style.ITALIC, "*"), (Style.STRIKE, "~~"))
_RULES = {"left": ":--", "center": ":-:", "right": "--:"}
_MARKDOWN_MARKERS = {TASK_OPEN: "- [ ]", TASK_DONE: "- [x]"} | dict.fromkeys(BULLETS, "-")


class Position(NamedTuple):
    """A place in the transcript: message and row by their number, block in the row, offset in the block."""

    item: int
    row: int
    block: int
    offset: int

    @property
    def place(self) -> Place:
        """The place within the row."""
        return Place(self.block, self.offset)


class Selection(NamedTuple):
    """Everything between two positions, the first not after the last."""

    first: Position
    last: Position

    @staticmethod
    def between(one: Position, other: Position) -> Selection:
        """In whichever order they come."""
        return Selection(min(one, other), max(one, other))


class Hit(NamedTuple):
    """A place at which what is looked for was found, `end` being an offset in the same block."""

    at: Position
    end: int


class RowMarks(NamedTuple):
    """The part of a selection that lies in one message, and what was found in it, from its beginning on."""

    selection: Selection | None
    item: int
    hits: Sequence[Hit] = ()
    current: Hit | None = None

    def hits_in(self, row: int) -> Sequence[Hit]:
        """What was found in one row."""
        first = bisect_left(self.hits, row, key=_row_of)
        return self.hits[first : bisect_right(self.hits, row, first, key=_row_of)]

    def touches(self, row: int) -> bool:
        """Whether any of the selection lies in a row, whose text need not be known."""
        return self.selection is not None and self.selection.first[:2] <= (self.item, row) <= self.selection.last[:2]

    def of(self, row: int, end: Place) -> tuple[Place, Place] | None:
        """The part that lies in one row, which ends at `end`; None for nothing."""
        if self.selection is None:
            return None
        first, last = self.selection
        here = (self.item, row)
        if not first[:2] <= here <= last[:2]:
            return None
        start = first.place if first[:2] == here else Place(0, 0)
        return start, last.place if last[:2] == here else Place(end.block, end.offset + 1)


def _row_of(hit: Hit) -> int:
    return hit.at.row


def word_around(text: str, offset: int) -> tuple[int, int]:
    """Where the word at an offset begins and ends."""
    for found in _WORD.finditer(text):
        if found.start() <= offset < found.end():
            return found.span()
    return len(text), len(text)


def text_of(blocks: Iterable[Block], selected: tuple[Place, Place], *, markdown: bool = False) -> str:
    """The selected text of one row's blocks, with list markers and fences around whole code; styled as Markdown."""
    parts: list[str] = []
    for number, block in enumerate(blocks):
        stretch = stretch_of(selected, number, len(block.text))
        if stretch is None:
            continue
        gap = "" if not parts else "\n" if block.tight or block.continued else "\n\n"
        several = selected[0].block != selected[1].block
        whole = several or stretch[1] > len(block.text)
        parts.append(gap + _block_text(block, stretch, whole=whole, markdown=markdown))
    return "".join(parts)


def _block_text(block: Block, stretch: tuple[int, int], *, whole: bool, markdown: bool) -> str:
    start, end = stretch
    all_of_it = start == 0 and end >= len(block.text)
    if block.kind is Kind.RULE:
        return "---"
    if block.kind is Kind.MATH:
        return f"$$\n{block.text}\n$$"
    if block.kind is Kind.CODE and all_of_it and whole:
        opening = f"```{block.language}\n" if block.opens else ""
        return f"{opening}{block.text}" + ("\n```" if block.closes else "")
    text = styled(block, start, min(end, len(block.text)), markdown=markdown)
    if block.kind is Kind.TABLE and markdown and all_of_it:
        return _table(text, block.aligns)
    if block.kind is Kind.HEADING and markdown and start == 0:
        text = "#" * block.level + " " + text
    if block.kind is Kind.FOOTNOTE and start == 0:
        return f"[^{block.marker}]: {text}" if markdown else f"{block.marker}. {text}"
    if start == 0 and (block.marker or block.containers):
        return _within(block, text, markdown=markdown)
    return text


def _within(block: Block, text: str, *, markdown: bool) -> str:
    """Text with its list marker and its quotes."""
    marker = _MARKDOWN_MARKERS.get(block.marker, block.marker) if markdown else block.marker
    depth = block.containers.count(Container.ITEM)
    quotes = "> " * block.containers.count(Container.QUOTE)
    lead = "  " * (depth - bool(marker)) + (f"{marker} " if marker else "")
    return quotes + lead + text.replace("\n", "\n" + quotes + "  " * depth)


def styled(block: Block, start: int, end: int, *, markdown: bool) -> str:
    """A stretch of a block's text; formulas are their source, the rest is marked up if it is to be Markdown."""
    parts, at = [], start
    for span in block.spans:
        first, last = max(span.start, at), min(span.end, end)
        if first >= last:
            continue
        parts.append(block.text[at:first])
        text = block.text[first:last]
        if span.style & Style.MATH:
            text = f"${span.href}$"
        elif markdown:
            text = _marked(text, span, head=block.kind is Kind.TABLE and "\n" not in block.text[:first])
        parts.append(text)
        at = last
    return "".join(parts) + block.text[at:end]


def _marked(text: str, span: Span, *, head: bool) -> str:
    if span.style & Style.CODE:
        text = f"`{text}`"
    for style, mark in _MARKS:
        if span.style & style and not (head and style is Style.BOLD):
            text = f"{mark}{text}{mark}"
    if span.style & Style.NOTE:
        text = f"[^{text}]"
    return f"[{text}]({span.href})" if span.style & Style.LINK else text


def _table(text: str, aligns: tuple[str, ...]) -> str:
    rows = ["| " + " | ".join(line.split("\t")) + " |" for line in text.split("\n")]
    return "\n".join([rows[0], "|" + "|".join(_RULES.get(align, "---") for align in aligns) + "|", *rows[1:]])
