"""Parley started once more, and what it does between two windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.data.backups import BackupKind
from app.storage.backup import list_backups, make_backup
from app.storage.stores import open_stores
from tests.storage.filling import create

ROOT = Path(__file__).parents[2]


class Starts:
    """Real processes of one home."""

    def __init__(self, home: Path) -> None:
        self.database = home / "data" / "parley.sqlite3"
        self._environment = {**os.environ, "PARLEY_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", "app", *arguments], cwd=ROOT, env=self._environment)
        self.running.append(process)
        return process

    def listens(self) -> bool:
        """Whether the window has made its database, which it does before it listens."""
        return self.database.exists()

    def models(self) -> list[str]:
        stores = open_stores(self.database)
        found = [file.identity.path for file in stores.models.list()]
        stores.database.close()
        return found


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    made = Starts(tmp_path / "home")
    yield made
    for process in made.running:
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_a_second_start_gives_its_file_to_the_first_window(qtbot: QtBot, starts: Starts, tiny_gguf: Path) -> None:
    first = starts.start()
    qtbot.waitUntil(starts.listens)
    second = starts.start(os.path.relpath(tiny_gguf, ROOT))
    assert second.wait(timeout=30) == 0
    qtbot.waitUntil(lambda: starts.models() == [str(tiny_gguf)])
    assert first.poll() is None


def test_a_window_opens_after_one_that_was_killed(qtbot: QtBot, starts: Starts) -> None:
    first = starts.start()
    qtbot.waitUntil(starts.listens)
    first.kill()
    first.wait()
    starts.running.clear()
    both = (starts.start(), starts.start())
    qtbot.waitUntil(lambda: sum(process.poll() is None for process in both) == 1)
    assert {process.poll() for process in both} == {0, None}


def test_a_window_closes_restores_and_opens_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    database = home / "data" / "parley.sqlite3"
    for title in ("old", "new"):
        stores = open_stores(database)
        create(stores.conversations, title)
        stores.database.close()
        if title == "old":
            backup = make_backup(database, BackupKind.MANUAL)
    environment = {**os.environ, "PARLEY_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.window.restore_once", str(backup.path)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == ["2", "1"]
    assert [one.kind for one in list_backups(database)] == [BackupKind.BEFORE_RESTORE, BackupKind.MANUAL]
