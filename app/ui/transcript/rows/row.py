"""What a message is made of, from top to bottom: rows; and what can be clicked in them.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.ui.transcript.blocks.code import CodeLayout
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.style import PageStyle
from app.ui.transcript.typesetting import Typeset


class Action(Enum):
    """What a click on a part of the transcript does."""

    COPY_MESSAGE = "copy message"
    COPY_CODE = "copy code"
    SAVE_CODE = "save code"
    WRAP_CODE = "wrap code"
    SCROLL = "scroll sideways"
    RETRY = "retry"
    DETAILS = "details"
    FOLD = "fold"
    OLDER = "the branch before"
    NEWER = "the branch after"
    EDIT = "edit"
    CONTINUE = "continue"
    OPEN_FILE = "open an attached file"
    UNPIN = "unpin"
    MORE = "more"


class Branch(NamedTuple):
    """Which one a message is of those at its place, counted from 1, and how many there are."""

    number: int
    total: int


Branches = Mapping[int, Branch]


class Hot(NamedTuple):
    """An area that can be clicked; `block` is what it belongs to, `text` what a copy takes.

    `number` tells those apart that do the same.
    """

    rect: QRectF
    action: Action
    text: str = ""
    block: BlockLayout | None = None
    number: int = 0


class Place(NamedTuple):
    """A place in a row's text: a block, and an offset in it."""

    block: int
    offset: int


def stretch_of(selected: tuple[Place, Place], block: int, length: int) -> tuple[int, int] | None:
    """The selected part of one block of a row, as offsets; None where nothing of it is selected."""
    first, last = selected
    if not first.block <= block <= last.block:
        return None
    start = first.offset if block == first.block else 0
    end = last.offset if block == last.block else length + 1
    return (start, end) if start < end else None


@dataclass
class Page:
    """What all rows share; the column is `width` wide.

    `recolored` is told of code that looks different from a height of it on, `changed` that a row has to be
    laid out anew. `branches` is for messages that have others at their place, `costs` says what a message takes of the
    context, as far as somebody has asked.
    """

    style: PageStyle
    width: float
    typeset: Typeset
    recolored: Callable[[CodeLayout, float], None]
    changed: Callable[[], None]
    branches: Branches = field(default_factory=dict)
    costs: dict[int, str] = field(default_factory=dict)


class Row:
    """A part of a message, across the column."""

    def __init__(self, height: float = 0.0) -> None:
        self.height = height
        self.built = False
        self.stale = False

    @property
    def said(self) -> str:
        """What a screen reader reads of a row that is not the message's own text."""
        return ""

    def build(self, page: Page, width: float) -> None:
        """Lay out, and learn the height; a mere space has one from the beginning."""
        self.built = True

    def release(self) -> None:
        """Forget the layout, but not the height."""
        self.built = False

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw what lies between `top` and `bottom`, in the painter's coordinates, as is `at`."""

    def hots(self) -> Iterator[Hot]:
        """What can be clicked, in the row's coordinates."""
        return iter(())
