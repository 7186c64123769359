"""The exchange child: exports conversations and imports them, with the user's database open beside the window."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app.chat.exchange import Exchange
from app.core.data.exchange_frames import ExchangeProgress, ExportConversations, Exported, ImportConversations, Imported
from app.core.paths import Folders
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.storage.lane import Lane
from app.storage.stores import open_kept
from app.worker.base import Worker
from app.worker.wire import Job

_PROGRESS_SECONDS = 0.1


class ExchangeWorker(Worker):
    """Runs `ExportConversations` and `ImportConversations`; the database is open only while one runs."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._folders = Folders.of(os.environ)

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        lane = Lane(lambda: open_kept(self._folders))
        try:
            match job.command:
                case ExportConversations(id=number) as command:
                    exchange = self._exchange(lane, number, job)
                    report = exchange.export(
                        command.conversations, command.format, Path(command.target), overwrite=command.overwrite
                    )
                    self._send(Exported(id=number, report=report))
                case ImportConversations(id=number, paths=paths):
                    exchange = self._exchange(lane, number, job)
                    self._send(Imported(id=number, report=exchange.import_paths([Path(path) for path in paths])))
                case other:
                    raise ProtocolBroken(f"not a command for the exchange: {other!r}")
        finally:
            lane.close()

    def _exchange(self, lane: Lane, number: int, job: Job) -> Exchange:
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= _PROGRESS_SECONDS:
                told = now
                self._send(ExchangeProgress(id=number, done=done, total=total))

        return Exchange(lane, self._folders.logs, progress, lambda: job.stop.is_set)


WORKER: type[Worker] = ExchangeWorker
