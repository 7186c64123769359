"""Blocks of styled text, as they are laid out; pure values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntFlag
from typing import NamedTuple

BULLETS = "•◦▪"
TASK_OPEN, TASK_DONE = "☐", "☑"
OBJECT = "\ufffc"
"""Stands in a block's text for a formula, whose source is its span's."""


class Style(IntFlag):
    """How a stretch of text differs from its block's own look."""

    PLAIN = 0
    BOLD = 1
    ITALIC = 2
    STRIKE = 4
    CODE = 8
    LINK = 16
    MATH = 32
    NOTE = 64


class Span(NamedTuple):
    """`text[start:end]` of a block is drawn in this style; `href` is a link's target or a formula's source."""

    start: int
    end: int
    style: Style
    href: str = ""


class Kind(Enum):
    """What a block is drawn as."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CODE = "code"
    TABLE = "table"
    RULE = "rule"
    MATH = "math"
    FOOTNOTE = "footnote"


class Container(Enum):
    """What a block stands in, from the outside in."""

    QUOTE = "quote"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a page.

    A table's text has its cells apart by tabs and its rows by line breaks, the first row being the
    head; `aligns` holds "", "left", "center" or "right" per column. `marker` is a list item's, on
    its first block. `apart` shares no quote with the block before, `tight` follows it without a gap of a
    paragraph, `continued` without any. Code that is long comes in pieces, of which the first `opens` and
    the last `closes`; `first_line` is the number of a piece's first line in the whole.
    """

    kind: Kind
    text: str = ""
    spans: tuple[Span, ...] = ()
    level: int = 0
    containers: tuple[Container, ...] = ()
    marker: str = ""
    apart: bool = False
    tight: bool = False
    continued: bool = False
    language: str = ""
    opens: bool = True
    closes: bool = True
    first_line: int = 1
    aligns: tuple[str, ...] = ()
