"""Makes the network settings count: for every child that starts, and for those that run when one changes."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject

from app.core.catalog.downloads import Download, DownloadState
from app.core.catalog.hub_errors import Offline
from app.core.program.network import network_environment
from app.services.download_queue import DownloadQueue
from app.services.hub_service import HubService
from app.services.preferences import Preferences

OFFLINE_KEY = "network.offline"


class NetworkSettings(QObject):
    """Going offline pauses the downloads that run or wait; going online again resumes what that has paused."""

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._hub: HubService | None = None
        self._downloads: DownloadQueue | None = None
        self._paused: list[int] = []
        preferences.changed.connect(self._on_change)

    def environment(self) -> dict[str, str]:
        """What a child that starts now is told."""
        return network_environment(self._preferences.values, os.environ)

    def follow(self, hub: HubService, downloads: DownloadQueue) -> None:
        """Tell these of changes."""
        self._hub, self._downloads = hub, downloads
        downloads.set_limit(int(self._preferences.get("downloads.limit")))

    def _on_change(self, key: str, value: object) -> None:
        if self._hub is None or self._downloads is None:
            return
        if key.startswith("network."):
            self._hub.renew()
        if key == OFFLINE_KEY:
            self._switch(self._downloads, offline=bool(value))
        elif key == "downloads.limit":
            self._downloads.set_limit(int(str(value)))

    def _switch(self, downloads: DownloadQueue, *, offline: bool) -> None:
        if offline:
            busy = (DownloadState.RUNNING, DownloadState.QUEUED)
            self._paused = [download.id for download in downloads.downloads if download.state in busy]
            for number in reversed(self._paused):  # the waiting ones first, so that none takes a paused one's place
                downloads.pause(number)
            return
        for download in downloads.downloads:
            if download.id in self._paused or _is_kept_by_being_offline(download):
                downloads.resume(download.id)
        self._paused = []


def _is_kept_by_being_offline(download: Download) -> bool:
    """As one is that met a start of the program without the network."""
    return download.failure is not None and isinstance(download.failure.error(), Offline)
