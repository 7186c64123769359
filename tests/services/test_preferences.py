"""The window's settings, and what other processes make of their file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.errors import ParleyError
from app.core.program.settings import SettingValue
from app.services.preferences import Preferences
from app.services.relay import Relay
from app.storage.settings import SettingsFile

KEY = "appearance.text_size"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """In a folder that is not there yet."""
    return tmp_path / "config" / "settings.json"


@pytest.fixture
def preferences(path: Path, qapp: object) -> Iterator[Preferences]:
    """They follow the file."""
    found = Preferences(SettingsFile(path), Relay())
    found.follow()
    yield found
    found.shutdown()


def test_what_another_process_sets_is_in_force_at_once(qtbot: QtBot, preferences: Preferences, path: Path) -> None:
    told: list[tuple[str, SettingValue]] = []
    preferences.changed.connect(lambda key, value: told.append((key, value)))
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).set(KEY, 190)
    assert preferences.get(KEY) == 190
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).reset(KEY)
    assert told == [(KEY, 190), (KEY, preferences.get(KEY))]
    assert preferences.get(KEY) != 190


def test_what_is_set_here_is_not_taken_back_by_an_older_file(
    qtbot: QtBot, preferences: Preferences, path: Path
) -> None:
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).set(KEY, 190)
    told: list[SettingValue] = []
    preferences.changed.connect(lambda key, value: told.append(value))
    for size in (140, 150, 160, 170):
        preferences.set(KEY, size)
    qtbot.waitUntil(lambda: SettingsFile(path).get(KEY) == 170)
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).set("chat.user_name", "Ada")
    assert preferences.get(KEY) == 170
    assert told == [140, 150, 160, 170, "Ada"]


def test_a_value_that_could_not_be_written_stays_in_force(qtbot: QtBot, preferences: Preferences, path: Path) -> None:
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).set(KEY, 190)
    path.rename(path.with_name("moved"))
    path.mkdir()
    problems: list[ParleyError] = []
    preferences.problem.connect(problems.append)
    preferences.set(KEY, 150)
    qtbot.waitUntil(lambda: bool(problems))
    path.rmdir()
    path.with_name("moved").rename(path)
    with qtbot.waitSignal(preferences.changed):
        SettingsFile(path).set("chat.user_name", "Ada")
    assert preferences.get(KEY) == 150


def test_they_may_be_told_twice_that_it_is_over(preferences: Preferences) -> None:
    preferences.shutdown()
    preferences.shutdown()
