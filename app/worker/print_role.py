"""The print child: makes PDFs. No other child has Qt."""

from __future__ import annotations

from pathlib import Path

from app.core.data.exchange_frames import PagesPrinted, PrintPages
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.printing.pages import needed_application, print_pages
from app.worker.base import Worker
from app.worker.wire import Job


class PrintWorker(Worker):
    """Runs `PrintPages`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._application = needed_application()

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case PrintPages(id=number, source=source, target=target, title=title):
                self._send(PagesPrinted(id=number, pages=print_pages(Path(source), Path(target), title)))
            case other:
                raise ProtocolBroken(f"not a command for a printer: {other!r}")


WORKER: type[Worker] = PrintWorker
