"""The picker's table leaves out what there is no room for, and never a variant's name."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from app.core.hub import Format, RemoteFile, Variant
from app.ui.models.variant_rows import Column, VariantRow
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
