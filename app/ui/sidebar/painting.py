"""Draws the rows of the sidebar's lists from the palette.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui import icons
from app.ui.sidebar.model import Answer, RowRole
from app.ui.sidebar.rows import ConversationRow, FolderRow, Heading, HintRow, MoreRow, Row, depth_of

ROW_HEIGHT = 36
INSET = 15
_INDENT = 16
_RADIUS = 6
_DOT = 4.0
_GAP = 8
_WIDEST_LABEL = 200

Index = QModelIndex | QPersistentModelIndex
Role = QPalette.ColorRole


class RowDelegate(QStyledItemDelegate):
    """All rows of a list are of one height, so that a long list opens at once."""

    def __init__(self, parent: QWidget, *, with_notes: bool = False) -> None:
        """`with_notes` gives each row a second line."""
        super().__init__(parent)
        self._with_notes = with_notes
        self._pixmaps: dict[tuple[str, int, float], QPixmap] = {}
        self.marks_choice = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One height for every row."""
        lines = 2 if self._with_notes else 1
        return QSize(0, max(ROW_HEIGHT, lines * option.fontMetrics.height() + 16))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        row = index.data(RowRole.ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, Heading):
            self._paint_heading(painter, option, row.text)
        else:
            self._paint_box(painter, option, index)
            self._paint_row(painter, option, index, row)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A line edit in the row's place."""
        editor = QLineEdit(parent)
        editor.setProperty("kind", "inline")
        is_folder = isinstance(index.data(RowRole.ROW), FolderRow)
        editor.setAccessibleName(self.tr("Name of the folder") if is_folder else self.tr("Title"))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the name there is; what the user has written stays, whatever becomes of that meanwhile."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Fill the row."""
        editor.setGeometry(_box(option).adjusted(0, 1, 0, -1))

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        painter.setFont(small(option.font))
        painter.setPen(option.palette.color(Role.PlaceholderText))
        where = option.rect.adjusted(INSET, 0, -INSET, -6)
        painter.drawText(where, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading, text)

    def _paint_box(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box, state, flag = _box(option), option.state, QStyle.StateFlag
        if index.data(RowRole.OPEN) or (state & (flag.State_Selected | flag.State_MouseOver) and _can_act(index)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.color(Role.Midlight))
            painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        if state & flag.State_HasFocus:
            painter.setPen(option.palette.color(Role.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, row: Row) -> None:
        area = _box(option).adjusted(INSET + _INDENT * depth_of(row), 0, -INSET, 0)
        if isinstance(row, FolderRow):
            area = self._paint_chevron(painter, option, area, row)
        area = self._paint_marks(painter, option, index, area, row)
        muted = isinstance(row, HintRow | MoreRow)
        painter.setPen(option.palette.color(Role.PlaceholderText if muted else Role.Text))
        painter.setFont(small(option.font) if isinstance(row, HintRow) else option.font)
        where = QStyle.visualRect(option.direction, option.rect, area)
        note = index.data(RowRole.NOTE)
        if note:
            upper, lower = _halves(where, option.fontMetrics.height())
            _draw(painter, upper, index.data(), option)
            painter.setFont(small(option.font))
            painter.setPen(option.palette.color(Role.PlaceholderText))
            _draw(painter, lower, note, option)
        else:
            _draw(painter, where, index.data(), option)

    def _paint_chevron(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, row: FolderRow) -> QRect:
        """The sign before a folder, pointing to where its content is; returns what is left of the row."""
        place = QRect(area.left() - 4, area.center().y() - icons.SIZE // 2 + 1, icons.SIZE, icons.SIZE)
        place = QStyle.visualRect(option.direction, option.rect, place)
        painter.save()
        painter.translate(QPointF(place.center()) + QPointF(0.5, 0.5))
        if not row.is_open:
            painter.rotate(-90 if option.direction is Qt.LayoutDirection.LeftToRight else 90)
        drawn = self._icon("chevron", option, Role.PlaceholderText)
        painter.drawPixmap(QPointF(-icons.SIZE / 2, -icons.SIZE / 2), drawn)
        painter.restore()
        return area.adjusted(icons.SIZE, 0, 0, 0)

    def _paint_marks(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, area: QRect, row: Row
    ) -> QRect:
        """The signs after a title; returns what is left for it."""
        marks: list[str] = []
        if self.marks_choice and option.state & QStyle.StateFlag.State_Selected:
            marks.append("check")
        if isinstance(row, ConversationRow) and row.depth and row.conversation.pinned:
            marks.append("pin")
        for name in marks:
            place = QRect(area.right() - icons.SIZE, area.center().y() - icons.SIZE // 2 + 1, icons.SIZE, icons.SIZE)
            role = Role.Highlight if name == "check" else Role.PlaceholderText
            drawn = self._icon(name, option, role)
            painter.drawPixmap(QStyle.visualRect(option.direction, option.rect, place).topLeft(), drawn)
            area = area.adjusted(0, 0, -icons.SIZE - _GAP, 0)
        answer = index.data(RowRole.ANSWER)
        if answer is not None:
            center = QPointF(area.right() - _DOT - 2, area.center().y() + 1)
            if option.direction is Qt.LayoutDirection.RightToLeft:
                center.setX(option.rect.left() + option.rect.right() - center.x())
            accent = option.palette.color(Role.Highlight)
            painter.setPen(accent)
            painter.setBrush(accent if answer == Answer.HERE else QColor(Qt.GlobalColor.transparent))
            painter.drawEllipse(center, _DOT, _DOT)
            area = area.adjusted(0, 0, -int(2 * _DOT) - _GAP, 0)
        return area

    def _icon(self, name: str, option: QStyleOptionViewItem, role: QPalette.ColorRole) -> QPixmap:
        color, widget = option.palette.color(role), option.widget
        scale = widget.devicePixelRatioF()
        key = (name, color.rgba(), scale)
        if key not in self._pixmaps:
            self._pixmaps[key] = icons.pixmap(name, color, scale)
        return self._pixmaps[key]


def _can_act(index: Index) -> bool:
    return bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)


def _box(option: QStyleOptionViewItem) -> QRect:
    return option.rect.adjusted(0, 1, 0, -1)


def _halves(where: QRect, line: int) -> tuple[QRect, QRect]:
    top = where.center().y() - line + 1
    return QRect(where.left(), top, where.width(), line), QRect(where.left(), top + line, where.width(), line)


def label_of(text: str, view: QWidget) -> QPixmap:
    """A text on a small card, to be dragged about."""
    metrics = view.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, _WIDEST_LABEL)
    card = QRect(0, 0, metrics.horizontalAdvance(shown) + 2 * INSET, metrics.height() + 2 * _RADIUS)
    scale, palette = view.devicePixelRatioF(), view.window().palette()  # the list itself has no ground
    pixmap = QPixmap((card.size().toSizeF() * scale).toSize())
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(palette.color(Role.Highlight))
    painter.setBrush(palette.color(Role.Base))
    painter.drawRoundedRect(card.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
    painter.setFont(view.font())
    painter.setPen(palette.color(Role.Text))
    painter.drawText(card, Qt.AlignmentFlag.AlignCenter, shown)
    painter.end()
    return pixmap


def small(font: QFont) -> QFont:
    """The font of side remarks."""
    smaller = QFont(font)
    smaller.setPointSizeF(font.pointSizeF() - 1)
    return smaller


def leading(option: QStyleOptionViewItem) -> Qt.AlignmentFlag:
    """The side where lines begin in the window, whatever direction their own words have."""
    is_left = option.direction is Qt.LayoutDirection.LeftToRight
    return Qt.AlignmentFlag.AlignAbsolute | (Qt.AlignmentFlag.AlignLeft if is_left else Qt.AlignmentFlag.AlignRight)


def _draw(painter: QPainter, where: QRect, text: str, option: QStyleOptionViewItem) -> None:
    fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, where.width())
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | leading(option), fitting)
