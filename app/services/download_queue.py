"""The queue of downloads: one child per running one, everything else waits in the database.

Runs on the window's thread. What was running when the program ended, however it ended, goes on with
the next start where its bytes end.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.catalog.download_errors import DiskFilling, DiskTooSmall
from app.core.catalog.downloads import Download, DownloadProgress, DownloadState, Source
from app.core.catalog.hub_errors import Offline
from app.core.errors import Failure, ParleyError
from app.services.child_slot import ChildFactory
from app.services.download_run import DownloadRun
from app.services.leftovers import delete_leftovers
from app.services.relay import Relay, Storage, ignore

_KEEP_SECONDS = 5.0
_PAUSING = DiskFilling, DiskTooSmall, Offline
"""What is not wrong with a download, but around it: the user says when it goes on."""


class DownloadQueue(QObject):
    """`downloads` are all there are, in order; at most `parallel` of them run."""

    changed = Signal(list)  # list[Download], in order
    progress = Signal(int, object)  # id, DownloadProgress
    finished = Signal(object)  # Download: every file of it is verified and in its place
    prepared = Signal(object, object)  # Download and RepackReport: a model was made on the way, the weights are gone
    restored = Signal(list)  # list[Download], as the last run of the program left them
    problem = Signal(object)  # ParleyError

    def __init__(
        self, start: ChildFactory, storage: Storage, relay: Relay, parent: QObject | None = None, *, parallel: int = 1
    ) -> None:
        super().__init__(parent)
        self._start = start
        self._storage = storage
        self._relay = relay
        self._parallel = parallel
        self._limit = 0
        self._runs: dict[int, DownloadRun] = {}
        self._noted: dict[int, float] = {}
        self._given_up: dict[int, str] = {}  # those whose files are not deleted yet, by folder
        self._cleaner = ThreadPoolExecutor(1, thread_name_prefix="leftovers")
        self._is_over = False
        self.downloads: list[Download] = []

    def restore(self) -> None:
        """Read the queue and go on with it."""
        self._storage.call(lambda stores: stores.downloads.list(), self._restored, self.problem.emit)

    def add(self, name: str, source: Source, folder: Path) -> None:
        """Download these files into a folder, after what is queued already."""
        self._storage.call(
            lambda stores: stores.downloads.add(name, source, str(folder)), self._added, self.problem.emit
        )

    def pause(self, download_id: int) -> None:
        """Stop a download for now; what has arrived is kept."""
        run = self._runs.get(download_id)
        if run is not None:
            run.pause()
        elif self._find(download_id).state is DownloadState.QUEUED:
            self._note(download_id, DownloadState.PAUSED)

    def resume(self, download_id: int) -> None:
        """Go on with a download that is paused or has failed, when its turn comes."""
        if self._find(download_id).state in (DownloadState.PAUSED, DownloadState.FAILED):
            self._note(download_id, DownloadState.QUEUED)
            self._advance()

    def cancel(self, download_id: int) -> None:
        """Give a download up: what is not complete is deleted, and it leaves the list."""
        download, run = self._find(download_id), self._runs.get(download_id)
        self.downloads = [other for other in self.downloads if other.id != download_id]
        self._storage.call(lambda stores: stores.downloads.remove(download_id), ignore, self.problem.emit)
        if run is not None:
            self._given_up[download_id] = download.folder
            run.kill()
        elif download.state is not DownloadState.DONE:
            self._give_up(download)
        self.changed.emit(self.downloads)
        self._advance()

    def move(self, download_id: int, place: int) -> None:
        """Put a download elsewhere in the order."""
        download = self._find(download_id)
        self.downloads.remove(download)
        self.downloads.insert(place, download)
        order = [other.id for other in self.downloads]
        self._storage.call(lambda stores: stores.downloads.arrange(order), ignore, self.problem.emit)
        self.changed.emit(self.downloads)

    @property
    def limit(self) -> int:
        """Bytes per second of all downloads together; 0 is no limit."""
        return self._limit

    def set_limit(self, bytes_per_second: int) -> None:
        """Limit the speed of all downloads together; 0 is no limit."""
        self._limit = bytes_per_second
        for run in self._runs.values():
            run.limit(self._share)

    def shutdown(self) -> None:
        """End the children; the next start goes on."""
        self._is_over = True
        for run in self._runs.values():
            run.kill()
        for number, run in self._runs.items():
            run.shutdown()
            if number in self._given_up:
                self._cleaner.submit(delete_leftovers, run.download)
        self._runs.clear()
        self._cleaner.shutdown()

    @property
    def _share(self) -> int:
        return self._limit // self._parallel

    def _find(self, download_id: int) -> Download:
        return next(download for download in self.downloads if download.id == download_id)

    def _give_up(self, download: Download) -> None:
        """Delete what has arrived, as nobody writes to it any more."""
        self._given_up[download.id] = download.folder

        def over(error: ParleyError | None) -> None:
            del self._given_up[download.id]
            if error is not None:
                self.problem.emit(error)
            self._advance()

        self._relay.deliver(self._cleaner.submit(delete_leftovers, download), over, over)

    def _restored(self, downloads: list[Download]) -> None:
        cut = [d for d in downloads if d.state is DownloadState.RUNNING and d.id not in self._runs]
        self.downloads = downloads
        for download in cut:
            self._replace(msgspec.structs.replace(download, state=DownloadState.QUEUED))
        self.changed.emit(self.downloads)
        self.restored.emit(list(self.downloads))
        self._advance()

    def _added(self, download: Download) -> None:
        if any(other.id == download.id for other in self.downloads):
            if download.id not in self._runs:
                self._replace(download)
        else:
            self.downloads.append(download)
        self.changed.emit(self.downloads)
        self._advance()

    def _advance(self) -> None:
        """Start what may run now: nothing in a folder where something is about to be deleted."""
        closed = set(self._given_up.values())
        for download in self.downloads:
            if len(self._runs) >= self._parallel or self._is_over:
                return
            if download.state is DownloadState.QUEUED and download.folder not in closed:
                self._begin(download)

    def _begin(self, download: Download) -> None:
        run = DownloadRun(self._start, self._relay, download, self._share, self)
        run.progress.connect(self._on_progress)
        run.ended.connect(self._on_ended)
        self._runs[download.id] = run
        self._note(download.id, DownloadState.RUNNING)
        run.begin()

    def _on_progress(self, download_id: int, progress: DownloadProgress) -> None:
        if download_id in self._given_up:
            return
        self._replace(msgspec.structs.replace(self._find(download_id), done=progress.done))
        if time.monotonic() - self._noted.get(download_id, 0.0) > _KEEP_SECONDS:
            self._store(self._find(download_id))
        self.progress.emit(download_id, progress)

    def _on_ended(self, download_id: int, state: DownloadState, done: int, failure: Failure | None) -> None:
        run = self._runs.pop(download_id)
        run.deleteLater()
        if download_id in self._given_up:
            self._give_up(run.download)
            self._advance()
            return
        if failure is not None:
            error = failure.error()
            state = DownloadState.PAUSED if isinstance(error, _PAUSING) else state
            self.problem.emit(error)
        if run.report is not None:
            # not stored: until somebody has noted what came of it, the next start of the program has to tell again
            self._replace(msgspec.structs.replace(self._find(download_id), state=state, done=done))
            self.prepared.emit(self._find(download_id), run.report)
        else:
            self._note(download_id, state, done, failure)
            if state is DownloadState.DONE:
                self.finished.emit(self._find(download_id))
        self._advance()

    def _note(
        self, download_id: int, state: DownloadState, done: int | None = None, failure: Failure | None = None
    ) -> None:
        old = self._find(download_id)
        new = msgspec.structs.replace(old, state=state, done=old.done if done is None else done, failure=failure)
        self._replace(new)
        self._store(new)
        self.changed.emit(self.downloads)

    def _store(self, download: Download) -> None:
        self._noted[download.id] = time.monotonic()
        self._storage.call(
            lambda stores: stores.downloads.update(download.id, download.state, download.done, download.failure),
            ignore,
            self._unsaved,
        )

    def _unsaved(self, error: ParleyError) -> None:
        self.problem.emit(error)

    def _replace(self, download: Download) -> None:
        self.downloads = [download if other.id == download.id else other for other in self.downloads]
