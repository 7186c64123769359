"""What the user is told of settings that could not be read or written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.data.database_errors import DatabaseReadOnly
from app.core.paths import Folders
from app.core.program.setting_errors import SettingsDamaged
from tests.program import build
from tests.ui.conftest import SCRIPT


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    made.config.mkdir(parents=True)
    return made


@pytest.fixture
def damaged(qtbot: QtBot, folders: Folders) -> Iterator[Program]:
    """A window whose settings file is no JSON."""
    (folders.config / "settings.json").write_text("{")
    made = build(folders, [sys.executable, str(SCRIPT)])
    qtbot.addWidget(made.window)
    yield made
    made.window.close()
    made.close()


def test_damaged_settings_are_told_of(damaged: Program) -> None:
    assert isinstance(damaged.view.page.notice.error, SettingsDamaged)


def test_settings_that_cannot_be_written_are_told_of(qtbot: QtBot, damaged: Program, folders: Folders) -> None:
    (folders.config / "settings.json").mkdir()
    with qtbot.waitSignal(damaged.ground.preferences.problem):
        damaged.ground.preferences.set("chat.send_with", "ctrl+enter")
    assert isinstance(damaged.view.page.notice.error, DatabaseReadOnly)
