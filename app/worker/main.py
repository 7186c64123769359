"""The entry of a child process: handshake, then commands one after the other on the main thread."""

from __future__ import annotations

import os
import signal
import sys

from app.core import protocol
from app.core.errors import Cancelled, Failure
from app.core.protocol import ChildRole, Failed, Hello, Leave, Stopped
from app.engines.base import Emit
from app.worker.base import Worker
from app.worker.wire import Inbox, Job, Wire

EXIT_UNKNOWN_ROLE = 2


def main(role: str) -> int:
    """Serve the parent until it closes our input, or has us leave; the exit code."""
    if role not in set(ChildRole):
        print(f"There is no child of the role {role!r}.", file=sys.stderr)
        return EXIT_UNKNOWN_ROLE
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wire = Wire()
    wire.send(Hello(version=protocol.VERSION, role=role, pid=os.getpid()))
    inbox = Inbox(wire.send)
    inbox.start()
    worker = _worker_of(ChildRole(role))(wire.send)
    rest = worker.idle()
    while True:
        job = inbox.next(timeout=rest)
        if job is not None and isinstance(job.command, Leave):
            return 0
        if job is not None:
            _run(worker, job, wire.send)
            inbox.done(job)
        rest = 0.0 if inbox.waiting else worker.idle()


def _worker_of(role: ChildRole) -> type[Worker]:
    """A role's libraries are imported only when it is chosen, and only after our handshake."""
    match role:
        case ChildRole.ENGINE:
            from app.worker.engine_role import WORKER
        case ChildRole.PROBE:
            from app.worker.probe_role import WORKER
        case ChildRole.HUB:
            from app.worker.hub_role import WORKER
        case ChildRole.DOWNLOAD:
            from app.worker.download_role import WORKER
        case ChildRole.REPACK:
            from app.worker.repack_role import WORKER
        case ChildRole.EXCHANGE:
            from app.worker.exchange_role import WORKER
        case ChildRole.EXTRACT:
            from app.worker.extract_role import WORKER
        case ChildRole.PRINT:
            from app.worker.print_role import WORKER
        case ChildRole.TYPESET:
            from app.worker.typeset_role import WORKER
        case ChildRole.SERVERS:
            from app.worker.servers_role import WORKER
        case ChildRole.UPDATE:
            from app.worker.update_role import WORKER
    return WORKER


def _run(worker: Worker, job: Job, send: Emit) -> None:
    number: int = getattr(job.command, "id", 0)
    try:
        worker.run(job)
    except Cancelled:
        send(Stopped())
    except Exception as error:
        send(Failed(failure=Failure.of(error), id=number))
