"""The repack child: makes a GGUF file of a safetensors checkpoint, and tries its chat template."""

from __future__ import annotations

from collections.abc import Callable

from app.core.checkpoints.repack import RepackDone, RepackStopped, StartRepack
from app.core.errors import Cancelled, ProtocolBroken
from app.core.protocol import Event
from app.worker.repacking import alone, repacked
from app.worker.wire import Job


class RepackServer:
    """Runs `StartRepack`."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send

    def run(self, job: Job) -> None:
        """Run one command; see `Server`."""
        if not isinstance(job.command, StartRepack):
            raise ProtocolBroken(f"not a command for a repack: {job.command!r}")
        try:
            with alone(job.command.result):
                report = repacked(job.command, self._send, lambda: job.stop.is_set)
        except Cancelled:
            self._send(RepackStopped())
            return
        self._send(RepackDone(report=report))

    def idle(self) -> float | None:
        """There is no background work."""
        return None
