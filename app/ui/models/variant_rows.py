"""The rows of the picker's table of variants: what each cell says, and what it is sorted by.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.core.catalog.hub import Variant
from app.core.prediction.fit import Fit, Placement
from app.core.sizes import format_bytes, format_decimal
from app.ui.labels import tip
from app.ui.models import words

Index = QModelIndex | QPersistentModelIndex
MOST_QUALITY = 5


@dataclass(frozen=True)
class VariantRow:
    """A variant, how it fits (None while the machine is unknown), and whether it is the one to take."""

    variant: Variant
    fit: Fit | None
    is_best: bool = False


class Column(IntEnum):
    """The columns in order."""

    NAME = 0
    FORMAT = 1
    BITS = 2
    SIZE = 3
    NEEDS = 4
    FITS = 5
    SPEED = 6
    QUALITY = 7


COLUMNS = tuple(Column)
NUMBERS = (Column.BITS, Column.SIZE, Column.NEEDS, Column.SPEED)
"""They stand below each other at their ends, so that a larger one is seen at a glance."""


class Role(IntEnum):
    """What a cell tells beside its text."""

    ROW = Qt.ItemDataRole.UserRole
    SORT = Qt.ItemDataRole.UserRole + 1


_PLACES = {Placement.DOES_NOT_FIT: -1.0, Placement.CPU: 0.0, Placement.PARTLY: 0.0, Placement.ALL_ON_GPU: 2.0}


class VariantModel(QAbstractTableModel):
    """One row per variant, whose texts are made once for all who ask."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[VariantRow] = []
        self._texts: list[tuple[str, ...]] = []
        self._titles = (
            *(self.tr("Variant"), self.tr("Format"), self.tr("Bits"), self.tr("Size")),
            *(self.tr("Needs"), self.tr("Fits"), self.tr("Speed"), self.tr("Quality")),
        )

    def set_rows(self, rows: Sequence[VariantRow]) -> Sequence[Column]:
        """Show these; the same variants with other values keep their places.

        Returns the columns that say something else than before.
        """
        before, old = self.rows, self._texts
        rows, texts = list(rows), [self._texts_of(row) for row in rows]
        if not rows or [row_key(row.variant) for row in rows] != [row_key(row.variant) for row in before]:
            self.beginResetModel()
            self.rows, self._texts = rows, texts
            self.endResetModel()
            return COLUMNS
        self.rows, self._texts = rows, texts
        starred = [row.is_best for row in rows] != [row.is_best for row in before]
        changed = [
            column
            for column, told, telling in zip(COLUMNS, zip(*old, strict=True), zip(*texts, strict=True), strict=True)
            if starred or told != telling
        ]
        if changed:
            self.dataChanged.emit(self.index(0, changed[0]), self.index(len(rows) - 1, changed[-1]))
        return changed

    def rowCount(self, parent: Index | None = None) -> int:
        """All variants."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """All columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The columns' titles."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignTrailing if COLUMNS[section] in NUMBERS else Qt.AlignmentFlag.AlignLeading
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell's text, what it is sorted by, its tooltip, and what a screen reader says."""
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self.text(index.row(), column)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(self._tip(row, column))
            case Role.ROW:
                return row
            case Role.SORT:
                return _sort_key(row, column)
        return None

    def title(self, column: Column) -> str:
        """What stands above a column."""
        return self._titles[column]

    def text(self, number: int, column: Column) -> str:
        """What a cell says."""
        return self._texts[number][column]

    def _texts_of(self, row: VariantRow) -> tuple[str, ...]:
        return tuple(self._text(row, column) for column in COLUMNS)

    def _text(self, row: VariantRow, column: Column) -> str:
        variant, fit = row.variant, row.fit
        match column:
            case Column.NAME:
                return variant.name if variant.name != "main" or not variant.quantization else variant.quantization
            case Column.FORMAT:
                return words.format_name(variant.format)
            case Column.BITS:
                return format_decimal(variant.bits_per_weight, 1) if variant.bits_per_weight else "—"
            case Column.SIZE:
                return format_bytes(variant.bytes)
        if fit is None:
            return "…"
        match column:
            case Column.NEEDS:
                return format_bytes(fit.total)
            case Column.FITS:
                return words.verdict(fit)
            case Column.SPEED:
                return words.speed(fit)
        return self.tr("{quality} of {most}").format(quality=fit.quality, most=MOST_QUALITY)

    def _tip(self, row: VariantRow, column: Column) -> str:
        match column:
            case Column.NAME:
                return f"{row.variant.branch} · {row.variant.files[0].path}" if row.variant.files else row.variant.name
            case Column.NEEDS if row.fit is not None and not row.fit.exact:
                return self.tr("Estimated from the file's size")
            case Column.SPEED if row.fit is not None:
                return words.speed_range(row.fit)
            case Column.FITS if row.fit is not None:
                return words.verdict_in_full(row.fit)
        return ""


def row_key(variant: Variant) -> tuple[str, str, str]:
    """What tells a variant from its siblings in the table."""
    return variant.repo, variant.branch, variant.name


def _sort_key(row: VariantRow, column: Column) -> float | str:
    variant, fit = row.variant, row.fit
    match column:
        case Column.NAME:
            return variant.name.lower()
        case Column.FORMAT:
            return variant.format.value
        case Column.BITS:
            return variant.bits_per_weight
        case Column.SIZE:
            return float(variant.bytes)
    if fit is None:
        return 0.0
    match column:
        case Column.NEEDS:
            return float(fit.total)
        case Column.FITS:
            part = fit.verdict.gpu_layers / max(fit.verdict.layers, 1)
            return _PLACES[fit.verdict.placement] + part
        case Column.SPEED:
            return fit.speed.likely if fit.speed else 0.0
    return float(fit.quality)
