"""The text of what is selected, over any number of messages.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.chat.transcript_document import TranscriptDocument
from app.ui.chat.transcript_rows import Row
from app.ui.chat.transcript_selection import Position, RowMarks, Selection, text_of
from app.ui.chat.transcript_text import TextRow


def everything(document: TranscriptDocument) -> Selection | None:
    """All messages, from the first character to the last."""
    if not document.items:
        return None
    beyond = 1 << 40
    return Selection(Position(0, 0, 0, 0), Position(len(document.items) - 1, beyond, beyond, beyond))


def excerpt(document: TranscriptDocument, selection: Selection, *, markdown: bool = False) -> str:
    """The text of a selection, messages and blocks apart by empty lines."""
    messages = []
    for index in range(selection.first.item, min(selection.last.item, len(document.items) - 1) + 1):
        with document.read_through(index) as rows:
            messages.append(_text_of_rows(rows, RowMarks(selection, index), markdown=markdown))
    return "\n\n".join(text for text in messages if text)


def _text_of_rows(rows: Sequence[Row], marks: RowMarks, *, markdown: bool) -> str:
    text = ""
    for number, row in enumerate(rows):
        if not isinstance(row, TextRow) or not row.blocks:
            continue
        marked = marks.of(number, row.end)
        part = "" if marked is None else text_of(row.blocks, marked, markdown=markdown)
        first = row.blocks[0]
        apart = "" if not text else "\n" if first.tight or first.continued else "\n\n"
        text += apart + part if part else ""
    return text
