"""The probe child: tells what the machine has, what a model would need, and what it would be shown."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.core.chat.preview_frames import ReadTemplate, RenderPrompt
from app.core.prediction.probe_frames import MeasureNeed, MeasureRemote, Probe
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.engines.llama import devices, measuring, native
from app.engines.rendering import read_template, render_prompt
from app.worker.base import Worker
from app.worker.source import describe
from app.worker.stand_in import stand_in
from app.worker.wire import Job


class ProbeWorker(Worker):
    """Runs `Probe`, `MeasureNeed`, `MeasureRemote`, `RenderPrompt` and `ReadTemplate`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._log = native.NativeLog(measuring.LOG_LINES)
        native.start(self._log)

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case Probe():
                found = devices.probe()
                self._send(msgspec.structs.replace(found, memory_bandwidth=measuring.memory_bandwidth()))
            case MeasureNeed(path=path, options=options):
                self._send(measuring.measure_need(describe(Path(path)), options, self._log))
            case MeasureRemote(headers=headers, options=options):
                with stand_in(headers) as first:
                    self._send(measuring.measure_need(describe(first), options, self._log))
            case RenderPrompt(path=path) as command:
                self._send(render_prompt(command, describe(Path(path)) if path else None))
            case ReadTemplate(path=path) as command:
                self._send(read_template(command, describe(Path(path)) if path else None))
            case other:
                raise ProtocolBroken(f"not a command for a probe: {other!r}")


WORKER: type[Worker] = ProbeWorker
