from __future__ import annotations

from pathlib import Path

import pytest

from app.catalog.ledger import MAX_BYTES, Ledger
from app.core.paths import Folders
from app.core.program.ledger import LedgerEntry, Purpose, ledger_path, read_entries


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"PARLEY_HOME": str(tmp_path / "home")}


def entries(home: dict[str, str]) -> list[LedgerEntry]:
    return read_entries(ledger_path(Folders.of(home).logs).read_bytes())


def test_a_server_is_noted_once_a_minute(home: dict[str, str]) -> None:
    times = iter([60.0, 61.0, 119.0, 120.0, 121.0])
    ledger = Ledger(home, Purpose.SEARCH, clock=lambda: next(times))
    for host in ("hub.example.org", "hub.example.org", "cdn.example.org", "hub.example.org", "cdn.example.org"):
        ledger.note(host)
    assert entries(home) == [
        LedgerEntry(120.0, "cdn.example.org", Purpose.SEARCH),
        LedgerEntry(120.0, "hub.example.org", Purpose.SEARCH),
        LedgerEntry(60.0, "cdn.example.org", Purpose.SEARCH),
        LedgerEntry(60.0, "hub.example.org", Purpose.SEARCH),
    ]


def test_the_list_stays_small_and_keeps_what_is_new(home: dict[str, str]) -> None:
    path = ledger_path(Folders.of(home).logs)
    path.parent.mkdir(parents=True)
    line = b'{"at":0.0,"host":"old.example.org","purpose":"search"}\n'
    path.write_bytes(line * (MAX_BYTES // len(line) + 1))
    Ledger(home, Purpose.DOWNLOAD).note("new.example.org")
    assert path.stat().st_size < MAX_BYTES * 2 // 3
    assert entries(home)[0].host == "new.example.org"


def test_a_folder_that_cannot_be_written_stops_nothing(home: dict[str, str]) -> None:
    folder = Folders.of(home).logs
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder would be")
    Ledger(home, Purpose.SEARCH).note("hub.example.org")
    assert folder.read_text() == "a file where the folder would be"
