"""The download child: fetches the files of one variant, or checks, mends and moves files that are there.

A variant that is prepared on the way becomes a model in here.

What fetches has a thread of its own, so that the main thread can take a pause or another speed limit.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.catalog.fetch.check import check_file, forget_broken
from app.catalog.fetch.checksums import Checksums
from app.catalog.fetch.download import Downloader, Throttle
from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.mend import Mending
from app.catalog.fetch.network import Network
from app.catalog.fetch.puller import Limiter, Stopped
from app.catalog.find.endpoint import endpoint_of, is_hub_offline
from app.catalog.find.token import TokenStore
from app.catalog.ledger import Ledger
from app.catalog.shelf.keep import move
from app.core.catalog.download_errors import DownloadElsewhere
from app.core.catalog.downloads import (
    CheckFile,
    CheckProgress,
    DownloadDone,
    DownloadEvent,
    DownloadFailed,
    DownloadPaused,
    FileChecked,
    LimitDownload,
    ModelMoved,
    MoveModel,
    PauseDownload,
    RepairFile,
    StartDownload,
)
from app.core.catalog.hub_errors import Offline
from app.core.checkpoints.repack import StartRepack
from app.core.errors import Cancelled, Failure
from app.core.paths import Folders
from app.core.program.ledger import Purpose
from app.core.protocol import Event
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.worker.base import Worker
from app.worker.wire import Job

if TYPE_CHECKING:
    from app.worker.preparing import PreparedDownload


class DownloadWorker(Worker):
    """Runs `StartDownload` or `RepairFile`, one at a time, and all other commands of downloads beside it."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._limiter = Limiter(0)
        self._stop = threading.Event()
        self._busy = False
        self._folders = Folders.of(os.environ)
        self._checksums = Checksums(self._folders.data / "checksums.json")

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case StartDownload() | RepairFile() as command if not self._busy:
                self._limiter.rate = command.limit
                self._stop = threading.Event()
                self._busy = True
                arguments = (command, self._stop)
                threading.Thread(target=self._fetch, args=arguments, name="download", daemon=True).start()
            case PauseDownload():
                self._stop.set()
            case LimitDownload(limit=limit):
                self._limiter.rate = limit
            case CheckFile() | MoveModel() as command:
                self._send(self._work(command, lambda: job.stop.is_set))
            case other:
                raise ProtocolBroken(f"not a command for a download now: {other!r}")

    def _work(self, command: CheckFile | MoveModel, stopped: Callable[[], bool]) -> FileChecked | ModelMoved:
        if isinstance(command, CheckFile):
            return self._checked(command, stopped)
        moved = move(command.model, Path(command.folder), self._tell(command.model.path), stopped)
        for old, new in moved:
            self._checksums.move(old, new)
        return ModelMoved(moved=tuple((str(old), str(new)) for old, new in moved))

    def _checked(self, command: CheckFile, stopped: Callable[[], bool]) -> FileChecked:
        """What is broken is noted where it can be; a repair looks for it once more."""
        path = Path(command.path)
        checked = check_file(path, command.sha256, self._checksums, self._tell(command.path), stopped)
        if checked.sound is False:
            with contextlib.suppress(OSError, DownloadElsewhere):
                forget_broken(path, checked.broken)
        return checked

    def _fetch(self, command: StartDownload | RepairFile, stop: threading.Event) -> None:
        end = self._end(command, stop)
        self._busy = False  # before anyone can answer with the next command
        self._send(end)

    def _end(self, command: StartDownload | RepairFile, stop: threading.Event) -> DownloadEvent:
        work: Downloader | Mending | PreparedDownload | None = None
        try:
            terms = self._terms(command, stop)
            if isinstance(command, StartDownload) and command.prepare is not None:
                work = preparing = _prepared_download(command, command.prepare, terms, self._send)
                report = preparing.run()
                return DownloadDone(paths=(report.path,), report=report)
            if isinstance(command, StartDownload):
                work = Downloader(command.source, Path(command.folder), terms, self._send)
            else:
                work = Mending(Path(command.path), terms, self._checksums, self._send)
            return DownloadDone(paths=tuple(str(path) for path in work.run()))
        except (Stopped, Cancelled):
            return DownloadPaused(done=work.done if work is not None else 0)
        except Exception as error:
            return DownloadFailed(failure=Failure.of(error), done=work.done if work is not None else 0)

    def _terms(self, command: StartDownload | RepairFile, stop: threading.Event) -> Terms:
        if not command.endpoint and is_hub_offline(os.environ):
            raise Offline
        endpoint = command.endpoint or endpoint_of(os.environ)
        given = command.token if isinstance(command, StartDownload) else ""
        token = given or TokenStore(self._folders.config, os.environ).find().token
        network = Network(endpoint, token, command.patience.stall, note=Ledger(os.environ, Purpose.DOWNLOAD).note)
        return Terms(network, self._limiter, command.patience, stop)

    def _tell(self, path: str) -> Callable[[int, int], None]:
        return Throttle(lambda done, total: self._send(CheckProgress(path=path, done=done, total=total)))


def _prepared_download(
    command: StartDownload, prepare: StartRepack, terms: Terms, tell: Callable[[Event], None]
) -> PreparedDownload:
    """A plain download is better without the libraries that this needs."""
    from app.worker.preparing import PreparedDownload

    return PreparedDownload(command, prepare, terms, tell)


WORKER: type[Worker] = DownloadWorker
