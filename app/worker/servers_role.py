"""The servers' child: asks servers for their models, and keeps their keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from app.catalog.ledger import Ledger
from app.catalog.secret import has_keyring
from app.catalog.server_keys import ServerKeys
from app.core.errors import ProtocolBroken
from app.core.paths import Folders
from app.core.program.ledger import Purpose
from app.core.protocol import Event
from app.core.remote.server_frames import AskServer, FindServerKey, KeepServerKey, ServerKeyKept, ServerKnown
from app.core.remote.servers import Server
from app.engines.remote.client import Access
from app.engines.remote.engine import list_models
from app.worker.wire import Job


class ServersServer:
    """Runs the commands of `app.core.remote.server_frames` that need no engine."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._keys = ServerKeys(Folders.of(os.environ).config)

    def run(self, job: Job) -> None:
        """Run one command; see `Server`."""
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

    def idle(self) -> float | None:
        """There is no background work."""
        return None

    def _tell(self, number: int, server: Server, key: str | None) -> None:
        place = self._keys.find(server)[1] if key is None else self._keys.keep(server, key)
        self._send(ServerKeyKept(id=number, server=server.name, place=place, has_keyring=has_keyring()))


def access_to(server: Server) -> Access:
    """A server with the user's key, by this process's environment; what is asked of it is noted."""
    key, _ = ServerKeys(Folders.of(os.environ).config).find(server)
    return Access(server, key, os.environ, Ledger(os.environ, Purpose.CHAT).note)
