"""What is to be compared, chosen by the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.chat.presets import Preset, StoredPreset
from app.ui.compare.setup import MOST, CompareSetup
from app.ui.theme import ThemeSource
from tests.ui.conftest import FileFactory
from tests.ui.seen import button


@pytest.fixture
def setup(qtbot: QtBot, themed: ThemeSource, model_file: FileFactory) -> CompareSetup:
    presets = [StoredPreset(id=1, preset=Preset(name="Short")), StoredPreset(id=2, preset=Preset(name="Long"))]
    made = CompareSetup([model_file(), model_file(number=2)], presets, "Which is better?")
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def test_tab_goes_through_the_rows_before_the_buttons(qtbot: QtBot, setup: CompareSetup) -> None:
    qtbot.mouseClick(button(setup, "One more"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(setup.rows[-1].isVisible)
    setup.message.setFocus()
    passed = []
    for _ in range(7):
        qtbot.keyClick(setup.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
    rows = [box for row in setup.rows for box in (row.model, row.preset)]
    assert passed == [*rows, button(setup, "One more")]


def test_a_new_row_has_the_focus_and_is_like_no_other(qtbot: QtBot, setup: CompareSetup) -> None:
    more = button(setup, "One more")
    while more.isEnabled():
        qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
        assert setup.rows[-1].model.hasFocus()
        assert setup.begin.isEnabled()
    assert len(setup.rows) == MOST
