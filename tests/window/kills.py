"""Kills a writing window again and again, and looks at what it left; for a test and for the bench."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from app.core.engine.messages import MessageState
from app.storage.stores import open_stores

ROOT = Path(__file__).parents[2]
LINES_AT_MOST = 14
SECONDS_AT_MOST = 0.3


@dataclass
class Kills:
    """What was said to be on disk over all rounds, and what was wrong with it afterwards."""

    home: Path
    seed: int = 0
    rounds: int = 0
    interrupted: int = 0
    committed: dict[int, str] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.home / "data" / "parley.sqlite3"

    def run(self, rounds: int) -> None:
        """Kill that many windows, each at a moment of its own, and check after each."""
        chance = random.Random(self.seed)
        for _ in range(rounds):
            self.rounds += 1
            self._committed_by_a_killed_window(chance)
            self._check()
        self._check_as_a_user()

    def _committed_by_a_killed_window(self, chance: random.Random) -> None:
        environment = {**os.environ, "PARLEY_HOME": str(self.home)}
        command = [sys.executable, "-m", "tests.window.write_on"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as window:
            assert window.stdout is not None
            for _ in range(chance.randrange(1, LINES_AT_MOST)):
                self._note(window.stdout.readline())
            Event().wait(chance.random() * SECONDS_AT_MOST)  # between two lines too
            window.kill()
            for line in window.stdout:
                self._note(line)

    def _note(self, line: str) -> None:
        if line.endswith("\n"):  # the last one may be cut
            message = json.loads(line)
            self.committed[message["id"]] = message["text"]

    def _check(self) -> None:
        with closing(sqlite3.connect(self.database)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            there = dict(connection.execute("SELECT id, text FROM messages"))
        if found != "ok" or broken:
            self.damage.append(f"{self.rounds}: {found} {broken}")
        self.lost += [number for number, text in self.committed.items() if there.get(number) != text]

    def _check_as_a_user(self) -> None:
        """Every conversation opens, and no reply is left as if it were being written."""
        stores = open_stores(self.database)
        with closing(stores.database):
            for line in stores.conversations.summaries(-1):
                for message in stores.conversations.load(line.id).path():
                    assert message.state is not MessageState.STREAMING
                    self.interrupted += message.state is MessageState.INTERRUPTED
