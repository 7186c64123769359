"""Number fields: their steps can be clicked, and they stand in one line with other fields."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.icons import ComboBox
from app.ui.number_boxes import FractionBox, NumberBox
from app.ui.theme import COMFORTABLE, COMPACT, Density, ThemeSource


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
@pytest.mark.parametrize("kind", [NumberBox, FractionBox])
def test_the_arrows_at_its_end_step(
    qtbot: QtBot, themed: ThemeSource, kind: type[NumberBox | FractionBox], direction: Qt.LayoutDirection
) -> None:
    themed._application.setLayoutDirection(direction)
    try:
        themed._dress(themed.theme)
        box = kind()
        qtbot.addWidget(box)
        box.setValue(5)
        box.show()
        end = box.width() - 12 if direction is Qt.LayoutDirection.LeftToRight else 12
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(end, 6))
        assert box.value() == 6
        for _ in range(2):
            QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(end, box.height() - 6))
        assert box.value() == 4
    finally:
        themed._application.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        themed._dress(themed.theme)


@pytest.mark.parametrize("percent", [80, 100, 200])
@pytest.mark.parametrize("density", [COMFORTABLE, COMPACT])
def test_all_fields_are_of_one_height(qtbot: QtBot, themed: ThemeSource, density: Density, percent: int) -> None:
    row, fields = QWidget(), [QLineEdit(), ComboBox(), NumberBox(), FractionBox()]
    qtbot.addWidget(row)
    line = QHBoxLayout(row)
    for field in fields:
        line.addWidget(field)
    themed.set_density(density)
    themed.set_text_size(percent)
    try:
        row.show()
        assert len({field.height() for field in fields}) == 1
    finally:
        themed.set_text_size(100)
        themed.set_density(COMFORTABLE)
