"""The daily backup beside the window, and the check after a crash."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.data.backups import BackupKind
from app.core.data.data_errors import BackupSkipped
from app.core.data.database_errors import DatabaseDamaged
from app.core.engine.messages import Role
from app.services.backups import BackupKeeper
from app.services.relay import Relay
from app.storage.backup import list_backups
from app.storage.stores import open_stores
from tests.storage.filling import add_message, create


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "parley.sqlite3"
    stores = open_stores(path)
    for number in range(30):
        chat = create(stores.conversations, f"chat {number}")
        add_message(stores.conversations, chat.id, None, Role.USER, "words " * 1000)
    stores.database.close()
    return path


@pytest.fixture
def keeper(qtbot: QtBot, database: Path) -> Iterator[BackupKeeper]:
    made = BackupKeeper(database, Relay())
    yield made
    made.shutdown()


def listed(qtbot: QtBot, keeper: BackupKeeper) -> list[BackupKind]:
    with qtbot.waitSignal(keeper.changed) as caught:
        keeper.refresh()
    return [backup.kind for backup in caught.args[0]]


def test_a_day_gets_one_backup_and_the_user_one_more(qtbot: QtBot, keeper: BackupKeeper) -> None:
    keeper.keep()
    keeper.keep()
    assert listed(qtbot, keeper) == [BackupKind.DAILY]
    with qtbot.waitSignal(keeper.made) as caught:
        keeper.back_up_now()
    assert caught.args[0].conversations == 30
    assert sorted(listed(qtbot, keeper)) == [BackupKind.DAILY, BackupKind.MANUAL]


def test_damage_is_found_by_the_check_and_by_the_backup(qtbot: QtBot, keeper: BackupKeeper, database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as stream:
        stream.seek(size // 2 // 4096 * 4096)
        stream.write(b"\xa5" * (size // 4))
    with qtbot.waitSignal(keeper.problem) as caught:
        keeper.check()
    assert isinstance(caught.args[0], DatabaseDamaged)
    with qtbot.assertNotEmitted(keeper.problem):  # it is told once
        keeper.keep()
        listed(qtbot, keeper)
    assert list_backups(database) == []


def test_a_disk_without_room_is_told_once(qtbot: QtBot, keeper: BackupKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with qtbot.waitSignal(keeper.problem) as caught:
        keeper.keep()
    assert isinstance(caught.args[0], BackupSkipped)
    with qtbot.assertNotEmitted(keeper.problem):
        keeper.keep()
        listed(qtbot, keeper)


def test_an_end_in_the_middle_of_a_backup_leaves_nothing(qtbot: QtBot, database: Path) -> None:
    keeper = BackupKeeper(database, Relay())
    keeper.keep()
    keeper.shutdown()
    assert [backup for backup in list_backups(database) if backup.conversations is None] == []
    assert not list((database.parent).glob("backups/*.partial*"))
