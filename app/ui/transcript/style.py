"""Fonts, colours and distances of the transcript, made once per theme.

Window process, interface thread. All lengths are in device-independent pixels, on a grid of 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QTextCharFormat
from PySide6.QtWidgets import QApplication

from app.ui.markdown.block import Block, Container, Kind, Style
from app.ui.theme import Fonts, Theme, code_font

COLUMN = 760
MARGIN = 24
ZOOMS = (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
BUBBLE_MOST = 490
BUBBLE_SHARE = 0.65
BUBBLE_PADDING = 16
ITEM_INDENT = 28
QUOTE_INDENT = 20
RADIUS = 12
_HEADING_SIZES = {1: 1.5, 2: 1.3, 3: 1.15}
_LEADING = 1.6
_INHERIT = QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly


@dataclass(frozen=True)
class Face:
    """A font with its colour, the distance from one line to the next, and its size in pixels."""

    font: QFont
    color: QColor
    line_height: float
    em: float

    @staticmethod
    def of(font: QFont, color: QColor) -> Face:
        """Lines about 1.6 font sizes apart, on the grid, and never closer than the font allows."""
        metrics = QFontMetricsF(font)
        size = metrics.height() if font.pointSizeF() <= 0 else font.pointSizeF() * metrics.fontDpi() / 72
        return Face(font, color, max(round(size * _LEADING / 4) * 4.0, float(ceil(metrics.height()))), size)

    def colored(self, color: QColor) -> Face:
        """The same in another colour."""
        return replace(self, color=color)


class PageStyle:
    """What every layout needs to know of the theme."""

    def __init__(self, theme: Theme, zoom: float = 1.0) -> None:
        self.theme = theme
        self.zoom = zoom
        fonts = Fonts.of(QApplication.font())
        text, muted = theme.color("text"), theme.color("muted")
        body = QFont(QApplication.font())
        body.setPointSizeF(fonts.body * zoom)
        small = QFont(body)
        small.setPointSizeF(fonts.base * zoom)
        label = QFont(body)
        label.setPointSizeF(fonts.small * zoom)
        self.body = Face.of(body, text)
        self.muted = Face.of(small, muted)
        self.small = Face.of(label, muted)
        self.code = Face.of(code_font(fonts.base * zoom), text)
        self._inline_code = code_font((fonts.body - 0.5) * zoom)
        self._headings = {level: self._heading(body, level, text) for level in range(1, 7)}
        self._formats: dict[Style, QTextCharFormat] = {}
        self._tints: dict[str, QTextCharFormat] = {}
        self.selection = theme.color("accent")
        self.selection.setAlpha(72 if theme.dark else 56)
        self.found, self.found_current = theme.color("caution"), theme.color("caution")
        self.found.setAlpha(56 if theme.dark else 72)
        self.found_current.setAlpha(120 if theme.dark else 168)

    @staticmethod
    def _heading(body: QFont, level: int, color: QColor) -> Face:
        font = QFont(body)
        font.setPointSizeF(body.pointSizeF() * _HEADING_SIZES.get(level, 1.0))
        font.setWeight(QFont.Weight.DemiBold)
        least = float(ceil(QFontMetricsF(font).height()))
        plain = Face.of(font, color)
        return replace(plain, line_height=max(least, plain.line_height - (4 if level <= 2 else 0)))

    def face(self, block: Block, *, muted: bool) -> Face:
        """The face of a block's plain text; reasoning is muted."""
        if block.kind is Kind.HEADING:
            return self._headings[block.level]
        return self.muted if muted or block.kind is Kind.FOOTNOTE else self.body

    def char_format(self, style: Style) -> QTextCharFormat:
        """What a span changes of its block's face."""
        if style not in self._formats:
            made = QTextCharFormat()
            if style & Style.CODE:
                made.setFont(self._inline_code, _INHERIT)
            if style & Style.BOLD:
                made.setFontWeight(QFont.Weight.Bold)
            if style & Style.ITALIC:
                made.setFontItalic(True)
            if style & Style.STRIKE:
                made.setFontStrikeOut(True)
            if style & Style.LINK:
                made.setForeground(self.theme.color("accent"))
                made.setFontUnderline(True)
            if style & Style.NOTE:
                made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
                made.setForeground(self.theme.color("accent"))
            self._formats[style] = made
        return self._formats[style]

    def tint_format(self, token: str) -> QTextCharFormat:
        """The colour of a stretch of code."""
        if token not in self._tints:
            made = QTextCharFormat()
            made.setForeground(self.theme.color(token))
            self._tints[token] = made
        return self._tints[token]


def indent_of(block: Block) -> float:
    """How far a block stands in from the column's left edge."""
    note = ITEM_INDENT if block.kind is Kind.FOOTNOTE else 0
    return note + sum(ITEM_INDENT if within is Container.ITEM else QUOTE_INDENT for within in block.containers)


def gap_between(above: Block | None, block: Block) -> float:
    """The empty space over a block."""
    if above is None or (block.continued and above.kind is block.kind):
        return 0
    in_list = Container.ITEM in block.containers
    if block.tight and in_list:
        return 4 if Container.ITEM in above.containers else 8
    if above.kind is Kind.HEADING or above.kind is block.kind is Kind.FOOTNOTE:
        return 8
    if block.kind is Kind.HEADING:
        return 28 if block.level <= 2 else 24
    return 12 if in_list and Container.ITEM in above.containers else 16
