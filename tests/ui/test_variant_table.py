"""The picker's table leaves out what there is no room for, never a variant's name, and repaints what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from app.core.catalog.hub import Format, RemoteFile, Variant
from app.core.prediction.fit import Fit, Need, Placement, Speed, Verdict
from app.ui.models.variant_paint import PADDING, VariantDelegate
from app.ui.models.variant_rows import Column, Index, VariantRow
from app.ui.models.variant_table import VariantTable
from app.ui.theme import LIGHT

NAME = "Q4_K_M"


def row(number: int, kind: Format = Format.GGUF) -> VariantRow:
    file = RemoteFile(f"{number}.gguf", 7_000_000_000, "")
    variant = Variant(
        repo="acme/model",
        branch="main",
        commit="0",
        name=NAME,
        format=kind,
        quantization=NAME,
        bits_per_weight=4.5,
        files=(file,),
        header_file=file.path,
    )
    return VariantRow(variant, None, is_best=False)


@pytest.fixture
def table(qtbot: QtBot) -> VariantTable:
    made = VariantTable(LIGHT)
    made.setStyleSheet("* { background: white; }")  # the application's is that of whichever test set one last
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("percent", [100, 140, 200])
def test_a_name_can_be_read_at_every_size_of_text(table: VariantTable, percent: int) -> None:
    font = table.font()
    font.setPointSizeF(font.pointSizeF() * percent / 100)
    table.setFont(font)
    table.resize(660 * percent // 100, 300)
    table.set_rows([row(1), row(2)])
    assert table.columnWidth(Column.NAME) > QFontMetrics(font).horizontalAdvance(NAME)


def test_the_mark_of_the_best_takes_nothing_from_its_name(table: VariantTable) -> None:
    best = replace(row(1), is_best=True)
    table.set_rows([best, row(2)])
    font = QFont(table.font())
    font.setBold(True)
    metrics = QFontMetrics(font)
    needed = metrics.horizontalAdvance(NAME) + table._drawn.mark_width(metrics)
    for width in range(900, 200, -20):
        table.resize(width, 300)
        assert table.columnWidth(Column.NAME) - 2 * PADDING >= needed


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_the_mark_follows_the_name_in_either_direction(table: VariantTable, direction: Qt.LayoutDirection) -> None:
    table.setLayoutDirection(direction)
    table.resize(900, 300)
    table.set_rows([replace(row(1), is_best=True)])
    index = table.model().index(0, Column.NAME)
    seen = table.viewport().grab(table.visualRect(index)).toImage()
    pixels = [(x, seen.pixelColor(x, y)) for x in range(seen.width()) for y in range(seen.height())]
    mark = [x for x, color in pixels if color.blue() - color.red() > 60]
    name = [x for x, color in pixels if max(color.getRgb()[:3]) < 90]  # type: ignore[type-var]
    first, second = (name, mark) if direction is Qt.LayoutDirection.LeftToRight else (mark, name)
    assert first and second and max(first) < min(second)


def test_what_has_no_room_is_reached_by_scrolling(qtbot: QtBot, table: VariantTable) -> None:
    table.resize(220, 300)
    table.set_rows([row(1), row(2)])
    assert table.horizontalScrollBar().isVisible()
    table.resize(900, 300)
    qtbot.waitUntil(lambda: not table.horizontalScrollBar().isVisible())


def test_rows_grow_with_the_text(table: VariantTable) -> None:
    font = table.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    table.setFont(font)
    table.set_rows([row(1)])
    assert table.rowHeight(0) > QFontMetrics(font).height()


def test_the_chosen_row_stays_in_sight_when_the_table_gets_low(table: VariantTable) -> None:
    rows = [row(number) for number in range(30)]
    table.resize(900, 900)
    table.set_rows(rows)
    table.choose(rows[-1].variant)
    table.resize(900, 160)
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())


def test_the_columns_that_say_least_go_first(table: VariantTable) -> None:
    table.resize(1200, 300)
    table.set_rows([row(1), row(2)])
    assert not any(table.isColumnHidden(column) for column in Column)
    table.resize(380, 300)
    assert [column for column in Column if table.isColumnHidden(column)] == [Column.FORMAT, Column.BITS]
    table.set_rows([row(1), row(2, Format.GPTQ)])
    assert [column for column in Column if table.isColumnHidden(column)] == [Column.BITS]


def test_names_that_differ_in_their_middle_go_before_the_columns_that_say_least(table: VariantTable) -> None:
    rows = [row(number, Format.GPTQ) for number in (32, 64, 128)]
    long = [
        replace(one, variant=msgspec.structs.replace(one.variant, name=f"gptq-4bit-{group}g-actorder_True"))
        for one, group in zip(rows, (32, 64, 128), strict=True)
    ]
    bold = QFont(table.font())
    bold.setBold(True)
    table.set_rows(long)
    table.resize(sum(table._widths.values()) - 10, 300)
    assert [column for column in Column if table.isColumnHidden(column)] == [Column.BITS]
    longest = QFontMetrics(bold).horizontalAdvance(long[-1].variant.name)
    assert table.columnWidth(Column.NAME) - 2 * PADDING >= longest


def fitting(tokens: int) -> Fit:
    """On a processor, in as many bytes as there are tokens, and as fast."""
    return Fit(
        needs=(Need("CPU", weights=tokens),),
        verdict=Verdict(Placement.CPU, 0, 33),
        speed=Speed(low=1, likely=tokens, high=2 * tokens),
        quality=4,
        context_length=tokens,
    )


def told(rows: list[VariantRow], tokens: int, best: int = 0) -> list[VariantRow]:
    return [VariantRow(one.variant, fitting(tokens), is_best=number == best) for number, one in enumerate(rows)]


class Watching(VariantDelegate):
    """Keeps the columns that were painted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(LIGHT, parent)
        self.painted: set[Column] = set()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.painted.add(Column(index.column()))
        super().paint(painter, option, index)


def painted_at_rest(watching: Watching, act: Callable[[], None]) -> set[Column]:
    """What is painted because of something, once all that was to be painted before has been."""
    _live()
    watching.painted.clear()
    act()
    _live()
    return watching.painted


def _live() -> None:
    for _ in range(20):
        QApplication.processEvents()


def test_only_what_says_something_else_is_painted_again(table: VariantTable, qtbot: QtBot) -> None:
    watching = Watching(table)
    table.setItemDelegate(watching)
    table.resize(1200, 300)
    rows = [row(1), row(2), row(3)]
    table.set_rows(told(rows, 8192))
    qtbot.waitUntil(lambda: watching.painted == set(Column))
    painted = painted_at_rest(watching, lambda: table.set_rows(told(rows, 4000)))
    assert {Column.NEEDS, Column.SPEED} <= painted <= {Column.NEEDS, Column.FITS, Column.SPEED, Column.QUALITY}
    assert not painted_at_rest(watching, lambda: table.set_rows(told(rows, 4000)))
    assert painted_at_rest(watching, lambda: table.set_rows(told(rows, 4000, best=1))) == set(Column)


def test_columns_get_no_narrower_while_values_change(table: VariantTable) -> None:
    table.resize(1200, 300)
    rows = [row(1), row(2)]
    table.set_rows(told(rows, 8192))
    wide = table.columnWidth(Column.SPEED)
    table.set_rows(told(rows, 1))
    assert table.columnWidth(Column.SPEED) == wide
    table.set_rows(told([row(3)], 1))
    assert table.columnWidth(Column.SPEED) < wide
