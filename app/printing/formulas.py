"""Formulas on the pages of a PDF: vectors where a page has images that name files of `FormulaPictures`.

Qt's rich text knows no depth of an object below the baseline. In the middle of a line it leaves as much
room above half an x-height as below it: so each formula is given a font of the height with which that is what it needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from app.core.chat.typeset_frames import FORMULA_SIZE, Drawn

_KIND = QTextFormat.ObjectTypes.UserObject.value + 1
_NUMBER = QTextFormat.Property.UserProperty.value + 1
_OBJECT = "\ufffc"
_MOST_OF_PAGE = 0.9
_NO_STROKE = 'stroke-opacity="0"'  # else Qt strokes what has no stroke as well, when it writes a PDF
_INK_EM = 0.05  # what may reach beyond the lengths that the typesetter tells
_POINTS_PER_INCH = 72
_TRIED_PIXELS = 1000


class _Formula(NamedTuple):
    """A picture, and its lengths in the printer's pixels; `above` and `below` are at least those of a line of text."""

    svg: str
    width: float
    ascent: float
    depth: float
    above: float
    below: float


class FormulaPainter(QPyTextObject):
    """Paints the formulas of one document."""

    def __init__(self, document: QTextDocument, folder: Path) -> None:
        """Take the place of the images in the document, whose files are in the folder."""
        super().__init__(document)
        self._folder = folder
        self._formulas: list[_Formula] = []
        document.documentLayout().registerHandler(_KIND, self)
        images = [image for block in _blocks(document) for image in _images(block)]
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for position, image in images:
            cursor.setPosition(position)
            cursor.setPosition(position + 1, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(self._format(image, document))
        cursor.endEditBlock()

    def intrinsicSize(self, _document: QTextDocument, _position: int, format: QTextFormat) -> QSizeF:  # noqa: A002, N802 - Qt's
        """The room that a formula takes."""
        formula, lift = self._formulas[format.intProperty(_NUMBER)], _lift(format)
        return QSizeF(formula.width, 2 * max(formula.above - lift, formula.below + lift))

    def drawObject(  # noqa: N802 - Qt's
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        document: QTextDocument,
        position: int,
        format: QTextFormat,  # noqa: A002
    ) -> None:
        """Paint a formula on the line's baseline; Qt gives the middle of the line."""
        formula = self._formulas[format.intProperty(_NUMBER)]
        block = document.findBlock(position)
        line = block.layout().lineForTextPosition(position - block.position())
        baseline = rect.center().y() - line.height() / 2 + line.ascent()
        place = QRectF(rect.left(), baseline - formula.ascent, formula.width, formula.ascent + formula.depth)
        color = format.foreground().color() if format.hasProperty(QTextFormat.Property.ForegroundBrush) else QColor()
        svg = formula.svg.replace('fill="currentColor"', f'fill="{color.name()}" {_NO_STROKE}')
        QSvgRenderer(QByteArray(svg.encode())).render(painter, place)

    def _format(self, image: QTextCharFormat, document: QTextDocument) -> QTextCharFormat:
        formula = self._measured(image, document)
        self._formulas.append(formula)
        font = image.font()
        font.setPixelSize(_TRIED_PIXELS)
        lifted = max(formula.above - formula.below, 0)
        font.setPixelSize(max(round(lifted * 2 * _TRIED_PIXELS / QFontMetrics(font).xHeight()), 1))
        made = QTextCharFormat()
        made.setFont(font)
        if image.hasProperty(QTextFormat.Property.ForegroundBrush):
            made.setForeground(image.foreground())
        made.setObjectType(_KIND)
        made.setProperty(_NUMBER, len(self._formulas) - 1)
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        return made

    def _measured(self, image: QTextCharFormat, document: QTextDocument) -> _Formula:
        """In the size of the text around it, or smaller, if the page has no such room."""
        path = self._folder / Path(image.toImageFormat().name()).name
        drawn = msgspec.json.decode(path.read_bytes(), type=Drawn)
        paper = document.documentLayout().paintDevice()
        em = image.font().pointSizeF() * paper.logicalDpiY() / _POINTS_PER_INCH * FORMULA_SIZE
        em = min(em, paper.width() * _MOST_OF_PAGE / drawn.width, paper.height() * _MOST_OF_PAGE / drawn.height)
        ascent, depth = (drawn.height - drawn.depth) * em, drawn.depth * em
        line = QFontMetricsF(image.font(), paper)
        ink = em * _INK_EM
        above, below = max(ascent + ink, line.ascent()), max(depth + ink, line.descent())
        return _Formula(drawn.svg, drawn.width * em, ascent, depth, above, below)


def _lift(format: QTextFormat) -> float:  # noqa: A002
    """How far above the baseline the middle of an object's room lies, as Qt reckons."""
    return QFontMetrics(format.toCharFormat().font()).xHeight() / 4


def _blocks(document: QTextDocument) -> list[QTextBlock]:
    found, block = [], document.begin()
    while block.isValid():
        if _OBJECT in block.text():
            found.append(block)
        block = block.next()
    return found


def _images(block: QTextBlock) -> list[tuple[int, QTextCharFormat]]:
    """Where the images of a block are, and how they look."""
    found, place = [], block.begin()
    while not place.atEnd():
        fragment = place.fragment()
        if fragment.charFormat().isImageFormat():
            found.append((fragment.position(), fragment.charFormat()))
        place += 1
    return found
