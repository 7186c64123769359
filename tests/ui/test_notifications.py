"""Messages outside of the window: the first way that works, and only while nobody looks at it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.notifications import Attention, TrayNotifier, desktop_notifiers

ROOT = Path(__file__).parents[2]


class Recorder:
    """A way that works, or does not."""

    def __init__(self, works: bool = True) -> None:
        self.works = works
        self.shown: list[str] = []

    def notify(self, title: str, text: str, failed: Callable[[], None]) -> None:
        self.shown.append(text)
        if not self.works:
            failed()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_the_first_way_that_works_is_taken(window: QWidget) -> None:
    ways = (Recorder(works=False), Recorder(), Recorder())
    Attention(window, ways).ask("Parley", "It is done.")
    assert [way.shown for way in ways] == [["It is done."], ["It is done."], []]


def test_nothing_is_shown_while_the_window_is_looked_at(qtbot: QtBot, window: QWidget) -> None:
    way = Recorder()
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    Attention(window, (way,)).ask("Parley", "It is done.")
    assert way.shown == []


def test_a_desktop_without_a_tray_is_no_failure(window: QWidget) -> None:
    failures: list[int] = []
    TrayNotifier(window).notify("Parley", "It is done.", lambda: failures.append(1))
    assert failures == [1]  # the offscreen platform has no tray
    assert desktop_notifiers(window)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus of its own, which no desktop listens to."""
    if sys.platform != "linux" or shutil.which("dbus-daemon") is None:
        pytest.skip("needs D-Bus")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        yield
        daemon.terminate()


def test_the_portal_is_asked_where_there_is_one(bus: None) -> None:
    command = [sys.executable, "-m", "tests.ui.portal"]
    told = subprocess.run([*command, "notify"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(told.stdout) == ["failed"]
    with subprocess.Popen([*command, "serve"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as portal:
        assert portal.stdout is not None
        assert portal.stdout.readline() == "ready\n"
        told = subprocess.run([*command, "notify"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        portal.terminate()
        calls = [json.loads(line) for line in portal.stdout]
    assert json.loads(told.stdout) == []
    assert calls == [["org.freedesktop.portal.Notification", "AddNotification", "sa{sv}"]]
