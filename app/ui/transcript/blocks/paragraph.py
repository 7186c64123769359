"""Running text as pieces one under the other, of which a growing one lays out the last only; and rules.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.ui.markdown.block import Block, Span
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece

# Lines of the last piece before it is split, and those that may still change when text is added.
_MOST_LINES = 3
_LOOSE_LINES = 2
_PIECE_CHARACTERS = 1200
_RULE_HEIGHT = 17.0


class TextLayout(BlockLayout):
    """A paragraph or a heading: pieces one under the other."""

    def lay_out(self) -> None:
        """Lay out the whole text in bounded pieces, so that a monster costs no more per character."""
        self._flow(0, growing=False)

    def update(self, block: Block) -> float:
        """Keep the pieces whose text and spans are as before; lay out the rest."""
        before, self.block = self.block, block
        same = _common_length(before.text, block.text)
        for old, new in zip(before.spans, block.spans, strict=False):
            if old != new:
                same = min(same, old.start, new.start)
                break
        else:
            fewer = min(len(before.spans), len(block.spans))
            same = min([same, *(span.start for span in (before.spans[fewer:] + block.spans[fewer:])[:1])])
        top = self._line_top(same)
        while self.pieces and (self.pieces[-1].end > same or self.pieces[-1].end == len(before.text)):
            self.pieces.pop()
        self._flow(self.pieces[-1].end if self.pieces else 0, growing=True)
        return min(top, self._line_top(same))

    def _line_top(self, offset: int) -> float:
        """The top of the line on which an offset stands."""
        piece = next((piece for piece in reversed(self.pieces) if piece.start <= offset), self.pieces[0])
        return piece.line_top(offset)

    def _flow(self, start: int, *, growing: bool) -> None:
        text = self.block.text
        while start < len(text) or not self.pieces:
            piece = self._piece(start, min(len(text), start + _PIECE_CHARACTERS))
            last = piece.end >= len(text)
            most = _MOST_LINES if growing and last else UNBOUNDED if last else 0
            if piece.line_count > max(most, _LOOSE_LINES):
                piece = self._piece(start, piece.line_start(piece.line_count - _LOOSE_LINES))
            piece.x = self.indent
            piece.y = self.pieces[-1].y + self.pieces[-1].height if self.pieces else 0.0
            self.pieces.append(piece)
            start = piece.end
        self.height = self.pieces[-1].y + self.pieces[-1].height

    def _piece(self, start: int, end: int) -> TextPiece:
        spans: list[Span] = [span for span in self.block.spans if span.start < end and span.end > start]
        face = self.style.face(self.block, muted=self.muted)
        width = self.width - self.indent
        text = self.block.text[start:end]
        return TextPiece(text, start, face, self.style, width, spans=spans, pictures=self.pictures)


class RuleLayout(BlockLayout):
    """A line across the column."""

    def lay_out(self) -> None:
        """It has a height and nothing else."""
        self.height = _RULE_HEIGHT

    def paint_ground(self, painter: QPainter, at: QPointF) -> None:
        """Draw the line."""
        line = QRectF(at.x() + self.indent, at.y() + _RULE_HEIGHT // 2, self.width - self.indent, 1)
        painter.fillRect(line, self.style.theme.color("border"))


def _common_length(one: str, other: str) -> int:
    if other.startswith(one):
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
