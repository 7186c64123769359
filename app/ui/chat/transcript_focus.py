"""What the keyboard and a screen reader go to: messages, and the parts of one that is laid out.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible

from app.core.messages import Role
from app.ui.chat.blocks import BlockLayout
from app.ui.chat.blocks_code import CodeLayout
from app.ui.chat.markdown import Block, Kind, Style
from app.ui.chat.transcript_items import MessageItem
from app.ui.chat.transcript_rows import Action, Hot
from app.ui.chat.transcript_selection import styled
from app.ui.chat.transcript_text import TextRow
from app.ui.chat.transcript_words import words

_ROLES = {
    Kind.HEADING: QAccessible.Role.Heading,
    Kind.CODE: QAccessible.Role.Document,
    Kind.TABLE: QAccessible.Role.Table,
    Kind.RULE: QAccessible.Role.Separator,
    Kind.MATH: QAccessible.Role.Equation,
    Kind.FOOTNOTE: QAccessible.Role.Note,
}


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
        Action.OPEN_FILE: words("Attached file {0}").format(hot.text),
        Action.MORE: words("More"),
    }[hot.action]


def parts_of(item: MessageItem) -> list[Part]:
    """The parts of a message that are laid out, in the order of reading."""
    parts: list[Part] = []
    for number, row in enumerate(item.rows):
        left = item.left if isinstance(row, TextRow) else 0.0
        at = left, item.tops[number]
        if isinstance(row, TextRow):
            for layout, top in row.layouts:
                area = QRectF(layout.indent, top, layout.width - layout.indent, layout.height).translated(*at)
                parts.append(Part(_role(layout.block), text_of_block(layout), area, layout))
                parts += _links(layout, area)
        for hot in row.hots():
            if hot.action is not Action.SCROLL:
                parts.append(Part(QAccessible.Role.Button, action_name(hot), hot.rect.translated(*at), hot=hot))
    parts += [Part(QAccessible.Role.Button, action_name(hot), hot.rect, hot=hot) for hot in item.action_hots()]
    return parts


def _role(block: Block) -> QAccessible.Role:
    if block.containers and block.kind is Kind.PARAGRAPH:
        return QAccessible.Role.ListItem if block.marker else QAccessible.Role.Paragraph
    return _ROLES.get(block.kind, QAccessible.Role.Paragraph)


def text_of_block(layout: BlockLayout) -> str:
    """What is read out of a block."""
    block = layout.block
    text = block.text if block.kind in (Kind.CODE, Kind.MATH) else styled(block, 0, len(block.text), markdown=False)
    if isinstance(layout, CodeLayout):
        return words("Code in {0}: {1}").format(layout.label, text) if layout.label else words("Code: {0}").format(text)
    if block.kind is Kind.MATH:
        return words("Formula: {0}").format(text)
    return f"{block.marker} {text}" if block.marker else text


def _links(layout: BlockLayout, area: QRectF) -> Iterator[Part]:
    for span in layout.block.spans:
        if span.style & Style.LINK and span.href:
            rects = [rect for piece in layout.pieces for rect in piece.selection_rects(span.start, span.end)]
            if rects:
                place = rects[0].translated(area.left() - layout.indent - layout.shift, area.top())
                yield Part(QAccessible.Role.Link, layout.block.text[span.start : span.end], place, link=span.href)
