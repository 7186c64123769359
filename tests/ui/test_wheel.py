"""The mouse wheel over a page of fields scrolls the page."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.icons import ComboBox
from app.ui.number_boxes import FractionBox, NumberBox
from app.ui.theme import ThemeSource


def roll(field: QWidget) -> bool:
    """Turn the wheel over a field by one notch; whether the field takes it, so that the page does not."""
    place = QPointF(4, 4)
    event = QWheelEvent(
        place, field.mapToGlobal(place), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(field, event)
    return event.isAccepted()


def shown(field: QWidget) -> str:
    assert isinstance(field, NumberBox | FractionBox | ComboBox)
    return field.currentText() if isinstance(field, ComboBox) else field.text()


@pytest.mark.parametrize("kind", [NumberBox, FractionBox, ComboBox])
def test_the_wheel_changes_only_the_field_in_use(qtbot: QtBot, themed: ThemeSource, kind: type[QWidget]) -> None:
    window, field, other = QWidget(), kind(), NumberBox()
    qtbot.addWidget(window)
    if isinstance(field, ComboBox):
        field.addItems(["1", "2", "3"])
        field.setCurrentIndex(1)
    elif isinstance(field, NumberBox | FractionBox):
        field.setValue(2)
    column = QVBoxLayout(window)
    column.addWidget(other)
    column.addWidget(field)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    other.setFocus()
    before = shown(field)
    assert not roll(field)
    assert (shown(field), field.hasFocus()) == (before, False)
    assert not field.focusPolicy() & Qt.FocusPolicy.WheelFocus & ~Qt.FocusPolicy.StrongFocus
    field.setFocus()
    assert roll(field)
    assert shown(field) != before
