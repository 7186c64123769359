"""Downloads and work on models on the command line: the child, and progress for whoever watches."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

from app.children.child import Child
from app.children.outcome import Outcome
from app.cli.output import Terminal
from app.core.catalog.download_errors import DownloaderLost
from app.core.catalog.downloads import (
    Activity,
    CheckFile,
    CheckProgress,
    DownloadDone,
    DownloadFailed,
    DownloadPaused,
    DownloadProgress,
    FileChecked,
    ModelMoved,
    MoveModel,
    PauseDownload,
    RepairFile,
    Source,
    StartDownload,
)
from app.core.catalog.library import LibraryModel
from app.core.checkpoints.repack import RepackReport, StartRepack
from app.core.errors import Cancelled
from app.core.protocol import Cancel, ChildRole, Event, Failed, Stopped
from app.core.sizes import format_bytes

_ACTIVITIES = {
    Activity.CONNECTING: "connecting",
    Activity.FETCHING: "",
    Activity.WAITING: "waiting for the Hub",
    Activity.CHECKING: "verifying",
    Activity.REPAIRING: "mending what arrived damaged",
    Activity.PREPARING: "preparing",
}


class DownloadChild:
    """A child of the role `download` that serves one command after the other."""

    def __init__(self, log: Path, terminal: Terminal) -> None:
        self._terminal = terminal
        self._inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
        self._child = Child(ChildRole.DOWNLOAD, self._inbox.put, self._inbox.put, log=log)
        self._child.start()

    def close(self) -> None:
        """End the child."""
        self._child.shutdown()

    def download(self, source: Source, folder: Path, limit: int) -> tuple[Path, ...]:
        """Bring files into a folder; their paths.

        Raises:
            Cancelled: the user stopped it; what arrived is kept.
            ParleyError: it failed.
        """
        self._child.send(StartDownload(source=source, folder=str(folder), limit=limit))
        return tuple(map(Path, self._fetched().paths))

    def prepare(self, source: Source, folder: Path, limit: int, command: StartRepack) -> RepackReport:
        """Make a model of files while they arrive; raises as `download`."""
        self._child.send(StartDownload(source=source, folder=str(folder), limit=limit, prepare=command))
        report = self._fetched().report
        assert report is not None
        return report

    def repair(self, path: Path, limit: int) -> None:
        """Fetch again what is broken of a file; raises as `download`."""
        self._child.send(RepairFile(path=str(path), limit=limit))
        self._fetched()

    def check(self, path: Path, sha256: str) -> FileChecked:
        """Compare a file with its checksum; raises as `check_file`."""
        self._child.send(CheckFile(path=str(path), sha256=sha256))
        while True:
            match self._next():
                case CheckProgress(done=done, total=total):
                    self._terminal.progress(f"{path.name}: {done / max(total, 1):.0%} read")
                case FileChecked() as checked:
                    return checked
                case Failed(failure=failure):
                    raise failure.error()

    def move(self, model: LibraryModel, folder: Path) -> tuple[tuple[str, str], ...]:
        """Move a model into a folder: each file's old and new path.

        Raises:
            Cancelled: the user stopped it; everything is where it was.
            ParleyError: it failed.
        """
        self._child.send(MoveModel(model=model, folder=str(folder)))
        while True:
            try:
                event = self._next()
            except KeyboardInterrupt:
                self._child.send(Cancel())
                continue
            match event:
                case CheckProgress(done=done, total=total):
                    self._terminal.progress(f"{model.name}: {done / max(total, 1):.0%} moved and compared")
                case ModelMoved(moved=moved):
                    return moved
                case Stopped():
                    raise Cancelled
                case Failed(failure=failure):
                    raise failure.error()

    def _fetched(self) -> DownloadDone:
        while True:
            try:
                event = self._next()
            except KeyboardInterrupt:
                self._child.send(PauseDownload())
                continue
            match event:
                case DownloadProgress():
                    self._terminal.progress(progress_line(event))
                case DownloadDone() as done:
                    return done
                case DownloadPaused(done=done):
                    self._terminal.note(f"Paused; {format_bytes(done)} are kept. The same command goes on from there.")
                    raise Cancelled
                case DownloadFailed(failure=failure) | Failed(failure=failure):
                    raise failure.error()

    def _next(self) -> Event:
        event = self._inbox.get()
        if isinstance(event, Outcome):
            raise DownloaderLost(reason=event.sentence)
        return event


def progress_line(progress: DownloadProgress) -> str:
    """`model.gguf: 412 MB of 4.37 GB, 38.2 MB/s, 1:43 left`."""
    parts = [f"{format_bytes(progress.done)} of {format_bytes(progress.total)}"]
    if activity := _ACTIVITIES[progress.activity]:
        parts.append(activity)
    elif progress.rate > 0 and progress.seconds_left is not None:
        parts += [f"{format_bytes(int(progress.rate))}/s", f"{_span(progress.seconds_left)} left"]
    return f"{progress.file.path}: {', '.join(parts)}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
