"""From the picker to a loaded model: the whole program with real children, over a local Hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.catalog.downloads import DownloadState
from app.core.paths import Folders
from app.services.engine_host import EngineState
from app.ui.chat.notices import Toast
from app.ui.models.downloads import DownloadsDialog
from app.ui.models.picker import PickerDialog
from app.ui.settings.dialog import SettingsDialog
from tests.hub.hubserver import HubServer
from tests.hub.served import TINY
from tests.program import build


@pytest.fixture
def program(qtbot: QtBot, tiny_hub: HubServer, own_home: Path) -> Iterator[Program]:
    made = build(Folders.of({"PARLEY_HOME": str(own_home)}))
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    with qtbot.waitActive(made.window):
        made.window.activateWindow()
    made.start()
    yield made
    made.window.close()
    made.close()


def test_the_speed_limit_is_kept_and_reaches_the_queue(qtbot: QtBot, program: Program) -> None:
    program.desks.models.show_downloads()
    dialog = program.window.findChild(DownloadsDialog)
    assert dialog is not None
    dialog.limit.setCurrentIndex(dialog.limit.findData(5_000_000))
    assert program.ground.preferences.get("downloads.limit") == 5_000_000
    assert program.models.downloads.limit == 5_000_000
    dialog.close()


def open_picker(qtbot: QtBot, program: Program) -> PickerDialog:
    qtbot.keyClick(program.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    dialog = program.desks.models.picker
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def test_the_way_to_the_settings_leads_back(qtbot: QtBot, program: Program) -> None:
    program.ground.preferences.set("network.offline", True)
    dialog = open_picker(qtbot, program)
    dialog.search.look_for(TINY)
    qtbot.waitUntil(lambda: dialog.view.has_failed)
    dialog.view._settings.click()
    settings = program.window.findChild(SettingsDialog)
    assert isinstance(settings, SettingsDialog) and settings.isVisible() and not dialog.isVisible()
    program.ground.preferences.set("network.offline", False)
    settings.close()
    qtbot.waitUntil(lambda: dialog.isVisible() and dialog.view.page is not None)
    dialog.close()
    program.desks.settings.show_settings().close()
    assert not dialog.isVisible()


def choose_tiny(qtbot: QtBot, dialog: PickerDialog) -> None:
    dialog.search.field.setText(TINY)
    qtbot.keyClick(dialog.search.field, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.footer.download.isVisible)
    qtbot.waitUntil(lambda: dialog.view.table.rows[0].fit is not None)


def test_download_and_chat_ends_in_a_loaded_model(qtbot: QtBot, program: Program, tmp_path: Path) -> None:
    dialog = open_picker(qtbot, program)
    choose_tiny(qtbot, dialog)
    dialog.view.panel.slider.setValue(1)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY, timeout=60_000)
    model, file = program.engines.engine.model, program.engines.engine.file
    assert model is not None and file is not None
    assert Path(model.path) == tmp_path / "home" / "data" / "models" / TINY / "tiny.F16.gguf"
    assert model.context_length == 768
    assert file.options.context_length == 768
    assert program.view.sidebar.downloads.button.text() == "Downloads · done"
    toast = program.view.page.findChild(Toast)
    assert toast is not None and toast.text().endswith("is downloaded and verified.")


def test_a_download_can_be_paused_resumed_and_cancelled(qtbot: QtBot, program: Program, tiny_hub: HubServer) -> None:
    dialog = open_picker(qtbot, program)
    choose_tiny(qtbot, dialog)
    tiny_hub.faults.add("stall", r"GET /cdn/", times=1, after=1000, seconds=20)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(program.models.downloads.downloads))
    number = program.models.downloads.downloads[0].id
    program.view.sidebar.downloads.button.click()
    shown = program.view.findChild(DownloadsDialog)
    assert isinstance(shown, DownloadsDialog)
    row = shown.rows[number]
    qtbot.waitUntil(row.pause.isVisible)
    row.pause.click()
    qtbot.waitUntil(lambda: program.models.downloads.downloads[0].state is DownloadState.PAUSED)
    assert row.text.startswith("Paused") and not row.pause.isVisible()
    assert program.view.sidebar.downloads.button.text() == "Downloads · paused"
    row.resume.click()
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY, timeout=60_000)
    assert row.text.endswith("verified")
    row.cancel.click()
    assert program.models.downloads.downloads == []
    assert not program.view.sidebar.downloads.isVisible()
    shown.close()


def test_what_was_downloaded_is_in_the_model_menu(qtbot: QtBot, program: Program) -> None:
    dialog = open_picker(qtbot, program)
    choose_tiny(qtbot, dialog)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY, timeout=60_000)
    button = program.view.page.header.model
    button.open_menu()
    entries = [action.text() for action in button.drop_down.actions() if action.text()]
    assert entries[0] == "Find a model…"
    assert any("tiny" in entry.lower() or "F16" in entry for entry in entries)
    button.drop_down.close()
