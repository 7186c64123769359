"""Which formulas stand in a block, and blocks in which broken ones are shown as their source; pure values, no Qt.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from app.core.chat.typeset_frames import Formula
from app.ui.markdown.block import OBJECT, Block, Kind, Style
from app.ui.markdown.parser import InlineText


def formulas_of(block: Block) -> list[Formula]:
    """The formulas of a block, in order."""
    if block.kind is Kind.MATH:
        return [Formula(block.text, display=True)]
    if OBJECT not in block.text:  # asked of every block at every token: the spans need not be looked at
        return []
    return [Formula(span.href) for span in block.spans if span.style & Style.MATH]


def spelled_out(block: Block, broken: Collection[Formula]) -> Block:
    """The block with the source of each broken formula in its place."""
    found = formulas_of(block)
    if not any(formula in broken for formula in found):
        return block
    if block.kind is Kind.MATH:
        return replace(block, kind=Kind.CODE, language="latex")
    made, at = InlineText(), 0
    for span in block.spans:
        made.add(block.text[at : span.start])
        lost = span.style & Style.MATH and Formula(span.href) in broken
        style = span.style & ~Style.MATH | Style.CODE if lost else span.style
        made.add(f"${span.href}$" if lost else block.text[span.start : span.end], style, "" if lost else span.href)
        at = span.end
    made.add(block.text[at:])
    return replace(block, text=made.text, spans=tuple(made.spans))
