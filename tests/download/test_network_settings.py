"""The network settings and what they do to running services: real children and a local Hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.core.catalog.downloads import DownloadState
from app.core.catalog.hub import SearchQuery
from app.core.catalog.hub_errors import Offline
from app.core.paths import Folders
from app.core.program.ledger import Purpose, ledger_path, read_entries
from app.core.protocol import ChildRole
from app.services.download_queue import DownloadQueue
from app.services.hub_service import HubService
from app.services.network_settings import NetworkSettings
from app.services.preferences import Preferences
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.settings import SettingsFile
from app.storage.stores import open_stores
from tests.download.conftest import MIB, Hub

SECONDS = 30_000


class Networked:
    """The settings, and the two services that follow them."""

    def __init__(self, folders: Folders) -> None:
        relay = Relay()
        self.preferences = Preferences(SettingsFile(folders.config / "settings.json"), relay)
        self.network = NetworkSettings(self.preferences)
        self.storage = Storage(Lane(lambda: open_stores(folders.database)), relay)
        environment = self.network.environment
        self.hub = HubService(child_starter(ChildRole.HUB, folders, None, environment), relay)
        start = child_starter(ChildRole.DOWNLOAD, folders, None, environment)
        self.downloads = DownloadQueue(start, self.storage, relay)
        self.network.follow(self.hub, self.downloads)

    def close(self) -> None:
        self.hub.shutdown()
        self.downloads.shutdown()
        self.preferences.shutdown()
        self.storage.close()


@pytest.fixture
def folders(own_home: Path) -> Folders:
    return Folders.of({"PARLEY_HOME": str(own_home)})


@pytest.fixture
def networked(qtbot: QtBot, hub: Hub, folders: Folders) -> Iterator[Networked]:
    made = Networked(folders)
    yield made
    made.close()


def states(networked: Networked) -> list[DownloadState]:
    return [download.state for download in networked.downloads.downloads]


def test_the_hub_is_where_the_setting_says_and_is_noted(
    networked: Networked, hub: Hub, folders: Folders, qtbot: QtBot
) -> None:
    networked.preferences.set("network.endpoint", hub.server.url)
    with qtbot.waitSignal(networked.hub.found, timeout=SECONDS):
        networked.hub.search(SearchQuery(text="anything"))
    (entry,) = read_entries(ledger_path(folders.logs).read_bytes())
    assert (entry.host, entry.purpose) == ("127.0.0.1", Purpose.SEARCH)


def test_offline_ends_searches_and_pauses_downloads_until_online_again(
    networked: Networked, hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    networked.preferences.set("network.endpoint", hub.server.url)
    hub.faults.add("throttle", r"GET /cdn/", rate=2 * MIB, times=-1)
    for file in [hub.put(f"{name}.gguf", 6 * MIB) for name in "ab"]:
        networked.downloads.add(file.path, hub.source(file), tmp_path / "models")
    qtbot.waitUntil(lambda: states(networked) == [DownloadState.RUNNING, DownloadState.QUEUED], timeout=SECONDS)
    qtbot.waitUntil(lambda: networked.downloads.downloads[0].done > 0, timeout=SECONDS)

    networked.preferences.set("network.offline", True)
    qtbot.waitUntil(lambda: states(networked) == [DownloadState.PAUSED] * 2, timeout=SECONDS)
    with qtbot.waitSignal(networked.hub.failed, timeout=SECONDS) as failed:
        networked.hub.search(SearchQuery(text="anything"))
    assert isinstance(failed.args[1], Offline)

    hub.faults.clear()
    networked.preferences.set("network.offline", False)
    qtbot.waitUntil(lambda: states(networked) == [DownloadState.DONE] * 2, timeout=SECONDS)


def test_a_download_that_begins_offline_goes_on_when_online(
    networked: Networked, hub: Hub, tmp_path: Path, qtbot: QtBot
) -> None:
    networked.preferences.set("network.endpoint", hub.server.url)
    networked.preferences.set("network.offline", True)
    file = hub.put("a.gguf", MIB)
    networked.downloads.add(file.path, hub.source(file), tmp_path / "models")
    qtbot.waitUntil(lambda: states(networked) == [DownloadState.PAUSED], timeout=SECONDS)
    assert hub.server.log == []
    networked.preferences.set("network.offline", False)
    qtbot.waitUntil(lambda: states(networked) == [DownloadState.DONE], timeout=SECONDS)


def test_the_speed_limit_follows_the_setting(networked: Networked) -> None:
    networked.preferences.set("downloads.limit", 500_000)
    assert networked.downloads.limit == 500_000
