"""The list of servers with its real child: what was asked of it is done, also when the window is closed at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.catalog.server_keys import ServerKeys
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.core.remote.servers import KeyPlace, Server
from app.services.relay import Relay
from app.services.servers import ServerList
from app.storage.servers import ServerFile

SERVER = Server(name="mine", base_url="http://127.0.0.1:8000/v1")


@pytest.fixture
def folders(own_home: Path) -> Folders:
    return Folders.of({"PARLEY_HOME": str(own_home)})


@pytest.fixture
def servers(qtbot: QtBot, folders: Folders) -> Iterator[ServerList]:
    made = ServerList(ServerFile(folders.config), child_starter(ChildRole.SERVERS, folders, None), Relay())
    made.add(SERVER)
    yield made
    made.shutdown()


def test_a_key_that_was_given_just_before_the_end_is_kept(servers: ServerList, folders: Folders) -> None:
    servers.keep_key(SERVER, "secret")
    servers.shutdown()
    assert ServerKeys(folders.config).find(SERVER) == ("secret", KeyPlace.FILE)


def test_the_key_of_a_server_that_was_removed_just_before_the_end_is_gone(
    servers: ServerList, folders: Folders
) -> None:
    ServerKeys(folders.config).keep(SERVER, "secret")
    servers.remove(SERVER)
    servers.shutdown()
    assert ServerKeys(folders.config).find(SERVER) == ("", KeyPlace.NONE)
    assert servers.servers == ()
