"""Tables as grids: columns as wide as their cells ask for, narrowed together where the page is narrower.

Window process, interface thread. Columns that would become too narrow to be read make the table wider than
the page; it is then seen by moving sideways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from app.ui.markdown.block import Block, Span
from app.ui.transcript.blocks.layout import BAR_HEIGHT, BlockLayout, Mark, Sideways, rounded
from app.ui.transcript.blocks.picture import Picture
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece
from app.ui.transcript.style import PageStyle

_PADDING_X = 12.0
_PADDING_Y = 6.0
_LEAST_COLUMN = 48.0
_READABLE_COLUMN = 132.0
_WIDEST_COLUMN = 280.0
_RADIUS = 8.0


class _Cell(NamedTuple):
    """A cell's text, where it starts in the block's, and its spans."""

    start: int
    text: str
    spans: tuple[Span, ...]


class TableLayout(BlockLayout):
    """A head row and its rows."""

    view: Sideways

    def __init__(
        self,
        block: Block,
        style: PageStyle,
        width: float,
        *,
        view: Sideways,
        pictures: Mapping[str, Picture],
        muted: bool = False,
    ) -> None:
        self._rows: list[list[_Cell]] = []
        self._natural: list[list[float]] = []
        self._plain: dict[str, float] = {}
        self._widths: list[float] = []
        self._row_tops: list[float] = [0.0]
        self._column_lefts: list[float] = []
        super().__init__(block, style, width, muted=muted, pictures=pictures, view=view)

    def lay_out(self) -> None:
        """Measure every cell once, share out the width, and lay the cells out."""
        self._flow(0)

    def update(self, block: Block) -> float:
        """Keep the rows that are as before, unless a column's width changes."""
        before, self.block = self._rows, block
        return self._flow(sum(1 for _ in takewhile(_same, zip(before, self._cells(), strict=False))))

    def _flow(self, kept: int) -> float:
        """Lay out all but the first rows; returns from where on the table looks different, old corners included."""
        self._rows = self._cells()
        self._natural[kept:] = [self._measure(row) for row in self._rows[kept:]]
        columns = max(len(row) for row in self._natural)
        wanted = [max(row[column] for row in self._natural if column < len(row)) for column in range(columns)]
        zoom = self.style.zoom
        asked = [max(ceil(width) + 2 * _PADDING_X + 1, _LEAST_COLUMN) for width in wanted]
        readable = [min(width, _READABLE_COLUMN * zoom) for width in asked]
        widest = [min(width, _WIDEST_COLUMN * zoom) for width in asked]
        widths = _shared_out(asked, self.room) if sum(readable) <= self.room else widest
        if widths != self._widths:
            self._widths, kept = widths, 0
            self._column_lefts = [self.indent + left for left in accumulate(widths, initial=0.0)]
        del self._row_tops[kept + 1 :]
        del self.pieces[sum(len(row) for row in self._rows[:kept]) :]
        for row in self._rows[kept:]:
            self._add_row(row)
        self.view.widest = sum(self._widths)
        self.height = self._row_tops[-1] + (BAR_HEIGHT if self.most_shift else 0.0)
        return max(self._row_tops[kept] - _RADIUS - 1, 0.0)

    def _add_row(self, row: list[_Cell]) -> None:
        height = 0.0
        for column, cell in enumerate(row):
            align = self.block.aligns[column] if column < len(self.block.aligns) else ""
            piece = self._piece(cell, self._widths[column] - 2 * _PADDING_X, align)
            piece.x, piece.y = self._column_lefts[column] + _PADDING_X, self._row_tops[-1] + _PADDING_Y
            self.pieces.append(piece)
            height = max(height, piece.height)
        self._row_tops.append(self._row_tops[-1] + height + 2 * _PADDING_Y)

    def caret(self) -> QPointF:
        """After the last cell that has any text."""
        written = next((piece for piece in reversed(self.pieces) if piece.text), self.pieces[-1])
        return written.caret() - QPointF(self.shift, 0)

    def _cells(self) -> list[list[_Cell]]:
        rows, start, spans, at = [], 0, self.block.spans, 0
        for line in self.block.text.split("\n"):
            row = []
            for text in line.split("\t"):
                end, first = start + len(text), at
                while at < len(spans) and spans[at].start < end:
                    at += 1
                row.append(_Cell(start, text, spans[first:at]))
                start = end + 1
            rows.append(row)
        return rows

    def _measure(self, row: list[_Cell]) -> list[float]:
        return [self._natural_width(cell) for cell in row]

    def _natural_width(self, cell: _Cell) -> float:
        """Equal cells are as wide, and tables are full of them."""
        if not cell.spans and cell.text in self._plain:
            return self._plain[cell.text]
        width = self._piece(cell, UNBOUNDED, "", natural=False).natural_width
        if not cell.spans:
            self._plain[cell.text] = width
        return width

    def _piece(self, cell: _Cell, width: float, align: str, *, natural: bool = True) -> TextPiece:
        face = self.style.face(self.block, muted=self.muted)
        return TextPiece(
            cell.text,
            cell.start,
            face,
            self.style,
            width,
            spans=cell.spans,
            pictures=self.pictures,
            align=align,
            natural=natural and not align,
        )

    def paint_text(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: Sequence[Mark]) -> None:
        """Draw the grid under the cells, since both move."""
        self._paint_grid(painter, at)
        super().paint_text(painter, at, top, bottom, marks)

    def _paint_grid(self, painter: QPainter, at: QPointF) -> None:
        left, right = self._column_lefts[0], self._column_lefts[-1]
        area = QRectF(at.x() + left, at.y(), right - left, self._row_tops[-1]).adjusted(0.5, 0.5, -0.5, -0.5)
        head = QPainterPath()
        head.addRoundedRect(area, _RADIUS, _RADIUS)
        below = QPainterPath()
        below.addRect(QRectF(area.left(), at.y() + self._row_tops[1], area.width(), self.height))
        painter.fillPath(head.subtracted(below), self.style.theme.color("code"))
        border = self.style.theme.color("border")
        for top in self._row_tops[1:-1]:
            painter.fillRect(QRectF(area.left(), at.y() + top, area.width(), 1), border)
        for column in self._column_lefts[1:-1]:
            painter.fillRect(QRectF(at.x() + column, area.top(), 1, area.height()), border)
        rounded(painter, area, _RADIUS, "", "border", self.style)


def _shared_out(wanted: list[float], available: float) -> list[float]:
    """Narrow the widest columns alike until all fit; narrow ones keep what they asked for."""
    if sum(wanted) <= available:
        return wanted
    widths, left = dict(enumerate(wanted)), available
    result = [0.0] * len(wanted)
    while widths:
        share = left / len(widths)
        modest = [column for column, width in widths.items() if width <= share]
        for column in modest:
            result[column] = widths.pop(column)
            left -= result[column]
        if not modest:
            for column in widths:
                result[column] = share
            break
    return result


def _same(pair: tuple[list[_Cell], list[_Cell]]) -> bool:
    return pair[0] == pair[1]
