"""Code on its own surface: one piece of text per line, so that a growing block lays out its last line only.

Window process, interface thread. Long code is several blocks, drawn as one surface. Its colours come from
the typesetting child when they are ready; lines that are too long are seen by moving sideways, or wrapped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import takewhile

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from app.core.chat.typeset_frames import Code, Drawn, Tint, Tinted
from app.ui.markdown.block import Block
from app.ui.transcript.blocks.layout import BAR_HEIGHT, BlockLayout, Sideways, rounded
from app.ui.transcript.blocks.piece import UNBOUNDED, TextPiece
from app.ui.transcript.style import RADIUS, PageStyle
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.words import words

PADDING = 16.0
NUMBERED_FROM = 20
_DIGITS = 4
# A line with more colours than this is no code that anybody reads, and would be slow to lay out.
_MOST_TINTS = 250
_HEAD_PADDING = 10.0
_BUTTON_GAP = 20.0
_BAR_GAP = 4.0


class CodeLayout(BlockLayout):
    """A fenced or indented block of code, or a part of one."""

    view: Sideways

    def __init__(
        self,
        block: Block,
        style: PageStyle,
        width: float,
        *,
        view: Sideways,
        typeset: Typeset,
        recolored: Callable[[CodeLayout, float], None],
        muted: bool = False,
    ) -> None:
        self._tints: tuple[Tint, ...] = ()
        self._tinted = 0
        self._wanted = 0
        self._asked = self._asking = False
        self._changed_top = 0.0
        self._language = block.language
        self.label = block.language
        self.suffix = ".txt"
        self._typeset = typeset
        self._recolored = recolored
        self._head = style.small.line_height + 2 * _HEAD_PADDING
        self.buttons: dict[str, TextPiece] = {}
        super().__init__(block, style, width, muted=muted, view=view)
        if block.opens:
            self._add_buttons()
        self.ask_for_colors()

    def _add_buttons(self) -> None:
        x = self.width - PADDING
        for label in (words("Copy"), words("Save"), words("Unwrap") if self.view.wrapped else words("Wrap")):
            piece = TextPiece(label, 0, self.style.small, self.style, UNBOUNDED)
            x -= piece.natural_width
            piece.x, piece.y = x, _HEAD_PADDING
            self.buttons[label] = piece
            x -= _BUTTON_GAP

    def button_rects(self) -> list[QRectF]:
        """Where Copy, Save and Wrap can be clicked, in this order."""
        reach = _BUTTON_GAP / 2
        return [QRectF(p.x - reach, 0, p.natural_width + 2 * reach, self._head) for p in self.buttons.values()]

    @property
    def room(self) -> float:
        """Between the paddings, beside the numbers."""
        return max(self.width - self.indent - 2 * PADDING - self._gutter, 40.0)

    @property
    def window(self) -> QRectF:
        """Where the lines are seen."""
        return QRectF(self.indent + PADDING + self._gutter, 0, self.room + PADDING - 1, self.height)

    @property
    def _gutter(self) -> float:
        digit = QFontMetricsF(self.style.code.font).horizontalAdvance("0")
        return round(digit * _DIGITS) if self.view.numbered else 0.0

    def lay_out(self) -> None:
        """One piece per line."""
        self._count_lines()
        self._flow(0)

    def update(self, block: Block) -> float:
        """Keep the lines that are as before; ask for the colours of new ones."""
        before, self.block = self.block, block
        if self._count_lines():
            self.pieces.clear()
        while self.pieces and (
            self.pieces[-1].end >= len(before.text)
            or not block.text.startswith(self.pieces[-1].text, self.pieces[-1].start)
        ):
            self.pieces.pop()
        top = self.pieces[-1].y + self.pieces[-1].height if self.pieces else 0.0
        if not block.text.startswith(before.text[: self._tinted]):
            self._tints, self._tinted, self._wanted = (), 0, 0
        self._flow(self.pieces[-1].end if self.pieces else 0)
        self._changed_top = top
        if "\n" in block.text[self._tinted :]:
            self.ask_for_colors(block.text.rfind("\n") + 1)
        return self._changed_top

    def _count_lines(self) -> bool:
        """Whether the numbers beside the lines have come."""
        if not self.block.opens or self.view.numbered or self.block.text.count("\n") + 1 < NUMBERED_FROM:
            return False
        self.view.numbered = True
        return True

    def ask_for_colors(self, end: int | None = None) -> None:
        """Have the code coloured up to an offset; all of it without one."""
        self._wanted = max(self._wanted, len(self.block.text) if end is None else end)
        text = self.block.text[: self._wanted]
        if self._language and not self._asked and len(text) > self._tinted:
            self._asked = self._asking = True
            self._typeset(Code(text, self._language), partial(self._take, text))
            self._asking = False

    def _take(self, text: str, result: Tinted | Drawn | None) -> None:
        self._asked = False
        if not isinstance(result, Tinted) or not result.language:
            self._language = ""
            return
        if self.block.text.startswith(text):
            self.label, self.suffix, self._tinted = result.language, result.suffix, len(text)
            known, self._tints = self._tints, result.tints
            self._recolor(known)
        self.ask_for_colors(self._wanted)

    def _recolor(self, known: tuple[Tint, ...]) -> None:
        """Lay the lines out again from the first one that has other colours."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(known, self._tints, strict=False)))
        changed = (*known[same : same + 1], *self._tints[same : same + 1])
        if not changed:
            return
        start = min(tint.start for tint in changed)
        while self.pieces and self.pieces[-1].end > start:
            self.pieces.pop()
        top = self.pieces[-1].y + self.pieces[-1].height if self.pieces and known else 0.0
        self._flow(self.pieces[-1].end if self.pieces else 0)
        if self._asking:
            self._changed_top = min(self._changed_top, top)
        else:
            self._recolored(self, top)

    def _flow(self, start: int) -> None:
        text, tints = self.block.text, self._tints
        y = self.pieces[-1].y + self.pieces[-1].height if self.pieces else self._head if self.block.opens else 0.0
        at = next((number for number, tint in enumerate(tints) if tint.end > start), len(tints))
        width = self.room if self.view.wrapped else UNBOUNDED
        while start < len(text) or not self.pieces:
            end = text.find("\n", start) + 1 or len(text)
            first = at
            while at < len(tints) and tints[at].start < end:
                at += 1
            inside = tints[first:at]
            at -= bool(inside) and inside[-1].end > end
            shown = inside if len(inside) <= _MOST_TINTS else ()
            piece = TextPiece(text[start:end], start, self.style.code, self.style, width, tints=shown, natural=False)
            piece.x, piece.y = self.indent + PADDING + self._gutter, y
            y += piece.height
            self.pieces.append(piece)
            if not self.view.wrapped:
                self.view.widen(piece.natural_width, self.style)
            start = end
        foot = BAR_HEIGHT + (_BAR_GAP if self.most_shift else 0.0)
        self.height = y + (foot if self.block.closes else 0.0)

    @property
    def most_shift(self) -> float:
        """Wrapped lines are never too long."""
        return 0.0 if self.view.wrapped else super().most_shift

    def paint_ground(self, painter: QPainter, at: QPointF) -> None:
        """Draw this part of the surface, its head, and the numbers."""
        area = QRectF(at.x() + self.indent, at.y(), self.width - self.indent, self.height)
        surface = area.adjusted(0.5, 0.5 if self.block.opens else -RADIUS, -0.5, -0.5 if self.block.closes else RADIUS)
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        rounded(painter, surface, RADIUS, "code", "border", self.style)
        painter.restore()
        if self.block.opens:
            label = TextPiece(self.label, 0, self.style.small, self.style, UNBOUNDED)
            label.x, label.y = self.indent + PADDING, _HEAD_PADDING
            for piece in (label, *self.buttons.values()):
                piece.paint(painter, at, area.top(), area.bottom())
        if self._gutter:
            self._paint_numbers(painter, at)

    def _paint_numbers(self, painter: QPainter, at: QPointF) -> None:
        seen = painter.clipBoundingRect() if painter.hasClipping() else None
        painter.setFont(self.style.code.font)
        painter.setPen(self.style.theme.color("muted"))
        digit, step = self._gutter / _DIGITS, self.style.code.line_height
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for number, piece in enumerate(self.pieces, self.block.first_line):
            place = QRectF(at.x() + self.indent, at.y() + piece.y, PADDING + self._gutter - 1.5 * digit, step)
            if seen is None or seen.intersects(place):
                painter.drawText(place, right, str(number))
