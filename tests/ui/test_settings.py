"""The settings' window: what it is made of, that changes count at once, and the keyboard."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.paths import Folders, Home
from app.core.program.ledger import LedgerEntry, Purpose, ledger_path
from app.core.program.setting import Page
from app.core.program.settings import SETTINGS
from app.services.engine_host import EngineState
from app.services.idle_unload import IdleUnload
from app.ui.data_backups import BackupsDialog
from app.ui.data_move import MoveDialog
from app.ui.exchange.dialog import ExchangeDialog
from app.ui.settings.actions import ActionRow
from app.ui.settings.dialog import SettingsDialog
from app.ui.theme import DARK, LIGHT

FileFactory = Callable[..., object]


@pytest.fixture
def settings(program: Program, qtbot: QtBot) -> SettingsDialog:
    dialog = program.desks.settings.show_settings()
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    return dialog


def stored(tmp_path: Path) -> dict[str, object]:
    """What the settings' thread has written so far."""
    file = tmp_path / "home" / "config" / "settings.json"
    found: dict[str, object] = json.loads(file.read_text()) if file.exists() else {}
    return found


def focusable(window: QWidget) -> list[QWidget]:
    return [one for one in window.findChildren(QWidget) if one.focusPolicy() & Qt.FocusPolicy.TabFocus]


def test_every_setting_has_a_row_on_its_page(settings: SettingsDialog) -> None:
    for key, setting in SETTINGS.items():
        if setting.page is not None and not setting.hidden:
            assert settings.row(key) in settings.pages[setting.page].rows
    assert [settings.list.item(row).text() for row in range(settings.list.count())] == [
        "Appearance",
        "Behaviour",
        "Models and folders",
        "Downloads and network",
        "Privacy",
        "Shortcuts",
        "Data",
    ]


def test_every_control_says_what_it_is(settings: SettingsDialog) -> None:
    for page in Page:
        settings.show_page(page)
        nameless = [
            one
            for one in focusable(settings)
            if one.isVisible() and not (one.accessibleName() or (isinstance(one, QPushButton) and one.text()))
        ]
        assert [type(one).__name__ for one in nameless if not one.objectName().startswith("qt_")] == []


