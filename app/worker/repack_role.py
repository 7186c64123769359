"""The repack child: makes a GGUF file of a safetensors checkpoint, and tries its chat template."""

from __future__ import annotations

from app.core.checkpoints.repack import RepackDone, StartRepack
from app.core.protocol_errors import ProtocolBroken
from app.worker.base import Worker
from app.worker.repacking import alone, repacked
from app.worker.wire import Job


class RepackWorker(Worker):
    """Runs `StartRepack`."""

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case StartRepack() as command:
                with alone(command.result):
                    report = repacked(command, self._send, lambda: job.stop.is_set)
                self._send(RepackDone(report=report))
            case other:
                raise ProtocolBroken(f"not a command for a repack: {other!r}")


WORKER: type[Worker] = RepackWorker
