"""What the keyboard and a screen reader go to: messages, and the parts of one.

Window process, interface thread. The parts of a message keep their numbers whichever of its rows are laid out:
a part that is not has the place of its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible

from app.core.engine.messages import Role
from app.ui.markdown.block import Block, Kind, Span, Style
from app.ui.transcript.blocks.code import CodeLayout
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.selection import styled
from app.ui.transcript.rows.row import Action, Hot, Row
from app.ui.transcript.rows.text import CODE_ACTIONS, TextRow
from app.ui.transcript.words import words

_LINK = QAccessible.Role.Link
_ROLES = {
    Kind.HEADING: QAccessible.Role.Heading,
    Kind.CODE: QAccessible.Role.Document,
    Kind.TABLE: QAccessible.Role.Table,
    Kind.RULE: QAccessible.Role.Separator,
    Kind.MATH: QAccessible.Role.Equation,
    Kind.FOOTNOTE: QAccessible.Role.Note,
}


# The number of a part that stands for the message itself.
WHOLE = -1


class FocusPlace(NamedTuple):
    """A message, and the number of a part in it."""

    message: int
    part: int = WHOLE


class Part(NamedTuple):
    """A block, a link or a button; `rect` is relative to its message, and `link` and `hot` are what it does."""

    role: QAccessible.Role
    name: str
    rect: QRectF
    block: BlockLayout | None = None
    hot: Hot | None = None
    link: str = ""


def name_of(item: MessageItem) -> str:
    """Who speaks, and how it begins."""
    record = item.message.record
    who = record.model.name if record is not None else words("Reply")
    who = words("You") if item.message.role is Role.USER else who
    return f"{who}: {' '.join(item.own_text[:120].split())}"


def action_name(hot: Hot) -> str:
    """What a button does, in words."""
    return {
        Action.COPY_MESSAGE: words("Copy the message"),
        Action.COPY_CODE: words("Copy the code"),
        Action.SAVE_CODE: words("Save the code"),
        Action.WRAP_CODE: words("Wrap long lines"),
        Action.RETRY: words("Retry"),
        Action.DETAILS: words("Details"),
        Action.FOLD: words("Reasoning"),
        Action.SCROLL: words("Scroll sideways"),
        Action.OLDER: words("The version before"),
        Action.NEWER: words("The version after"),
        Action.EDIT: words("Edit"),
        Action.CONTINUE: words("Continue"),
        Action.UNPIN: words("Unpin"),
        Action.OPEN_FILE: words("Attached file {0}").format(hot.text),
        Action.MORE: words("More"),
    }[hot.action]


def parts_of(item: MessageItem) -> list[Part]:
    """The parts of a message, in the order of reading."""
    return [part for number in range(len(item.rows)) for part in _parts_of_row(item, number)] + _actions(item)


def button_of(item: MessageItem, action: Action) -> Part | None:
    """The button that does this, if it stands in none of the rows of text, which are not parsed for it."""
    rows = (_parts_of_row(item, number) for number, row in enumerate(item.rows) if not isinstance(row, TextRow))
    parts = chain(chain.from_iterable(rows), _actions(item))
    return next((part for part in parts if part.hot is not None and part.hot.action is action), None)


def count_of(item: MessageItem) -> int:
    """How many parts a message has, as far as it is cut into rows; cheaper than the parts."""
    return sum(map(_count, item.rows[: item.known])) + (len(item.action_hots()) if item.is_whole else 0)


def part_of(item: MessageItem, number: int) -> Part | None:
    """One part of a message; of its text, no more is parsed than what lies before it, or after it.

    Below `WHOLE` they are counted from the last one on: such a number stays the same while a text is cut into rows.
    """
    if number == WHOLE:
        return None
    if number < WHOLE:
        return next(islice(_from_the_last(item), WHOLE - 1 - number, None), None)
    for at, row in enumerate(item.rows[: item.known]):
        parts = _count(row)
        if number < parts:
            return _parts_of_row(item, at)[number]
        number -= parts
    actions = _actions(item) if item.is_whole else []
    return actions[number] if number < len(actions) else None


def _from_the_last(item: MessageItem) -> Iterator[Part]:
    """The parts after what is not cut into rows yet."""
    yield from reversed(_actions(item))
    unread = item.unread
    for number in range(len(item.rows) - 1, -1, -1):
        if item.rows[number] in unread:
            return
        yield from reversed(_parts_of_row(item, number))


def number_of(item: MessageItem, action: Action) -> int:
    """The number of the button that does this, before the text or after it; `WHOLE` if there is none."""
    unread, end = item.unread, len(item.rows)
    text = [at for at, row in enumerate(item.rows) if isinstance(row, TextRow) or row in unread] or [end]
    before = [part for at in range(text[0]) for part in _parts_of_row(item, at)]
    after = [part for at in range(text[-1] + 1, end) for part in _parts_of_row(item, at)] + _actions(item)
    for number, part in chain(enumerate(before), zip(range(WHOLE - len(after), WHOLE), after, strict=True)):
        if part.hot is not None and part.hot.action is action:
            return number
    return WHOLE


def _parts_of_row(item: MessageItem, number: int) -> list[Part]:
    row = item.rows[number]
    if isinstance(row, TextRow):
        at = item.left, item.tops[number]
        parts = _blocks(row, QRectF(0, 0, item.text_width, row.height))
        return [part._replace(rect=part.rect.translated(*at)) for part in parts]
    at = 0.0, item.tops[number]
    parts = [_button(hot) for hot in row.hots()]
    if row.said:
        parts.insert(0, Part(QAccessible.Role.StaticText, row.said, QRectF(0, 0, item.page.width, row.height)))
    return [part._replace(rect=part.rect.translated(*at)) for part in parts]


def _actions(item: MessageItem) -> list[Part]:
    return [_button(hot) for hot in item.action_hots()]


def _button(hot: Hot) -> Part:
    return Part(QAccessible.Role.Button, action_name(hot), hot.rect, hot=hot)


def _count(row: Row) -> int:
    """How many parts a row has."""
    if not isinstance(row, TextRow):
        return bool(row.said) + sum(1 for _ in row.hots())
    blocks = _shown(row)
    links = sum(1 for block in blocks for _ in _linked(block))
    return len(blocks) + links + len(CODE_ACTIONS) * sum(map(_has_buttons, blocks))


def _shown(row: TextRow) -> Sequence[Block]:
    """The blocks as they are laid out; a formula that has just turned out to be broken is still one."""
    return [layout.block for layout, _ in row.layouts] if row.built else row.blocks


def _blocks(row: TextRow, whole: QRectF) -> list[Part]:
    """The blocks of a row, each with its links and buttons; `whole` is the place of what is not laid out."""
    parts: list[Part] = []
    hots = [hot for hot in row.hots() if hot.action is not Action.SCROLL]
    for number, block in enumerate(_shown(row)):
        layout, top = row.layout_of(number)
        if layout is None:
            parts.append(Part(_role(block), spoken(block, block.language), whole))
            links = [(span, whole) for span in _linked(block)]
            buttons = [Hot(whole, action, block.text) for action in CODE_ACTIONS if _has_buttons(block)]
        else:
            area = QRectF(layout.indent, top, layout.width - layout.indent, layout.height)
            label = layout.label if isinstance(layout, CodeLayout) else ""
            parts.append(Part(_role(block), spoken(block, label), area, layout))
            links = [(span, _place_of(span, layout, area)) for span in _linked(block)]
            buttons = [hot for hot in hots if hot.block is layout]
        parts += [Part(_LINK, block.text[span.start : span.end], rect, link=span.href) for span, rect in links]
        parts += map(_button, buttons)
    return parts


def _has_buttons(block: Block) -> bool:
    return block.kind is Kind.CODE and block.opens


def _linked(block: Block) -> Iterator[Span]:
    return (span for span in block.spans if span.style & Style.LINK and span.href)


def _place_of(span: Span, layout: BlockLayout, area: QRectF) -> QRectF:
    rects = (rect for piece in layout.pieces for rect in piece.selection_rects(span.start, span.end))
    first = next(rects, None)
    return area if first is None else first.translated(-layout.shift, area.top())


def _role(block: Block) -> QAccessible.Role:
    if block.containers and block.kind is Kind.PARAGRAPH:
        return QAccessible.Role.ListItem if block.marker else QAccessible.Role.Paragraph
    return _ROLES.get(block.kind, QAccessible.Role.Paragraph)


def spoken(block: Block, label: str) -> str:
    """What is read out of a block; `label` is the name of code's language."""
    if block.kind is Kind.CODE:
        return words("Code in {0}: {1}").format(label, block.text) if label else words("Code: {0}").format(block.text)
    if block.kind is Kind.MATH:
        return words("Formula: {0}").format(block.text)
    text = styled(block, 0, len(block.text), markdown=False)
    return f"{block.marker} {text}" if block.marker else text