def test_a_change_counts_at_once_and_is_kept(
    program: Program, settings: SettingsDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    row = settings.row("appearance.theme")
    row.field.edited.emit("dark")
    assert program.window.theme.theme is DARK
    row.reset.click()
    row.field.edited.emit("light")
    assert program.window.theme.theme is LIGHT
    qtbot.waitUntil(lambda: stored(tmp_path).get("appearance.theme") == "light")


def test_text_and_density_change_the_window(program: Program, settings: SettingsDialog, qapp: QApplication) -> None:
    usual = qapp.font().pointSizeF()
    height = program.view.sidebar._new.sizeHint().height()
    settings.row("appearance.text_size").field.edited.emit(120)
    assert qapp.font().pointSizeF() == pytest.approx(usual * 1.2)
    program.ground.preferences.reset("appearance.text_size")
    settings.row("appearance.density").field.edited.emit("compact")
    assert program.view.sidebar._new.sizeHint().height() < height
    program.ground.preferences.reset("appearance.density")


def test_what_cannot_be_is_refused_below_its_field(program: Program, settings: SettingsDialog) -> None:
    row = settings.row("network.proxy")
    settings.show_page(Page.NETWORK)
    row.field.edited.emit("proxy:3128")
    assert row.problem.isVisible()
    assert "Proxy cannot be" in row.problem.text()
    assert program.ground.preferences.get("network.proxy") == ""
    row.field.edited.emit("http://proxy:3128")
    assert not row.problem.isVisible()


@pytest.mark.parametrize(
    ("button", "kind"),
    [("Export…", QFileDialog), ("Import…", ExchangeDialog), ("Backups…", BackupsDialog), ("Move…", MoveDialog)],
)
def test_what_the_page_data_opens_leads_back_to_it(
    program: Program, settings: SettingsDialog, qtbot: QtBot, button: str, kind: type[QDialog]
) -> None:
    settings.show_page(Page.DATA)
    rows = settings.pages[Page.DATA].rows
    pressed = next(row.button for row in rows if isinstance(row, ActionRow) and row.button.text() == button)
    pressed.setFocus()
    pressed.click()
    (dialog,) = (one for one in program.window.findChildren(kind) if one.isVisible())
    assert dialog.parentWidget() is settings
    with qtbot.waitActive(settings):
        dialog.reject()
    qtbot.waitUntil(pressed.hasFocus)


def test_search_shows_what_is_meant_from_all_pages(settings: SettingsDialog) -> None:
    settings.search.setText("  DARK ")
    assert [row.setting.key for row in settings._rows.values() if row.isVisible()] == ["appearance.theme"]
    assert [page for page, view in settings.pages.items() if view.isVisible()] == [Page.APPEARANCE]
    settings.search.setText("backup")
    assert settings.pages[Page.DATA].isVisible()
    settings.search.setText("xyzzy")
    assert settings._nothing.isVisible()
    QTest.keyClick(settings.search, Qt.Key.Key_Escape)
    assert settings.search.text() == ""
    assert settings.isVisible()


@pytest.mark.parametrize(
    ("words", "page"),
    [("Privacy", Page.PRIVACY), ("spoke with", Page.PRIVACY), ("behaviour", Page.BEHAVIOUR), ("Data", Page.DATA)],
)
def test_search_finds_pages_by_their_names_and_what_is_no_setting(
    settings: SettingsDialog, words: str, page: Page
) -> None:
    settings.search.setText(words)
    assert all(row.isVisible() for row in settings.pages[page].rows)


def test_search_tells_what_keys_do(program: Program, settings: SettingsDialog) -> None:
    program.ground.preferences.set("shortcuts.print", "Ctrl+Alt+P")
    settings.search.setText("ctrl+alt+p")
    assert [row.setting.key for row in settings._rows.values() if row.isVisible()] == ["shortcuts.print"]
    settings.search.setText("+++")
    assert settings._nothing.isVisible()


@pytest.mark.parametrize("percent", [100, 200])
def test_no_page_is_wider_than_its_window(
    program: Program, settings: SettingsDialog, qtbot: QtBot, percent: int
) -> None:
    try:
        program.ground.preferences.set("appearance.text_size", percent)
        for page in Page:
            settings.show_page(page)
            qtbot.waitUntil(lambda: settings.area.widget().width() <= settings.area.viewport().width())
            assert not settings.area.horizontalScrollBar().isVisible()
    finally:
        program.ground.preferences.reset("appearance.text_size")


def test_beside_the_program_the_data_is_not_moved_from_here(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    portable = dataclasses.replace(Folders.of({"PARLEY_HOME": str(tmp_path / "home")}), home=Home.PORTABLE)
    desk = program.desks.settings
    monkeypatch.setattr(desk, "_folders", portable)
    first = desk.settings.pages[Page.DATA].rows[0]
    assert isinstance(first, ActionRow)
    assert first.button.text() == "Open folder"
    assert first.matches("beside the program")


def test_pages_by_keyboard(settings: SettingsDialog) -> None:
    settings.search.setFocus()
    QTest.keyClick(settings.search, Qt.Key.Key_Down)
    QTest.keyClick(settings.list, Qt.Key.Key_Down)
    assert [page for page, view in settings.pages.items() if view.isVisible()] == [Page.BEHAVIOUR]
    QTest.keyClick(settings, Qt.Key.Key_Escape)
    assert not settings.isVisible()


def test_a_shortcut_is_recorded_and_acts(program: Program, settings: SettingsDialog, qtbot: QtBot) -> None:
    settings.show_page(Page.SHORTCUTS)
    row = settings.row("shortcuts.find_model")
    button = row.field.widget
    assert isinstance(button, QPushButton)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert program.ground.preferences.get("shortcuts.find_model") == "Ctrl+Shift+M"
    settings.close()
    program.window.activateWindow()
    with qtbot.waitActive(program.window):
        program.window.activateWindow()
    with qtbot.waitSignal(program.view.find_model_requested):
        QTest.keyClick(
            program.view, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )


def test_a_shortcut_in_use_is_refused_and_can_be_taken_away(program: Program, settings: SettingsDialog) -> None:
    settings.show_page(Page.SHORTCUTS)
    row = settings.row("shortcuts.new_chat")
    button = row.field.widget
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert "Search chats" in row.problem.text()
    assert program.ground.preferences.get("shortcuts.new_chat") == "Ctrl+N"
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_Escape)
    assert settings.isVisible()
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_Backspace)
    assert program.ground.preferences.get("shortcuts.new_chat") == ""


