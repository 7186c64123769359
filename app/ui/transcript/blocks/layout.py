"""Blocks on the page: each lays out its own text, paints itself, and answers what is under a point.

Window process, interface thread. A layout is made when its block first comes into view. The last
block of a streaming reply is given its new text through `update`, which keeps what did not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui.markdown.block import Block, Container, Style
from app.ui.transcript.blocks.picture import Picture
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece
from app.ui.transcript.style import ITEM_INDENT, QUOTE_INDENT, PageStyle, indent_of

_MARKER_GAP = 8
_NO_PICTURES: Mapping[str, Picture] = MappingProxyType({})
BAR_HEIGHT = 12.0
_BAR_THICKNESS = 4.0


class Mark(NamedTuple):
    """A stretch of a block's text on a ground of its own."""

    start: int
    end: int
    color: QColor


@dataclass
class Sideways:
    """How a block that may be wider than the column is seen; shared by the pieces of one."""

    offset: float = 0.0
    widest: float = 0.0
    wrapped: bool = False
    numbered: bool = False
    _style: PageStyle | None = None

    def widen(self, width: float, style: PageStyle) -> None:
        """Be as wide as the widest line laid out in this style; those of another size of text count no more."""
        self.widest = max(self.widest, width) if style is self._style else width
        self._style = style


class BlockLayout:
    """A block laid out to a width; coordinates are relative to the column's left and the block's top.

    `pictures` are the formulas that stand in its text, by their source. A block with a `view` may be wider
    than its `room`, and is then seen from the view's offset on.
    """

    def __init__(
        self,
        block: Block,
        style: PageStyle,
        width: float,
        *,
        muted: bool = False,
        pictures: Mapping[str, Picture] = _NO_PICTURES,
        view: Sideways | None = None,
    ) -> None:
        self.block = block
        self.style = style
        self.width = width
        self.muted = muted
        self.pictures = pictures
        self.view = view
        self.indent = min(indent_of(block) * style.zoom, width / 2)
        self.pieces: list[TextPiece] = []
        self.height = 0.0
        self._marker: TextPiece | None = None
        if block.marker:
            self._marker = TextPiece(block.marker, 0, style.face(block, muted=muted), style, UNBOUNDED)
        self.lay_out()

    def lay_out(self) -> None:
        """Make the pieces of the whole block, and the height."""

    def update(self, block: Block) -> float:
        """Show a block of the same kind instead; returns the top of what has to be painted again."""
        self.block = block
        self.pieces.clear()
        self.lay_out()
        return 0.0

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: Sequence[Mark]) -> None:
        """Draw what lies between `top` and `bottom`, in the painter's coordinates, as is `at`."""
        self.paint_ground(painter, at)
        if self._marker is not None:
            self._marker.x = self.indent - _MARKER_GAP - self._marker.natural_width
            self._marker.y = self.text_top
            self._marker.paint(painter, at, top, bottom)
        if self.view is None:
            self.paint_text(painter, at, top, bottom, marks)
            return
        painter.save()
        painter.setClipRect(self.window.translated(at), Qt.ClipOperation.IntersectClip)
        self.paint_text(painter, at - QPointF(self.shift, 0), top, bottom, marks)
        painter.restore()
        if not self.bar.isEmpty():
            self._paint_bar(painter, at)

    def paint_text(self, painter: QPainter, at: QPointF, top: float, bottom: float, marks: Sequence[Mark]) -> None:
        """Draw the text, and what of it is marked."""
        for piece in self.pieces:
            if at.y() + piece.y >= bottom or at.y() + piece.y + piece.height <= top:
                continue
            for start, end, color in marks:
                for rect in piece.selection_rects(start, end):
                    painter.fillRect(rect.translated(at), color)
            piece.paint(painter, at, top, bottom)

    @property
    def room(self) -> float:
        """How wide the part of a wide block is that can be seen."""
        return self.width - self.indent

    @property
    def window(self) -> QRectF:
        """The area in which a wide block is seen."""
        return QRectF(self.indent, 0, self.room, self.height)

    @property
    def most_shift(self) -> float:
        """How far a wide block can be moved."""
        return 0.0 if self.view is None else max(self.view.widest - self.room, 0.0)

    @property
    def shift(self) -> float:
        """How far a wide block is moved to the left."""
        return 0.0 if self.view is None else min(max(self.view.offset, 0.0), self.most_shift)

    @property
    def bar(self) -> QRectF:
        """The area of the scroll bar under a wide block; empty where there is none."""
        if not self.most_shift or not self.block.closes:
            return QRectF()
        return QRectF(self.window.left(), self.height - BAR_HEIGHT, self.room, BAR_HEIGHT)

    def _paint_bar(self, painter: QPainter, at: QPointF) -> None:
        assert self.view is not None
        share, area = self.room / self.view.widest, self.bar.translated(at)
        left = area.left() + self.shift * share
        thumb = QRectF(left, area.center().y() - _BAR_THICKNESS / 2, max(area.width() * share, 24), _BAR_THICKNESS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.style.theme.color("muted"))
        painter.setOpacity(0.6)
        painter.drawRoundedRect(thumb, _BAR_THICKNESS / 2, _BAR_THICKNESS / 2)
        painter.setOpacity(1)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    @property
    def text_top(self) -> float:
        """Where the first line of text begins."""
        return self.pieces[0].y if self.pieces else 0.0

    def paint_ground(self, painter: QPainter, at: QPointF) -> None:
        """Draw what lies under the text."""

    def paint_quote_bars(self, painter: QPainter, at: QPointF, gap: float, shared: int) -> None:
        """Draw the bars of the quotes the block stands in; the first `shared` from `gap` above it on."""
        x = 0.0
        for depth, within in enumerate(self.block.containers):
            if within is Container.QUOTE:
                reach = gap if depth < shared else 0.0
                bar = QRectF(at.x() + x, at.y() - reach, 3, self.height + reach)
                painter.fillRect(bar, self.style.theme.color("border"))
            x += ITEM_INDENT if within is Container.ITEM else QUOTE_INDENT

    def offset_at(self, x: float, y: float) -> int:
        """The offset in the block's text nearest to a point."""
        if not self.pieces:
            return 0
        x += self.shift

        def distance(piece: TextPiece) -> tuple[float, float]:
            return (
                max(piece.y - y, y - piece.y - piece.height, 0.0),
                max(piece.x - x, x - piece.x - piece.width, 0.0),
            )

        return min(self.pieces, key=distance).offset_at(x, y)

    def link_at(self, x: float, y: float) -> str:
        """The address of the link under a point, or nothing."""
        x += self.shift
        for piece in self.pieces:
            if piece.contains(x, y):
                offset = piece.offset_at(x, y)
                spans = (span for span in self.block.spans if span.start <= offset <= span.end)
                return next((span.href for span in spans if span.style & Style.LINK), "")
        return ""

    def is_text_at(self, x: float, y: float) -> bool:
        """Whether there is text under a point."""
        return any(piece.contains(x + self.shift, y) for piece in self.pieces)

    def caret(self) -> QPointF:
        """Where the next character would stand."""
        return self.pieces[-1].caret() - QPointF(self.shift, 0) if self.pieces else QPointF(self.indent, 0)


def rounded(painter: QPainter, rect: QRectF, radius: float, fill: str, border: str, style: PageStyle) -> None:
    """Draw a rounded surface with a hairline around it."""
    painter.setPen(style.theme.color(border) if border else Qt.PenStyle.NoPen)
    painter.setBrush(style.theme.color(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
