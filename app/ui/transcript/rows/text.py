"""A row of text: blocks one under the other, made from a few chunks of source.

Window process, interface thread. A row knows its height roughly until it comes into view, and is
laid out then; it can be released again, and keeps its height.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile
from math import ceil
from typing import Protocol

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from app.ui.markdown.block import Block, Kind
from app.ui.transcript.blocks.code import NUMBERED_FROM, CodeLayout
from app.ui.transcript.blocks.formula import FormulaLayout
from app.ui.transcript.blocks.layout import BlockLayout, Mark, Sideways
from app.ui.transcript.blocks.paragraph import RuleLayout, TextLayout
from app.ui.transcript.blocks.table import TableLayout
from app.ui.transcript.rows.formulas import RowFormulas
from app.ui.transcript.rows.row import Action, Hot, Page, Place, Row, stretch_of
from app.ui.transcript.style import gap_between

_CHARACTER_WIDTH = 7.6
_LINE_ESTIMATE = 24.0
_GAP_ESTIMATE = 16.0
CODE_ACTIONS = (Action.COPY_CODE, Action.SAVE_CODE, Action.WRAP_CODE)


class Content(Protocol):
    """Where a row has its blocks from."""

    @property
    def source(self) -> str:
        """The text they are made from."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks; the first call may parse."""


def estimated_height(source: str, width: float) -> float:
    """About how tall a text will be."""
    lines = source.count("\n") + len(source) * _CHARACTER_WIDTH / max(width, 1.0)
    return ceil(max(1.0, lines) * _LINE_ESTIMATE + _GAP_ESTIMATE)


