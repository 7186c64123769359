"""The entry of a child process: handshake, then commands one after the other on the main thread."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Protocol

from app.core import protocol
from app.core.engine.engine_frames import LoadCancelled
from app.core.errors import Cancelled, Failure
from app.core.protocol import ChildRole, Event, Failed, Hello, Leave
from app.worker.wire import Inbox, Job, Wire

EXIT_UNKNOWN_ROLE = 2


class Server(Protocol):
    """What a role does with the commands it knows."""

    def run(self, job: Job) -> None:
        """Run one command to its end.

        Raises:
            ProtocolBroken: it is not a command for this role.
            Cancelled: a load was stopped.
            ParleyError: it came to nothing.
        """

    def idle(self) -> float | None:
        """Do a short piece of background work; how many seconds to rest then, None until a command comes."""


MakeServer = Callable[[Callable[[Event], None]], Server]


def main(role: str, make_server: MakeServer | None = None) -> int:
    """Serve the parent until it closes our input, or has us leave; the exit code.

    `make_server` makes the server of a role that lives above this package.
    """
    if role not in set(ChildRole):
        print(f"There is no child of the role {role!r}.", file=sys.stderr)
        return EXIT_UNKNOWN_ROLE
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = Wire()
    wire.send(Hello(version=protocol.VERSION, role=role, pid=os.getpid()))
    inbox = Inbox(wire.send)
    inbox.start()
    server = make_server(wire.send) if make_server else _server(ChildRole(role), wire.send)
    rest = server.idle()
    while True:
        job = inbox.next(timeout=rest)
        if job is not None and isinstance(job.command, Leave):
            return 0
        if job is not None:
            _run(server, job, wire.send)
            inbox.done(job)
        rest = 0.0 if inbox.waiting else server.idle()


def _server(role: ChildRole, send: Callable[[Event], None]) -> Server:
    """A role's libraries are imported only when it is chosen, and only after our handshake."""
    match role:
        case ChildRole.ENGINE:
            from app.worker.engine_role import EngineServer

            return EngineServer(send)
        case ChildRole.DOWNLOAD:
            from app.worker.download_role import DownloadServer

            return DownloadServer(send)
        case ChildRole.HUB:
            from app.worker.hub_role import HubServer

            return HubServer(send)
        case ChildRole.TYPESET:
            from app.worker.typeset_role import TypesetServer

            return TypesetServer(send)
        case ChildRole.EXCHANGE:
            from app.worker.exchange_role import ExchangeServer

            return ExchangeServer(send)
        case ChildRole.EXTRACT:
            from app.worker.extract_role import ExtractServer

            return ExtractServer(send)
        case ChildRole.REPACK:
            from app.worker.repack_role import RepackServer

            return RepackServer(send)
        case ChildRole.SERVERS:
            from app.worker.servers_role import ServersServer

            return ServersServer(send)
        case ChildRole.UPDATE:
            from app.worker.update_role import UpdateServer

            return UpdateServer(send)
        case ChildRole.PROBE:
            from app.worker.probe_role import ProbeServer

            return ProbeServer(send)
        case ChildRole.PRINT:
            raise ValueError("the server that prints is made by its starter: it needs Qt")


def _run(server: Server, job: Job, send: Callable[[Event], None]) -> None:
    number: int = getattr(job.command, "id", 0)
    try:
        server.run(job)
    except Cancelled:
        send(LoadCancelled())
    except Exception as error:
        send(Failed(failure=Failure.of(error), id=number))
