"""Enter in a dialog presses the button that has the focus, whichever is the default."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout
from pytestqt.qtbot import QtBot

from app.core.data.exchange import ImportReport, Skipped
from app.core.data.exchange_errors import RecordInvalid
from app.core.errors import Failure
from app.ui.exchange.dialog import ExchangeDialog
from app.ui.fitting_dialog import BoundedDialog
from app.ui.icons import IconButton
from app.ui.text_dialog import MessageDialog
from app.ui.theme import ThemeSource
from tests.ui.seen import button

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@pytest.mark.parametrize("key", ENTER)
@pytest.mark.parametrize("focused", ["Give up", "Save"])
def test_a_question_is_answered_by_the_button_in_focus(
    qtbot: QtBot, themed: ThemeSource, key: Qt.Key, focused: str
) -> None:
    pressed: list[str] = []
    dialog = MessageDialog("Presets", "Some changes are not saved.", "Save them, or give them up?")
    qtbot.addWidget(dialog)
    dialog.add_button("Give up", lambda: pressed.append("Give up"))
    dialog.add_button("Save", lambda: pressed.append("Save"), default=True)
    with qtbot.waitActive(dialog):
        dialog.open()
        dialog.activateWindow()
    found = button(dialog, focused)
    found.setFocus()
    QTest.keyClick(found, key)
    assert pressed == [focused]


def test_in_a_field_enter_presses_the_default(qtbot: QtBot, themed: ThemeSource) -> None:
    pressed: list[str] = []
    dialog, field, icon, default = BoundedDialog(), QLineEdit(), IconButton("close", "Delete"), QPushButton("Use")
    qtbot.addWidget(dialog)
    column = QVBoxLayout(dialog)
    for widget in (field, icon, default):
        column.addWidget(widget)
    default.setDefault(True)
    icon.clicked.connect(lambda: pressed.append("icon"))
    default.clicked.connect(lambda: pressed.append("default"))
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    for widget in (field, icon):
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_Return)
    assert pressed == ["default", "icon"]


def test_each_page_of_an_import_begins_at_what_enter_does(qtbot: QtBot, themed: ThemeSource) -> None:
    dialog = ExchangeDialog("Import chats")
    qtbot.addWidget(dialog)
    dialog.ask()
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    low = dialog.height()
    with qtbot.waitSignal(dialog.files_wanted):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert dialog.files.isDefault()
    dialog.work("Importing")
    with qtbot.waitSignal(dialog.stop_requested):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    failure = Skipped("a.json, chat 2", Failure.of(RecordInvalid(reason="it is not an object")))
    dialog.show_imported(ImportReport(added=1, messages=2, skipped_count=1, skipped=(failure,)))
    qtbot.waitUntil(lambda: dialog.height() > low)
    assert dialog.close_button.isDefault()
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert not dialog.isVisible()
