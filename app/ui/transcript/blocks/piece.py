"""The smallest thing laid out: a piece of text in one face, in lines of its own.

Window process, interface thread. Text that grows is a row of such pieces, of which only the last is
laid out anew, so that a token costs the same however long its paragraph has become.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import cast
from unicodedata import bidirectional

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from app.core.chat.typeset_frames import Tint
from app.ui.markdown.block import OBJECT, Span, Style
from app.ui.transcript.blocks.picture import Picture
from app.ui.transcript.style import Face, PageStyle

LINE_SEPARATOR = "\u2028"
UNBOUNDED = 1e6
# A place that is as wide as the picture painted there, and at which no line is broken.
_PICTURE_PLACE = "\u00a0"
_NO_PICTURES: Mapping[str, Picture] = MappingProxyType({})
_ALIGNMENTS = {"center": Qt.AlignmentFlag.AlignHCenter, "right": Qt.AlignmentFlag.AlignRight}


class TextPiece:
    """Text from `start` of its block on, laid out at (`x`, `y`) of the block.

    `natural` text that begins in a script written from right to left leans to the right.
    Offsets are those of the block's Python string; Qt's, which count UTF-16 units, stay inside.
    """

    __slots__ = (
        "_layout",
        "_leans_right",
        "_lines",
        "_pictures",
        "_tops",
        "_wide",
        "face",
        "height",
        "natural_width",
        "start",
        "text",
        "width",
        "x",
        "y",
    )

    def __init__(
        self,
        text: str,
        start: int,
        face: Face,
        style: PageStyle,
        width: float,
        *,
        spans: Sequence[Span] = (),
        tints: Sequence[Tint] = (),
        pictures: Mapping[str, Picture] = _NO_PICTURES,
        align: str = "",
        natural: bool = True,
    ) -> None:
        self.text, self.start, self.face, self.width = text, start, face, width
        self.x = self.y = 0.0
        self._wide = not text.isascii() and max(text) > "\uffff"
        self._pictures = self._placed(spans, pictures) if OBJECT in text else ()
        shown = text.removesuffix("\n").replace("\n", LINE_SEPARATOR)
        self._layout = QTextLayout(shown.replace(OBJECT, _PICTURE_PLACE), face.font)
        self._leans_right = natural and _begins_right_to_left(text)
        fallback = Qt.AlignmentFlag.AlignRight if self._leans_right else Qt.AlignmentFlag.AlignLeft
        option = QTextOption(_ALIGNMENTS.get(align, fallback))
        direction = Qt.LayoutDirection.RightToLeft if self._leans_right else Qt.LayoutDirection.LeftToRight
        option.setTextDirection(direction)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._layout.setCacheEnabled(True)
        if spans or tints or self._pictures:
            self._layout.setFormats(self._formats(style, spans, tints))
        self._tops: list[float] = [0.0]
        self._lines = self._lay_out(width)
        self.height = self._tops[-1]
        self.natural_width = max((line.naturalTextRect().right() for line in self._lines), default=0.0)

    def _placed(self, spans: Sequence[Span], pictures: Mapping[str, Picture]) -> tuple[tuple[int, Picture], ...]:
        """The pictures in the text, with their places in Qt's count."""
        end = self.start + len(self.text)
        found = (span for span in spans if span.style & Style.MATH and self.start <= span.start < end)
        return tuple((self._to_qt(span.start), pictures[span.href]) for span in found if span.href in pictures)

    def _formats(self, style: PageStyle, spans: Sequence[Span], tints: Sequence[Tint]) -> list[QTextLayout.FormatRange]:
        end = self.start + len(self.text)
        stretches = [(span.start, span.end, style.char_format(span.style)) for span in spans]
        stretches += [(tint.start, tint.end, style.tint_format(tint.token)) for tint in tints]
        formats = []
        for first, last, looks in stretches:
            if first < end and last > self.start:
                made = QTextLayout.FormatRange()
                made.start = self._to_qt(max(first, self.start))
                made.length = self._to_qt(min(last, end)) - made.start
                made.format = looks
                formats.append(made)
        for place, picture in self._pictures:
            made = QTextLayout.FormatRange()
            made.start, made.length, made.format = place, 1, self._as_wide_as(picture)
            formats.append(made)
        return formats

    def _as_wide_as(self, picture: Picture) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
        space = QFontMetricsF(self.face.font).horizontalAdvance(_PICTURE_PLACE)
        made.setFontLetterSpacing(picture.width * self.face.em - space)
        return made

    def _lay_out(self, width: float) -> list[QTextLine]:
        lines: list[QTextLine] = []
        step, top = self.face.line_height, 0.0
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max(width, 1.0))
            y = (step - line.height()) / 2
            over, under = self._beyond(line, y + line.ascent()) if self._pictures else (0.0, 0.0)
            line.setPosition(QPointF(0, top + over + y))
            top += over + step + under
            self._tops.append(top)
            lines.append(line)
        self._layout.endLayout()
        return lines

    def _beyond(self, line: QTextLine, baseline: float) -> tuple[float, float]:
        """How far pictures reach above and below a line of common height."""
        first, last, em = line.textStart(), line.textStart() + line.textLength(), self.face.em
        inside = [picture for place, picture in self._pictures if first <= place < last]
        over = max((picture.ascent * em - baseline for picture in inside), default=0.0)
        under = max((picture.depth * em - self.face.line_height + baseline for picture in inside), default=0.0)
        return float(ceil(max(over, 0.0))), float(ceil(max(under, 0.0)))

    def _to_qt(self, offset: int) -> int:
        local = offset - self.start
        return len(self.text[:local].encode("utf-16-le")) // 2 if self._wide else local

    def _from_qt(self, position: int) -> int:
        local = position
        if self._wide:
            local = len(self.text.encode("utf-16-le")[: position * 2].decode("utf-16-le", "ignore"))
        return self.start + min(local, len(self.text))

    @property
    def end(self) -> int:
        """Where in the block the piece ends."""
        return self.start + len(self.text)

    @property
    def line_count(self) -> int:
        """Lines as wrapped."""
        return len(self._lines)

    def line_start(self, index: int) -> int:
        """Where in the block a line begins."""
        return self._from_qt(self._lines[index].textStart())

    def line_top(self, offset: int) -> float:
        """The top of the line on which an offset stands, in the block."""
        position = self._to_qt(offset)
        number = sum(1 for line in self._lines if line.textStart() <= position) - 1
        return self.y + self._tops[max(number, 0)]

    def paint(self, painter: QPainter, at: QPointF, top: float, bottom: float) -> None:
        """Draw the lines between `top` and `bottom`, in the painter's coordinates."""
        origin = QPointF(at.x() + self.x, at.y() + self.y)
        painter.setPen(self.face.color)
        first = max(bisect_right(self._tops, top - origin.y()) - 1, 0)
        for line in self._lines[first : max(bisect_right(self._tops, bottom - origin.y()), 0)]:
            line.draw(painter, origin)
        for place, picture in self._pictures:
            self._paint_picture(painter, origin, place, picture)

    def _paint_picture(self, painter: QPainter, origin: QPointF, place: int, picture: Picture) -> None:
        line = self._layout.lineForTextPosition(place)
        if line.isValid():
            x = min(_cursor_x(line, place), _cursor_x(line, place + 1))
            baseline = QPointF(origin.x() + x, origin.y() + line.y() + line.ascent())
            picture.paint(painter, baseline, self.face.em, self.face.color)

    def selection_rects(self, start: int, end: int) -> list[QRectF]:
        """The area of `block.text[start:end]`, one rectangle per line, in the block's coordinates."""
        first, last = self._to_qt(max(start, self.start)), self._to_qt(min(end, self.end))
        rects: list[QRectF] = []
        if first >= last:
            return rects
        above = max(bisect_left(self._lines, first, key=QTextLine.textStart) - 1, 0)
        for number in range(above, bisect_right(self._lines, last, key=QTextLine.textStart)):
            line = self._lines[number]
            begin, finish = line.textStart(), line.textStart() + line.textLength()
            whole = line.naturalTextRect()
            until = whole.left() if self._leans_right else whole.right()
            left = _cursor_x(line, max(first, begin))
            right = until if last >= finish else _cursor_x(line, last)
            left, right = min(left, right), max(left, right)
            trailing = 4.0 if last > finish or end > self.end else 0.0
            y, height = self.y + self._tops[number], self._tops[number + 1] - self._tops[number]
            rects.append(QRectF(self.x + left, y, max(right - left, 0.0) + trailing, height))
        return rects

    def offset_at(self, x: float, y: float) -> int:
        """The offset in the block nearest to a point of the block."""
        if not self._lines:
            return self.start
        index = min(max(bisect_right(self._tops, y - self.y) - 1, 0), len(self._lines) - 1)
        return self._from_qt(self._lines[index].xToCursor(x - self.x))

    def left_of(self, offset: int) -> float:
        """Where a character begins, in the block."""
        position = self._to_qt(min(max(offset, self.start), self.end))
        line = self._layout.lineForTextPosition(position)
        return self.x + (_cursor_x(line, position) if line.isValid() else 0.0)

    def contains(self, x: float, y: float) -> bool:
        """Whether a point of the block lies on the text itself."""
        index = bisect_right(self._tops, y - self.y) - 1
        if not 0 <= index < len(self._lines):
            return False
        rect = self._lines[index].naturalTextRect()
        return rect.left() <= x - self.x <= rect.right()

    def caret(self) -> QPointF:
        """Where the next character would stand: left, top of its line, in the block."""
        if not self._lines:
            return QPointF(self.x, self.y)
        line = self._lines[-1]
        x = _cursor_x(line, line.textStart() + line.textLength())
        return QPointF(self.x + x, self.y + line.y() - (self.face.line_height - line.height()) / 2)


def _begins_right_to_left(text: str) -> bool:
    if text.isascii():
        return False
    strong = (kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def _cursor_x(line: QTextLine, position: int) -> float:
    found = line.cursorToX(position)
    return cast(float, found[0] if isinstance(found, tuple) else found)
