"""Paints the cells of the picker's table of variants from the theme.

Window process, interface thread. Colour is never the only sign: a filled, half or empty circle and
words stand beside it.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.core.prediction.fit import Fit, Placement
from app.ui.models.variant_rows import MOST_QUALITY, NUMBERS, Column, Index, Role, VariantRow
from app.ui.theme import Theme

ROW_HEIGHT = 33
PADDING = 8
CIRCLE = 10
QUALITY_WIDTH = 9 * MOST_QUALITY


class VariantDelegate(QStyledItemDelegate):
    """Paints a cell from the theme; a row is one rounded band."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for the text and some air."""
        return QSize(option.fontMetrics.horizontalAdvance(index.data()) + 2 * PADDING, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        row: VariantRow = index.data(Role.ROW)
        column = Column(index.column())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            self._paint_band(painter, QRectF(option.rect), column)
        font = QFont(option.font)
        font.setBold(row.is_best)
        painter.setFont(font)
        where = QRectF(option.rect).adjusted(PADDING, 0, -PADDING, 0)
        match column:
            case Column.NAME:
                self._paint_name(painter, where, row, index.data())
            case Column.FITS if row.fit is not None:
                self._paint_verdict(painter, where, row.fit, index.data())
            case Column.QUALITY if row.fit is not None:
                self._paint_quality(painter, where, row.fit)
            case _:
                self._paint_text(painter, where, column, index.data())
        painter.restore()

    def _paint_band(self, painter: QPainter, box: QRectF, column: Column) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("selection"))
        painter.setClipRect(box)
        # The corners outside the row's ends are clipped away.
        box.adjust(0 if column is Column.NAME else -12, 1, 0 if column is Column.QUALITY else 12, -1)
        painter.drawRoundedRect(box, 6, 6)
        painter.setClipping(False)

    def _paint_text(self, painter: QPainter, where: QRectF, column: Column, text: str) -> None:
        muted = column in (Column.FORMAT, Column.BITS, Column.SIZE)
        painter.setPen(self.theme.color("muted" if muted else "text"))
        side = Qt.AlignmentFlag.AlignTrailing if column in NUMBERS else Qt.AlignmentFlag.AlignLeading
        _draw(painter, where, text, side)

    def _paint_name(self, painter: QPainter, where: QRectF, row: VariantRow, text: str) -> None:
        painter.setPen(self.theme.color("text"))
        mark = self.tr("★ best") if row.is_best else ""
        reserved = painter.fontMetrics().horizontalAdvance(mark) + 10 if mark else 0
        room = where.width() - reserved
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(room))
        _draw(painter, where, shown)
        if mark:
            painter.setPen(self.theme.color("accent"))
            left = where.left() + painter.fontMetrics().horizontalAdvance(shown) + 10
            _draw(painter, QRectF(left, where.top(), reserved, where.height()), mark)

    def _paint_verdict(self, painter: QPainter, where: QRectF, fit: Fit, text: str) -> None:
        color = verdict_color(self.theme, fit)
        circle = QRectF(where.left() + 1, where.center().y() - CIRCLE / 2 + 0.5, CIRCLE, CIRCLE)
        _paint_circle(painter, circle, fit.verdict.placement, color)
        painter.setPen(color)
        _draw(painter, where.adjusted(CIRCLE + 8, 0, 0, 0), text)

    def _paint_quality(self, painter: QPainter, where: QRectF, fit: Fit) -> None:
        color = self.theme.color("accent")
        for number in range(MOST_QUALITY):
            bar = QRectF(where.left() + number * 9 + 0.5, where.center().y() - 5.5, 5, 11)
            painter.setPen(QPen(color, 1))
            painter.setBrush(color if number < fit.quality else Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)


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


def _draw(painter: QPainter, where: QRectF, text: str, side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeading) -> None:
    painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | side, text)
