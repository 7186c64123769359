"""From one place in the transcript to another, over blocks and messages; and to what is looked for.

Window process, interface thread. A place in a part of a message that is not cut into rows yet is not known: to
ask for it raises `Unread`, and whoever asks may have the message cut a little further and ask again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import Hit, Position, Selection, word_around
from app.ui.transcript.document.through import rows_through
from app.ui.transcript.rows.row import Row
from app.ui.transcript.rows.text import TextRow

# A row that no message has.
_BEYOND = 1 << 40


def word_at(document: TranscriptDocument, at: Position) -> Selection:
    """The word at a place."""
    start, end = word_around(document.block_text(at), at.offset)
    return Selection(at._replace(offset=start), at._replace(offset=end))


def block_at(document: TranscriptDocument, at: Position) -> Selection:
    """The block at a place."""
    return Selection(at._replace(offset=0), at._replace(offset=len(document.block_text(at))))


def beside(document: TranscriptDocument, at: Position, *, forward: bool, word: bool = False) -> Position:
    """The place one character or word further on, or back."""
    document.rows_to(at.item, at.row)
    text = document.block_text(at)
    if forward and at.offset < len(text):
        return at._replace(offset=word_around(text, at.offset)[1] if word else at.offset + 1)
    if not forward and at.offset > 0:
        return at._replace(offset=word_around(text, at.offset - 1)[0] if word else at.offset - 1)
    return (_after(document, at) if forward else _before(document, at)) or at


def _after(document: TranscriptDocument, at: Position) -> Position | None:
    """The beginning of the next block."""
    row, block = at.row, at.block + 1
    for item in range(at.item, len(document.items)):
        rows = document.rows_to(item, row)
        for number in range(row, len(rows)):
            if block < _blocks(rows[number]):
                return Position(item, number, block, 0)
            block = 0
        document.rows_to(item, _BEYOND)
        row = block = 0
    return None


def _before(document: TranscriptDocument, at: Position) -> Position | None:
    """The end of the block before."""
    if at.block > 0:
        return _ended(document, at._replace(block=at.block - 1))
    row = at.row
    for item in range(at.item, -1, -1):
        rows = document.rows_to(item, row - 1)
        for number in range(min(row, len(rows)) - 1, -1, -1):
            if count := _blocks(rows[number]):
                return _ended(document, Position(item, number, count - 1, 0))
        row = _BEYOND
    return None


def _ended(document: TranscriptDocument, at: Position) -> Position:
    return at._replace(offset=len(document.block_text(at)))


def _blocks(row: Row) -> int:
    return len(row.blocks) if isinstance(row, TextRow) else 0


def edge(document: TranscriptDocument, *, end: bool) -> Position:
    """The first place of all, or the last."""
    item = len(document.items) - 1 if end else 0
    beyond = Position(item, _BEYOND, 0, 0) if end else Position(0, 0, -1, 0)
    found = _before(document, beyond) if end else _after(document, beyond)
    return found or Position(0, 0, 0, 0)


def vertically(document: TranscriptDocument, at: Position, x: float, steps: int) -> Position:
    """The place under or over another, at a distance from the column's left."""
    y = document.point_at(at).y()
    line = document.page.style.body.line_height
    for reach in range(1, 12):
        moved = document.position_at(x, y + 2 + steps * (line * 0.75 + (reach - 1) * line / 2))
        if moved != at and (moved > at) == (steps > 0) and abs(document.point_at(moved).y() - y) > 1:
            return moved
    return beside(document, at, forward=steps > 0)


def hits_in(item: MessageItem, index: int, pattern: re.Pattern[str]) -> Iterator[list[Hit]]:
    """Where a message as it is shown holds what is looked for: what is found between two moments to pause at."""
    at = 0
    for row in rows_through(item):
        yield _hits_in_row(row, Position(index, at, 0, 0), pattern) if isinstance(row, TextRow) else []
        at += row is not None


def _hits_in_row(row: TextRow, at: Position, pattern: re.Pattern[str]) -> list[Hit]:
    return [
        Hit(at._replace(block=number, offset=found.start()), found.end())
        for number, block in enumerate(row.blocks)
        for found in pattern.finditer(block.text)
    ]
