"""The extract child: reads attachments, within limits of time and memory that a hostile file cannot pass.

A thread watches over the main thread, which reads. What passes a limit is told, and the process ends
at once: nothing in it is worth keeping.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.attachments.extract import extract
from app.core.chat.attachment_errors import AttachmentTooCostly
from app.core.data.exchange_frames import ExtractText, TextExtracted
from app.core.errors import Failure
from app.core.protocol import Failed
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.worker.base import Worker
from app.worker.wire import Job

EXIT_TOO_COSTLY = 3

_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost: seconds, and bytes of this process's memory."""

    seconds: float = 30.0
    memory: int = 1_500_000_000


LIMITS = Limits()


@dataclass(frozen=True)
class _Reading:
    """What is being read, since when on the monotonic clock."""

    id: int
    name: str
    since: float


class ExtractWorker(Worker):
    """Runs `ExtractText`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._limits = LIMITS
        self._reading: _Reading | None = None
        self._is_busy = threading.Event()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case ExtractText(id=number, path=path):
                self._reading = _Reading(number, Path(path).name, time.monotonic())
                self._is_busy.set()
                try:
                    attachment = extract(Path(path))
                finally:
                    self._is_busy.clear()
                    self._reading = None
                self._send(TextExtracted(id=number, attachment=attachment))
            case other:
                raise ProtocolBroken(f"not a command for reading attachments: {other!r}")

    def _watch(self) -> None:
        process = psutil.Process()
        while self._is_busy.wait():
            # No system tells when a process passes a size: its memory can only be looked at again and again.
            time.sleep(_LOOK_SECONDS)
            reading = self._reading
            if reading is None:
                continue
            if time.monotonic() - reading.since > self._limits.seconds:
                self._give_up(reading, "time")
            if process.memory_info().rss > self._limits.memory:
                self._give_up(reading, "memory")

    def _give_up(self, reading: _Reading, what: str) -> None:
        self._send(Failed(failure=Failure.of(AttachmentTooCostly(file=reading.name, what=what)), id=reading.id))
        os._exit(EXIT_TOO_COSTLY)


WORKER: type[Worker] = ExtractWorker
