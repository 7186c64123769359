"""Newer versions of Parley, for the window: looked for once a day where the user said so, or when he asks.

Runs on the window's thread; a child talks with the network. A package that was fetched is handed to the system's
installer, which this program does not wait for. The data is migrated by the new version at its first start, which
copies the database beside itself, as one of its backups, before it changes a table.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.catalog.hub_errors import Offline
from app.core.errors import ParleyError
from app.core.program.update_errors import UpdateLost, UpdateNotForHere
from app.core.program.update_frames import (
    FetchUpdate,
    LookForUpdate,
    UpdateCommand,
    UpdateFetched,
    UpdateKnown,
    UpdateProgress,
)
from app.core.program.updates import Installation, Release, UpdateSource
from app.core.protocol import Event, Failed
from app.services.child_queue import ChildQueue
from app.services.child_slot import ChildFactory
from app.services.network_settings import OFFLINE_KEY
from app.services.preferences import Preferences
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

CHECK_KEY, ASKED_KEY, TOLD_KEY = "updates.check", "updates.asked", "updates.told"
DAY = 24 * 3600
_HOUR_MS = 3_600_000


class UpdateState(Enum):
    """What is going on."""

    IDLE = auto()
    LOOKING_BY_ITSELF = auto()
    LOOKING = auto()
    FETCHING = auto()


class Updates(QObject):
    """A look of the user's ends in `found`, `none_newer` or `failed`; one by itself in `noticed` or nothing."""

    found = Signal(object)  # Release
    none_newer = Signal()
    noticed = Signal(object)  # Release that the user has not heard of
    progress = Signal(int, int)  # bytes of the package that are there, and all
    fetched = Signal(object)  # Path of a package that was verified
    failed = Signal(object)  # ParleyError

    def __init__(
        self,
        start: ChildFactory,
        relay: Relay,
        preferences: Preferences,
        source: UpdateSource,
        version: str,
        installation: Installation,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._queue = ChildQueue[UpdateCommand](start, relay, self._take, self._lose)
        self._preferences = preferences
        self._source = source
        self._version = version
        self._installation = installation
        self._clock = clock
        self._timer = QTimer(self, interval=_HOUR_MS)
        self._timer.timeout.connect(self.look_if_due)
        self.state = UpdateState.IDLE
        self._awaited: UpdateCommand | None = None
        preferences.changed.connect(self._on_preference)

    def watch(self) -> None:
        """Look by itself from now on."""
        self._timer.start()
        self.look_if_due()

    def look(self) -> None:
        """Look now, for the user."""
        if self.state is UpdateState.LOOKING_BY_ITSELF:
            self.state = UpdateState.LOOKING
        elif self.state is UpdateState.IDLE:
            self._look(UpdateState.LOOKING)

    def look_if_due(self) -> None:
        """Look by itself, if the user wants that and it is a day since the last time."""
        wanted = self._preferences.get(CHECK_KEY) and not self._preferences.get(OFFLINE_KEY)
        since = self._clock() - int(self._preferences.get(ASKED_KEY))
        if wanted and not 0 <= since < DAY and self.state is UpdateState.IDLE:
            self._look(UpdateState.LOOKING_BY_ITSELF)

    def fetch(self, release: Release) -> None:
        """Fetch the package for this machine; `fetched` or `failed` follows."""
        if self.state is not UpdateState.IDLE:
            return
        package = self._installation.package(release)
        if package is None:
            self.failed.emit(UpdateNotForHere(version=release.version))
            return
        self.progress.emit(0, package.bytes)
        self._ask(UpdateState.FETCHING, FetchUpdate(package=package))

    def cancel(self) -> None:
        """Fetch no further; nothing follows."""
        if self.state is UpdateState.FETCHING:
            self._stop()

    def shutdown(self) -> None:
        """End the child before the program exits."""
        self._timer.stop()
        self._queue.shutdown()

    def _look(self, state: UpdateState) -> None:
        self._preferences.set(ASKED_KEY, int(self._clock()))
        self._ask(state, LookForUpdate(source=self._source, current=self._version))

    def _ask(self, state: UpdateState, command: UpdateCommand) -> None:
        self.state, self._awaited = state, command
        self._queue.add(command)

    def _stop(self) -> UpdateState:
        """End what goes on, of which nothing is heard any more; what it was."""
        state, self.state, self._awaited = self.state, UpdateState.IDLE, None
        self._queue.abandon()
        return state

    def _take(self, command: UpdateCommand, event: Event) -> bool:
        is_last = not isinstance(event, UpdateProgress)
        if command is not self._awaited:
            return is_last
        state = self.state
        if is_last:
            self.state = UpdateState.IDLE
        match event:
            case UpdateKnown(release=release):
                self._tell(release, state)
            case UpdateProgress(done=done) if isinstance(command, FetchUpdate):
                self.progress.emit(done, command.package.bytes)
            case UpdateFetched(path=path):
                self.fetched.emit(Path(path))
            case Failed(failure=failure):
                self._fail(failure.error(), state)
        return is_last

    def _lose(self, command: UpdateCommand, outcome: Outcome) -> None:
        if command is self._awaited:
            state, self.state = self.state, UpdateState.IDLE
            self._fail(UpdateLost(reason=outcome.sentence), state)

    def _tell(self, release: Release | None, state: UpdateState) -> None:
        if release is None:
            if state is UpdateState.LOOKING:
                self.none_newer.emit()
            return
        known = self._preferences.get(TOLD_KEY)
        self._preferences.set(TOLD_KEY, release.version)
        if state is UpdateState.LOOKING:
            self.found.emit(release)
        elif release.version != known:
            self.noticed.emit(release)

    def _fail(self, error: ParleyError, state: UpdateState) -> None:
        if state is UpdateState.LOOKING_BY_ITSELF:
            logging.info("Looking for a newer version: %s", error)
        else:
            self.failed.emit(error)

    def _on_preference(self, key: str, value: object) -> None:
        if key == CHECK_KEY and value:
            self.look_if_due()
        elif key == OFFLINE_KEY and value and self.state is not UpdateState.IDLE:
            self._fail(Offline(), self._stop())