class TextRow(Row):
    """Blocks one under the other."""

    def __init__(
        self,
        content: Content,
        above: TextRow | None,
        *,
        width: float,
        muted: bool = False,
        code: TextRow | None = None,
    ) -> None:
        """`code` is the row that ends with the code of which this one begins with a further piece."""
        self.content = content
        self._code = code
        self._above = above
        self._muted = muted
        self._shown: tuple[Block, ...] | None = None
        self._layouts: list[BlockLayout] = []
        self._tops: list[float] = []
        self._page: Page | None = None
        self._width = width
        self._views: dict[int, Sideways] = {}
        self._formulas: RowFormulas | None = None
        super().__init__(estimated_height(content.source, width))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is shown: formulas that cannot be drawn as their source."""
        blocks = self.content.blocks if self._shown is None else self._shown
        return blocks if self._formulas is None else self._formulas.shown(blocks)

    @property
    def layouts(self) -> Iterator[tuple[BlockLayout, float]]:
        """The blocks laid out, each with its top."""
        return zip(self._layouts, self._tops, strict=True)

    def layout_of(self, number: int) -> tuple[BlockLayout | None, float]:
        """One block laid out, with its top, if it is."""
        return (self._layouts[number], self._tops[number]) if number < len(self._layouts) else (None, 0.0)

    @property
    def last_block(self) -> Block | None:
        """The block that a following row stands under."""
        if self.blocks:
            return self.blocks[-1]
        return None if self._above is None else self._above.last_block

    @property
    def natural_width(self) -> float:
        """How wide the widest line is."""
        return max((piece.natural_width for layout in self._layouts for piece in layout.pieces), default=0.0)

    def build(self, page: Page, width: float) -> None:
        """Lay out every block."""
        self._page, self._width = page, width
        self._ask_for_formulas(page)
        self._layouts = [self._layout(number, block) for number, block in enumerate(self.blocks)]
        self.built, self.stale = True, False
        self._stack(0)

    def _ask_for_formulas(self, page: Page) -> None:
        if self._formulas is None:
            self._formulas = RowFormulas()
        self._formulas.ask(self.blocks, page.typeset, partial(self._formula_has_come, page))

    def _formula_has_come(self, page: Page) -> None:
        if self.built:
            self.stale = True
            page.changed()

    def view_of(self, number: int) -> Sideways:
        """How a wide block is seen; a piece of code as the first one."""
        blocks = self.blocks
        while number and not blocks[number].opens:
            number -= 1
        block = blocks[number]
        if not block.opens and self._code is not None:
            return self._code.view_of(len(self._code.blocks) - 1)
        if number not in self._views:
            numbered = block.kind is Kind.CODE and block.text.count("\n") + 1 >= NUMBERED_FROM
            self._views[number] = Sideways(numbered=numbered)
        return self._views[number]

    def release(self) -> None:
        """Forget the layouts."""
        super().release()
        self._layouts, self._tops = [], []

    def show(self, content: Content, blocks: tuple[Block, ...] | None) -> float:
        """Show other blocks, keeping what is equal; returns the top of what has to be painted again."""
        if self._page is None or not self.built:
            self.content, self._shown = content, blocks
            self.height = estimated_height(content.source, self._width)
            return 0.0
        before = self.blocks
        self.content, self._shown = content, blocks
        self._ask_for_formulas(self._page)
        after = self.blocks
        same = sum(1 for _ in takewhile(_are_same, zip(before, after, strict=False)))
        top = self._tops[same] if same < len(self._tops) else self.height
        kept = self._layouts[same] if same < len(self._layouts) and same < len(after) else None
        del self._layouts[same:]
        if kept is not None and _is_growth(before[same], after[same]):
            top += kept.update(after[same])
            self._layouts.append(kept)
        made = len(self._layouts)
        self._layouts += [self._layout(number, block) for number, block in enumerate(after[made:], made)]
        self._stack(same)
        if blocks is None:
            self._color_ends()
        return top

    def _color_ends(self) -> None:
        """Colour the last line of code, now that it is known to have ended."""
        for layout in self._layouts:
            if isinstance(layout, CodeLayout):
                layout.ask_for_colors()

    def _layout(self, number: int, block: Block) -> BlockLayout:
        assert self._page is not None and self._formulas is not None
        page, style, width, muted = self._page, self._page.style, self._width, self._muted
        pictures = self._formulas.pictures_in(block)
        match block.kind:
            case Kind.CODE:
                view = self.view_of(number)
                return CodeLayout(
                    block, style, width, muted=muted, view=view, typeset=page.typeset, recolored=page.recolored
                )
            case Kind.TABLE:
                return TableLayout(block, style, width, muted=muted, view=self.view_of(number), pictures=pictures)
            case Kind.MATH:
                return FormulaLayout(block, style, width, muted=muted, view=self.view_of(number), pictures=pictures)
            case Kind.RULE:
                return RuleLayout(block, style, width)
            case _:
                return TextLayout(block, style, width, muted=muted, pictures=pictures)

    def _stack(self, start: int) -> None:
        del self._tops[start:]
        bottom = self._tops[-1] + self._layouts[start - 1].height if start else 0.0
        for at in range(start, len(self._layouts)):
            top = bottom + self.gap_above(at)
            self._tops.append(top)
            bottom = top + self._layouts[at].height
        self.height = bottom

    def gap_above(self, at: int) -> float:
        """The space over a block."""
        if at:
            return gap_between(self.blocks[at - 1], self.blocks[at])
        return gap_between(None if self._above is None else self._above.last_block, self.blocks[at])

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw without marks."""
        self.paint_marked(painter, at, top, bottom, None, ())

    def paint_marked(
        self,
        painter: QPainter,
        at: QPointF,
        top: float,
        bottom: float,
        selected: tuple[Place, Place] | None,
        found: Sequence[tuple[Place, int, bool]],
    ) -> None:
        """Draw the blocks in view with what is selected and found: from where to where, and if it is current."""
        for number, (layout, y) in enumerate(self.layouts):
            origin = QPointF(at.x(), at.y() + y)
            if origin.y() + layout.height <= top:
                continue
            gap = self.gap_above(number) if layout.block.containers else 0.0
            if origin.y() - gap >= bottom:
                break
            if layout.block.containers:
                layout.paint_quote_bars(painter, origin, gap, self._shared_containers(number))
            marks = [
                Mark(place.offset, end, layout.style.found_current if current else layout.style.found)
                for place, end, current in found
                if place.block == number
            ]
            marked = None if selected is None else stretch_of(selected, number, len(layout.block.text))
            if marked is not None:
                marks.append(Mark(*marked, layout.style.selection))
            layout.paint(painter, origin, top, bottom, marks)

    def _shared_containers(self, at: int) -> int:
        """In how many containers a block stands together with the one above it."""
        block = self.blocks[at]
        pairs = zip(self.blocks[at - 1].containers, block.containers, strict=False) if at and not block.apart else ()
        return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))

    def hots(self) -> Iterator[Hot]:
        """The buttons of code, and the scroll bars of wide blocks."""
        for layout, y in self.layouts:
            if isinstance(layout, CodeLayout) and layout.block.opens:
                for rect, action in zip(layout.button_rects(), CODE_ACTIONS, strict=True):
                    yield Hot(rect.translated(0, y), action, layout.block.text, layout)
            if not layout.bar.isEmpty():
                yield Hot(layout.bar.translated(0, y), Action.SCROLL, block=layout)

    def wide_at(self, y: float) -> BlockLayout | None:
        """The block at a height, if it can be moved sideways."""
        layout = self._layouts[self._block_at(y)] if self._layouts else None
        return layout if layout is not None and layout.most_shift else None

    def place_at(self, x: float, y: float) -> Place:
        """The place nearest to a point of the row."""
        if not self._layouts:
            return Place(0, 0)
        number = self._block_at(y)
        return Place(number, self._layouts[number].offset_at(x, y - self._tops[number]))

    def link_at(self, x: float, y: float) -> str:
        """The address under a point of the row, or nothing."""
        number = self._block_at(y)
        return self._layouts[number].link_at(x, y - self._tops[number]) if self._layouts else ""

    def is_text_at(self, x: float, y: float) -> bool:
        """Whether there is text under a point of the row."""
        number = self._block_at(y)
        return bool(self._layouts) and self._layouts[number].is_text_at(x, y - self._tops[number])

    def top_at(self, place: Place) -> float:
        """Where in the row the line of a place begins."""
        if place.block >= len(self._layouts):
            return 0.0
        layout = self._layouts[place.block]
        piece = next((p for p in reversed(layout.pieces) if p.start <= place.offset), None)
        return self._tops[place.block] + (0.0 if piece is None else piece.line_top(min(place.offset, piece.end)))

    def left_at(self, place: Place) -> float:
        """How far from the column's left a place is."""
        if place.block >= len(self._layouts):
            return 0.0
        layout = self._layouts[place.block]
        piece = next((p for p in reversed(layout.pieces) if p.start <= place.offset), None)
        return layout.indent if piece is None else piece.left_of(place.offset) - layout.shift

    def _block_at(self, y: float) -> int:
        return max((number for number, top in enumerate(self._tops) if top <= y), default=0)

    @property
    def end(self) -> Place:
        """The place after the last character."""
        return Place(len(self.blocks) - 1, len(self.blocks[-1].text)) if self.blocks else Place(0, 0)

    def caret(self) -> QPointF:
        """Where the next character would stand."""
        if not self._layouts:
            return QPointF(0, self.height)
        return self._layouts[-1].caret() + QPointF(0, self._tops[-1])


def _are_same(pair: tuple[Block, Block]) -> bool:
    """Mostly one object twice, which need not be compared."""
    return pair[0] is pair[1] or pair[0] == pair[1]


def _is_growth(old: Block, new: Block) -> bool:
    """Whether one layout can show both."""
    return (
        old.kind is new.kind
        and old.containers == new.containers
        and (old.level, old.marker, old.language) == (new.level, new.marker, new.language)
        and (old.opens, old.aligns) == (new.opens, new.aligns)
    )
