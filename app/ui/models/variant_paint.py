"""Paints the cells of the picker's table of variants from the theme.

Window process, interface thread. Colour is never the only sign: a filled, half or empty circle and
words stand beside it.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.core.prediction.fit import Fit, Placement
from app.ui.models.variant_rows import COLUMNS, MOST_QUALITY, NUMBERS, Column, Index, Role, VariantRow
from app.ui.theme import Theme

ROW_HEIGHT = 33
_AIR = 14
_BETWEEN = 10
PADDING = 8
CIRCLE = 10
QUALITY_WIDTH = 9 * MOST_QUALITY


class VariantDelegate(QStyledItemDelegate):
    """Paints a cell from the theme; a row is one rounded band."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._is_mirrored = False
        self._mark = self.tr("★ best")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for the text and some air."""
        return QSize(option.fontMetrics.horizontalAdvance(index.data()) + 2 * PADDING, row_height(option.fontMetrics))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        row: VariantRow = index.data(Role.ROW)
        column, text = COLUMNS[index.column()], index.data()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Each text runs in its own direction; only where it stands follows the window's.
        self._is_mirrored = option.direction is Qt.LayoutDirection.RightToLeft
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        if option.state & QStyle.StateFlag.State_Selected:
            has_focus = option.widget is not None and option.widget.hasFocus()
            self._paint_band(painter, QRectF(option.rect), column, has_focus=has_focus)
        font = QFont(option.font)
        font.setBold(row.is_best)
        painter.setFont(font)
        where = QRectF(option.rect).adjusted(PADDING, 0, -PADDING, 0)
        match column:
            case Column.NAME:
                self._paint_name(painter, where, row, text)
            case Column.FITS if row.fit is not None:
                self._paint_verdict(painter, where, row.fit, text)
            case Column.QUALITY if row.fit is not None:
                self._paint_quality(painter, where, row.fit)
            case _:
                self._paint_text(painter, where, column, text)
        painter.restore()

    def mark_width(self, metrics: QFontMetrics) -> int:
        """What it takes to say beside its name that a variant is the best one."""
        return metrics.horizontalAdvance(self._mark) + _BETWEEN

    def _paint_band(self, painter: QPainter, box: QRectF, column: Column, *, has_focus: bool) -> None:
        painter.setPen(self.theme.color("accent") if has_focus else Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("selection"))
        painter.setClipRect(box)
        # The corners outside the row's ends are clipped away.
        before, after = (0 if column is Column.NAME else 12), (0 if column is Column.QUALITY else 12)
        left, right = (after, before) if self._is_mirrored else (before, after)
        box.adjust(-left, 1, right, -1)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5) if has_focus else box, 6, 6)
        painter.setClipping(False)

    def _paint_text(self, painter: QPainter, where: QRectF, column: Column, text: str) -> None:
        muted = column in (Column.FORMAT, Column.BITS, Column.SIZE)
        painter.setPen(self.theme.color("muted" if muted else "text"))
        self._draw(painter, where, text, is_number=column in NUMBERS)

    def _paint_name(self, painter: QPainter, where: QRectF, row: VariantRow, text: str) -> None:
        painter.setPen(self.theme.color("text"))
        room = where.width() - (self.mark_width(painter.fontMetrics()) if row.is_best else 0)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(room))
        self._draw(painter, where, shown)
        if row.is_best:
            painter.setPen(self.theme.color("accent"))
            left = painter.fontMetrics().horizontalAdvance(shown) + _BETWEEN
            self._draw(painter, self._after(where, left), self._mark)

    def _paint_verdict(self, painter: QPainter, where: QRectF, fit: Fit, text: str) -> None:
        color = verdict_color(self.theme, fit)
        left = where.right() - CIRCLE - 1 if self._is_mirrored else where.left() + 1
        circle = QRectF(left, where.center().y() - CIRCLE / 2 + 0.5, CIRCLE, CIRCLE)
        _paint_circle(painter, circle, fit.verdict.placement, color)
        painter.setPen(color)
        self._draw(painter, self._after(where, CIRCLE + 8), text)

    def _paint_quality(self, painter: QPainter, where: QRectF, fit: Fit) -> None:
        color = self.theme.color("accent")
        for number in range(MOST_QUALITY):
            place = number * 9 + 0.5
            left = where.right() - place - 5 if self._is_mirrored else where.left() + place
            bar = QRectF(left, where.center().y() - 5.5, 5, 11)
            painter.setPen(QPen(color, 1))
            painter.setBrush(color if number < fit.quality else Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)

    def _after(self, where: QRectF, width: float) -> QRectF:
        """What is left of a cell after so many pixels, along the line of reading."""
        return where.adjusted(0, 0, -width, 0) if self._is_mirrored else where.adjusted(width, 0, 0, 0)

    def _draw(self, painter: QPainter, where: QRectF, text: str, *, is_number: bool = False) -> None:
        at_right = is_number is not self._is_mirrored
        side = Qt.AlignmentFlag.AlignRight if at_right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | side, text)


def row_height(metrics: QFontMetrics) -> int:
    """Room for a line of text and some air."""
    return max(ROW_HEIGHT, metrics.height() + _AIR)


def verdict_color(theme: Theme, fit: Fit) -> QColor:
    """Good, caution or bad."""
    names = {Placement.PARTLY: "caution", Placement.DOES_NOT_FIT: "bad"}
    return theme.color(names.get(fit.verdict.placement, "good"))


def _paint_circle(painter: QPainter, box: QRectF, placement: Placement, color: QColor) -> None:
    """Filled where all runs on the fastest device there is, half for a part, empty where it does not fit."""
    painter.setPen(QPen(color, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(box.adjusted(0.7, 0.7, -0.7, -0.7))
    if placement is Placement.DOES_NOT_FIT:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    if placement is Placement.PARTLY:
        painter.drawPie(box, 90 * 16, 180 * 16)
    else:
        painter.drawEllipse(box)
