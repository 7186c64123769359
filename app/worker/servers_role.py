"""The servers' child: asks servers for their models, and keeps their keys."""

from __future__ import annotations

import os
import time

from app.catalog.secret import has_keyring
from app.catalog.server_keys import ServerKeys
from app.core.paths import Folders
from app.core.protocol_errors import ProtocolBroken
from app.core.remote.server_frames import AskServer, FindServerKey, KeepServerKey, ServerKeyKept, ServerKnown
from app.core.remote.servers import Server
from app.engines.base import Emit
from app.engines.remote.engine import list_models
from app.worker.access import access_to
from app.worker.base import Worker
from app.worker.wire import Job


class ServersWorker(Worker):
    """Runs the commands of `app.core.remote.server_frames` that need no engine."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._keys = ServerKeys(Folders.of(os.environ).config)

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case AskServer(id=number, server=server):
                began = time.perf_counter()
                models = tuple(model.id for model in list_models(access_to(server), job.stop))
                seconds = time.perf_counter() - began
                self._send(ServerKnown(id=number, server=server.name, models=models, seconds=seconds))
            case KeepServerKey(id=number, server=server, key=key):
                self._tell(number, server, key)
            case FindServerKey(id=number, server=server):
                self._tell(number, server, None)
            case other:
                raise ProtocolBroken(f"not a command for the servers' child: {other!r}")

    def _tell(self, number: int, server: Server, key: str | None) -> None:
        place = self._keys.find(server)[1] if key is None else self._keys.keep(server, key)
        self._send(ServerKeyKept(id=number, server=server.name, place=place, has_keyring=has_keyring()))


WORKER: type[Worker] = ServersWorker
