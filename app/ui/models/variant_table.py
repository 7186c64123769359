"""The picker's table of variants: what each needs, whether it fits, how fast and how good it is.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView, QWidget

from app.core.hub import Variant
from app.ui.models.variant_paint import CIRCLE, PADDING, QUALITY_WIDTH, ROW_HEIGHT, VariantDelegate
from app.ui.models.variant_rows import Column, Role, VariantModel, VariantRow, row_key
from app.ui.theme import Theme

_NARROW = 660


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
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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
        """Show these."""
        self._rows.set_rows(rows)
        self._fit_columns()

    def choose(self, variant: Variant) -> None:
        """Make a variant the current one."""
        for number, row in enumerate(self.rows):
            if row_key(row.variant) == row_key(variant):
                index = self._order.mapFromSource(self._rows.index(number, 0))
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                self.selectionModel().setCurrentIndex(index, flags)
                self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._fit_columns()

    def _set_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
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

    def _fit_columns(self) -> None:
        is_narrow = self.viewport().width() < _NARROW
        self.setColumnHidden(Column.BITS, is_narrow)
        self.setColumnHidden(Column.FORMAT, is_narrow and len({row.variant.format for row in self.rows}) == 1)
        bold = QFont(self.font())
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        for column in (Column.FORMAT, Column.BITS, Column.SIZE, Column.NEEDS, Column.FITS, Column.SPEED):
            texts = [self._rows.index(number, column).data() for number in range(len(self.rows))]
            title = self._rows.headerData(column, Qt.Orientation.Horizontal)
            width = max(map(metrics.horizontalAdvance, [*texts, str(title)]))
            extra = CIRCLE + 8 if column is Column.FITS else 0
            self.setColumnWidth(column, width + 2 * PADDING + extra + 2)
        self.setColumnWidth(
            Column.QUALITY, max(metrics.horizontalAdvance(self.tr("Quality")), QUALITY_WIDTH) + 2 * PADDING
        )

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.data(Role.ROW).variant)
