"""The text of what is selected, over any number of messages.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Generator

from app.ui.transcript.document.document import TranscriptDocument
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import Position, RowMarks, Selection, text_of
from app.ui.transcript.document.through import at_once, rows_through
from app.ui.transcript.rows.text import TextRow


def everything(document: TranscriptDocument) -> Selection | None:
    """All messages, from the first character to the last."""
    if not document.items:
        return None
    beyond = 1 << 40
    return Selection(Position(0, 0, 0, 0), Position(len(document.items) - 1, beyond, beyond, beyond))


def excerpt(document: TranscriptDocument, selection: Selection, *, markdown: bool = False) -> str:
    """The text of a selection, at once."""
    return at_once(read_excerpt(document, selection, markdown=markdown))


def read_excerpt(
    document: TranscriptDocument, selection: Selection, *, markdown: bool = False
) -> Generator[None, None, str]:
    """The text of a selection, messages and blocks apart by empty lines; it may take long, and can be paused."""
    first = selection.first.item
    messages = []
    for index, item in enumerate(document.items[first : selection.last.item + 1], first):
        messages.append((yield from _read_item(item, RowMarks(selection, index), markdown=markdown)))
    return "\n\n".join(text for text in messages if text)


def _read_item(item: MessageItem, marks: RowMarks, *, markdown: bool) -> Generator[None, None, str]:
    parts: list[str] = []
    number = 0
    for row in rows_through(item):
        yield
        if isinstance(row, TextRow) and marks.touches(number) and row.blocks:
            marked = marks.of(number, row.end)
            part = "" if marked is None else text_of(row.blocks, marked, markdown=markdown)
            first = row.blocks[0]
            apart = "" if not parts else "\n" if first.tight or first.continued else "\n\n"
            parts += [apart, part] if part else []
        number += row is not None
    return "".join(parts)
