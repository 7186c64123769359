"""The update child: reads the feed of Parley's versions, and fetches a package that it names."""

from __future__ import annotations

import os
from collections.abc import Callable

from app.catalog.fetch.network import Network
from app.catalog.fetch.update import fetch_package, newer_release
from app.catalog.ledger import Ledger
from app.core.catalog.hub_errors import Offline
from app.core.paths import Folders
from app.core.program.ledger import Purpose
from app.core.program.network import is_offline
from app.core.program.update_frames import FetchUpdate, LookForUpdate, UpdateFetched, UpdateKnown, UpdateProgress
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.worker.base import Worker
from app.worker.wire import Job

_SILENCE_SECONDS = 20.0
_TOLD_BYTES = 1_000_000


class UpdateWorker(Worker):
    """Runs the commands of `app.core.program.update_frames`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._folder = Folders.of(os.environ).cache / "updates"

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case LookForUpdate(source=source, current=current):
                self._send(UpdateKnown(release=newer_release(source, current, self._network())))
            case FetchUpdate(package=package):
                path = fetch_package(package, self._folder, self._network(), lambda: job.stop.is_set, self._teller())
                self._send(UpdateFetched(path=str(path)))
            case other:
                raise ProtocolBroken(f"not a command for the update child: {other!r}")

    def _network(self) -> Network:
        """The connections, by this process's proxies and certificates; no one's token.

        Raises:
            Offline: the user wants no network.
        """
        if is_offline(os.environ):
            raise Offline
        return Network("", "", _SILENCE_SECONDS, note=Ledger(os.environ, Purpose.UPDATE).note)

    def _teller(self) -> Callable[[int], None]:
        told = 0

        def tell(done: int) -> None:
            nonlocal told
            if done - told >= _TOLD_BYTES:
                told = done
                self._send(UpdateProgress(done=done))

        return tell


WORKER: type[Worker] = UpdateWorker
