"""A database, and trees of messages to put into it."""

from __future__ import annotations

import pytest

from app.storage.database import Database
from app.storage.exchange import ExchangeStore


@pytest.fixture
def database(tmp_path):
    with Database(tmp_path / "data" / "parley.sqlite3", busy_seconds=0.05) as opened:
        yield opened


@pytest.fixture
def store(database):
    return ExchangeStore(database)