def test_offline_is_told_to_every_child(program: Program, settings: SettingsDialog) -> None:
    settings.row("network.offline").field.edited.emit(True)
    from app.services.network_settings import NetworkSettings

    network = program.window.findChild(NetworkSettings)
    assert isinstance(network, NetworkSettings)
    assert network.environment()["HF_HUB_OFFLINE"] == "1"


def test_servers_are_listed_and_forgotten(program: Program, qtbot: QtBot, tmp_path: Path) -> None:
    import msgspec

    path = ledger_path(Folders.of({"PARLEY_HOME": str(tmp_path / "home")}).logs)
    path.parent.mkdir(parents=True)
    path.write_bytes(msgspec.json.encode(LedgerEntry(60.0, "hub.example.org", Purpose.SEARCH)) + b"\nrubbish\n")
    dialog = program.desks.settings.show_settings(Page.PRIVACY)
    ledger = dialog.pages[Page.PRIVACY].rows[0]
    qtbot.waitUntil(lambda: ledger.table.topLevelItemCount() == 1)
    assert ledger.table.topLevelItem(0).text(1) == "hub.example.org"
    ledger.clear.click()
    qtbot.waitUntil(lambda: ledger.table.topLevelItemCount() == 0)
    assert not path.exists()


def test_settings_open_by_key_and_from_the_sidebar(program: Program, qtbot: QtBot) -> None:
    with qtbot.waitSignal(program.view.settings_requested):
        QTest.keyClick(program.view, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(program.view.settings_requested):
        program.view.sidebar._settings.click()


@pytest.mark.parametrize(("keys", "shown"), [("F1", "F1"), ("Ctrl+H", "Ctrl+H"), ("", "")])
def test_the_menu_names_the_keys_of_now(program: Program, keys: str, shown: str) -> None:
    program.ground.preferences.set("shortcuts.help", keys)
    menu = program.view.page.header.more.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    assert f"Keyboard shortcuts\t{shown}" in [action.text() for action in menu.actions()]


def test_everything_fits_from_right_to_left(settings: SettingsDialog, qapp: QApplication) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        settings.show_page(Page.APPEARANCE)
        row = settings.row("appearance.theme")
        QApplication.processEvents()
        title, field = row._title, row.field.widget
        assert field.mapTo(settings, QPoint()).x() < title.mapTo(settings, QPoint()).x()
        assert settings.list.mapTo(settings, QPoint()).x() > settings.area.mapTo(settings, QPoint()).x()
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_an_idle_model_is_unloaded_but_stays_chosen(program: Program, qtbot: QtBot, model_file: FileFactory) -> None:
    idle = program.window.findChild(IdleUnload)
    assert isinstance(idle, IdleUnload)
    program.ground.preferences.set("models.idle_unload", 5)
    assert idle._timer.remainingTime() == -1
    file = model_file()
    program.engines.engine.load(file)
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    assert idle._timer.remainingTime() > 4 * 60_000
    idle._timer.timeout.emit()
    assert program.engines.engine.state is EngineState.EMPTY
    assert program.engines.engine.file == file
    assert idle._timer.remainingTime() == -1
    program.ground.preferences.set("models.idle_unload", 0)
