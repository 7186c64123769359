"""One running download: its child, from the start to the one word that says how it ended.

Runs on the window's thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.catalog.fetch.checkpoint import preparation_of
from app.core.catalog.download_errors import DownloaderLost
from app.core.catalog.downloads import (
    Download,
    DownloadDone,
    DownloadFailed,
    DownloadPaused,
    DownloadProgress,
    DownloadState,
    LimitDownload,
    PauseDownload,
    StartDownload,
)
from app.core.checkpoints.repack import RepackReport
from app.core.errors import Failure
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

_PAUSE_MS = 3000


class DownloadRun(QObject):
    """A child that is killed loses nothing, so one that does not pause in time is killed.

    `report` is there at the end of a download that was prepared on the way.
    """

    progress = Signal(int, object)  # id, DownloadProgress
    ended = Signal(int, DownloadState, object, object)  # id, state, bytes on disk (beyond a C int), Failure or None

    def __init__(
        self, start: ChildFactory, relay: Relay, download: Download, limit: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._limit = limit
        self._done = download.done
        self._is_pausing = False
        self.download = download
        self.report: RepackReport | None = None

    def begin(self) -> None:
        """Start the child."""
        source, folder = self.download.source, self.download.folder
        prepare = None
        if source.wishes is not None and source.is_prepared_on_the_way:
            prepare = preparation_of(source, source.wishes, Path(folder))
        self._slot.send(StartDownload(source=source, folder=folder, limit=self._limit, prepare=prepare))

    def pause(self) -> None:
        """Ask the child to stop."""
        self._is_pausing = True
        self._slot.tell(PauseDownload())
        QTimer.singleShot(_PAUSE_MS, self, self.kill)

    def limit(self, bytes_per_second: int) -> None:
        """Change the speed limit."""
        self._slot.tell(LimitDownload(limit=bytes_per_second))

    def kill(self) -> None:
        """End the child at once; `ended` follows."""
        self._slot.kill()

    def shutdown(self) -> None:
        """End the child before the program exits; nothing follows."""
        self._slot.shutdown()

    def _on_event(self, event: Event) -> None:
        match event:
            case DownloadProgress():
                self._done = event.done
                self.progress.emit(self.download.id, event)
            case DownloadDone(report=report):
                self.report = report
                self._end(DownloadState.DONE, self.download.source.bytes, None)
            case DownloadPaused():
                self._end(DownloadState.PAUSED, event.done or self._done, None)  # 0 where it had not looked yet
            case DownloadFailed():
                self._end(DownloadState.FAILED, event.done or self._done, event.failure)
            case Failed():
                self._end(DownloadState.FAILED, self._done, event.failure)

    def _on_exit(self, outcome: Outcome) -> None:
        if self._is_pausing:
            self._end(DownloadState.PAUSED, self._done, None)
        else:
            self._end(DownloadState.FAILED, self._done, Failure.of(DownloaderLost(reason=outcome.sentence)))

    def _end(self, state: DownloadState, done: int, failure: Failure | None) -> None:
        self._slot.close()
        self.ended.emit(self.download.id, state, done, failure)
