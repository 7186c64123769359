"""The picker's table of variants: what each needs, whether it fits, how fast and how good it is.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView, QWidget

from app.core.catalog.hub import Variant
from app.ui.models.variant_paint import CIRCLE, PADDING, QUALITY_WIDTH, VariantDelegate, row_height
from app.ui.models.variant_rows import COLUMNS, Column, Role, VariantModel, VariantRow, row_key
from app.ui.theme import Theme

_NAME_CHARACTERS = 30
"""As much of a variant's name as is worth leaving out another column for."""

_LEAST_NAME_CHARACTERS = 14
"""As much of it as is kept in sight, though the table has to be scrolled for that."""

_ROWS_SEEN = 3


class VariantTable(QTableView):
    """The current row is the chosen variant; it stays chosen while its values change."""

    chosen = Signal(object)  # Variant

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = VariantModel()
        self._order = QSortFilterProxyModel(self)
        self._order.setSortRole(Role.SORT)
        self._order.setSourceModel(self._rows)
        self._drawn = VariantDelegate(theme, self)
        self._widths = dict.fromkeys(COLUMNS, 0)
        self.setModel(self._order)
        self.setItemDelegate(self._drawn)
        self.setProperty("kind", "variants")
        self.setAccessibleName(self.tr("Variants"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setCornerWidget(QWidget())  # the style draws a frame where there is none
        self._set_headers()
        self.selectionModel().currentRowChanged.connect(self._on_current)

    @property
    def rows(self) -> list[VariantRow]:
        """All rows in the repo's order."""
        return self._rows.rows

    @property
    def current(self) -> VariantRow | None:
        """The chosen row."""
        index = self.currentIndex()
        return index.data(Role.ROW) if index.isValid() else None

    def set_theme(self, theme: Theme) -> None:
        """Paint with another theme."""
        self._drawn.theme = theme
        self.viewport().update()

    def set_rows(self, rows: Sequence[VariantRow]) -> None:
        """Show these. While only values change, no column gets narrower, so that nothing moves to and fro."""
        changed, before = self._rows.set_rows(rows), self._widths
        if not changed:
            return
        self._measure(changed)
        if len(changed) < len(COLUMNS):
            self._widths = {column: max(width, before[column]) for column, width in self._widths.items()}
            if self._widths == before and Column.FORMAT not in changed:
                return
        self._fit_columns()

    def choose(self, variant: Variant) -> None:
        """Make a variant the current one."""
        for number, row in enumerate(self.rows):
            if row_key(row.variant) == row_key(variant):
                index = self._order.mapFromSource(self._rows.index(number, 0))
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                self.selectionModel().setCurrentIndex(index, flags)
                self.scrollTo(index)

    def sizeHint(self) -> QSize:
        """A few rows are seen without scrolling."""
        rows = _ROWS_SEEN * self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + rows)

    def moveCursor(self, action: QTableView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """By whole rows: cells by themselves cannot be chosen."""
        rows, row = self.model().rowCount(), self.currentIndex().row()
        wanted = {
            QTableView.CursorAction.MoveHome: 0,
            QTableView.CursorAction.MoveEnd: rows - 1,
            QTableView.CursorAction.MoveLeft: row,
            QTableView.CursorAction.MoveRight: row,
        }
        if action in wanted:
            return self.model().index(wanted[action], 0)
        return super().moveCursor(action, modifiers)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The whole row shows it, where Qt would draw the current cell anew."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The same."""
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for, but never the chosen row."""
        super().resizeEvent(event)
        self._fit_columns()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew in another font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics()))
            self._measure()
            self._fit_columns()

    def _set_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics()))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(36)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicatorShown(False)
        header.setSortIndicatorClearable(True)
        header.sectionClicked.connect(self._sort_by)

    def _sort_by(self, section: int) -> None:
        same = self._order.sortColumn() == section and self._order.sortOrder() is Qt.SortOrder.DescendingOrder
        self._order.sort(section, Qt.SortOrder.AscendingOrder if same else Qt.SortOrder.DescendingOrder)

    def _measure(self, columns: Sequence[Column] = COLUMNS) -> None:
        """Find how wide these columns are with all that stands in them."""
        metrics = self._bold_metrics()
        self._widths = self._widths | {column: self._width_of(column, metrics) for column in columns}

    def _bold_metrics(self) -> QFontMetrics:
        """Those of the best variant's row, which takes the most room."""
        bold = QFont(self.font())
        bold.setBold(True)
        return QFontMetrics(bold)

    def _fit_columns(self) -> None:
        widths = self._widths
        is_one_format = len({row.variant.format for row in self.rows}) == 1
        hidden: set[Column] = set()
        for column in (Column.BITS, Column.FORMAT):
            if sum(width for key, width in widths.items() if key not in hidden) <= self.viewport().width():
                break
            if column is not Column.FORMAT or is_one_format:
                hidden.add(column)
        least = self._name_width(self._bold_metrics(), _LEAST_NAME_CHARACTERS)
        others = sum(width for key, width in widths.items() if key not in hidden and key is not Column.NAME)
        fits, modes = least + others <= self.viewport().width(), QHeaderView.ResizeMode
        self.horizontalHeader().setSectionResizeMode(Column.NAME, modes.Stretch if fits else modes.Fixed)
        for column, width in (widths | {Column.NAME: least}).items():
            self.setColumnHidden(column, column in hidden)
            if column is not Column.NAME or not fits:
                self.setColumnWidth(column, width)

    def _width_of(self, column: Column, metrics: QFontMetrics) -> int:
        """What a column takes with all that stands in it."""
        title = self._rows.title(column)
        if column is Column.NAME:
            return self._name_width(metrics, _NAME_CHARACTERS)
        if column is Column.QUALITY:
            return max(metrics.horizontalAdvance(title), QUALITY_WIDTH) + 2 * PADDING
        texts = [self._rows.text(number, column) for number in range(len(self.rows))]
        mark = CIRCLE + 8 if column is Column.FITS else 0
        return max(map(metrics.horizontalAdvance, [*texts, title])) + 2 * PADDING + mark + 2

    def _name_width(self, metrics: QFontMetrics, characters: int) -> int:
        """What the names take, of each so many characters at most, with the mark of the best one."""
        most, mark = metrics.averageCharWidth() * characters, self._drawn.mark_width(metrics)
        names = (self._rows.text(number, Column.NAME) for number in range(len(self.rows)))
        widths = [
            min(metrics.horizontalAdvance(name), most) + (mark if row.is_best else 0)
            for name, row in zip(names, self.rows, strict=True)
        ]
        return max([*widths, metrics.horizontalAdvance(self._rows.title(Column.NAME))]) + 2 * PADDING + 2

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.data(Role.ROW).variant)
