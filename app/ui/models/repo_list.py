"""The picker's left side: repos that were found, or those that are recommended.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPalette
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.labels import tip

Index = QModelIndex | QPersistentModelIndex
_PADDING = 12


@dataclass(frozen=True)
class RepoRow:
    """One repo: its id, what it is called here, the line below, and more for a tooltip."""

    id: str
    title: str
    remark: str
    tip: str = ""


class _Role(IntEnum):
    REMARK = Qt.ItemDataRole.UserRole


class RepoModel(QAbstractListModel):
    """Rows that grow when the view comes to their end and there are more."""

    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[RepoRow] = []
        self._has_more = False

    def set_rows(self, rows: Sequence[RepoRow], *, has_more: bool = False) -> None:
        """Show these alone."""
        self.beginResetModel()
        self.rows = list(rows)
        self._has_more = has_more
        self.endResetModel()

    def add_rows(self, rows: Sequence[RepoRow], *, has_more: bool) -> None:
        """Show these after the others."""
        self._has_more = has_more
        if rows:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()

    def rowCount(self, parent: Index | None = None) -> int:
        """All repos."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Title, remark, tooltip, and what a screen reader says."""
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case _Role.REMARK:
                return row.remark
            case Qt.ItemDataRole.ToolTipRole:
                return tip(row.tip or row.id)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{row.title}, {row.remark}"
        return None

    def canFetchMore(self, parent: Index) -> bool:
        """Whether the search has another page."""
        return self._has_more

    def fetchMore(self, parent: Index) -> None:
        """Ask for it, once."""
        self._has_more = False
        self.more_wanted.emit()


class RepoDelegate(QStyledItemDelegate):
    """Two lines in a rounded box."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One height for all."""
        return QSize(0, option.fontMetrics.height() * 2 + 26)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row from the palette."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(0, 1, 0, -1)
        state, colors = option.state, option.palette
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_Selected:
            painter.setPen(colors.color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        self._paint_lines(painter, box.adjusted(_PADDING, 0, -_PADDING, 0), option, index)
        painter.restore()

    def _paint_lines(self, painter: QPainter, where: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        middle = where.center().y() + 1
        small = QFont(option.font)
        small.setPointSizeF(small.pointSizeF() - 1)
        name = (index.data(), option.font, QPalette.ColorRole.Text, Qt.AlignmentFlag.AlignBottom, -1)
        remark = (index.data(_Role.REMARK), small, QPalette.ColorRole.PlaceholderText, Qt.AlignmentFlag.AlignTop, 2)
        # What tells two repos of a model apart is often the end of their names.
        for (text, font, role, align, shift), cut in (
            (name, Qt.TextElideMode.ElideMiddle),
            (remark, Qt.TextElideMode.ElideRight),
        ):
            painter.setFont(font)
            painter.setPen(option.palette.color(role))
            half = QRect(where)
            if align == Qt.AlignmentFlag.AlignBottom:
                half.setBottom(middle + shift)
            else:
                half.setTop(middle + shift)
            shown = painter.fontMetrics().elidedText(text, cut, half.width())
            painter.drawText(half, align | Qt.AlignmentFlag.AlignLeading, shown)


class RepoList(QListView):
    """The list; the current row is the chosen repo."""

    chosen = Signal(str)
    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = RepoModel()
        self._rows.more_wanted.connect(self.more_wanted)
        self.setModel(self._rows)
        self.setItemDelegate(RepoDelegate(self))
        self.setProperty("kind", "conversations")
        self.setAccessibleName(self.tr("Models"))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._on_current)

    @property
    def rows(self) -> list[RepoRow]:
        """What is listed."""
        return self._rows.rows

    def set_rows(self, rows: Sequence[RepoRow], *, has_more: bool = False) -> None:
        """Show these alone; none is chosen."""
        self._rows.set_rows(rows, has_more=has_more)
        self.scrollToTop()

    def add_rows(self, rows: Sequence[RepoRow], *, has_more: bool) -> None:
        """Show these after the others."""
        self._rows.add_rows(rows, has_more=has_more)

    def mark(self, repo: str) -> None:
        """Show a repo as the chosen one, without choosing it again; none where it is not listed."""
        number = next((number for number, row in enumerate(self.rows) if row.id.lower() == repo.lower()), -1)
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self._rows.index(number))
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.rows[current.row()].id)
