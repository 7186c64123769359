"""Long work on models that are on disk: one after the other, each in a child process.

Runs on the window's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.catalog.download_errors import DownloaderLost
from app.core.catalog.downloads import (
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
)
from app.core.errors import Cancelled, ParleyError
from app.core.protocol import Cancel, Event, Failed, Stopped
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

Result = FileChecked | DownloadDone | ModelMoved


class Work(StrEnum):
    """What is done with a model."""

    VERIFYING = "verifying"
    REPAIRING = "repairing"
    MOVING = "moving"


@dataclass
class Job:
    """Work on the model at a path: commands for a child, one after the other, unless the user gives it up."""

    path: str
    work: Work
    commands: Sequence[CheckFile | RepairFile | MoveModel]
    results: list[Result] = field(default_factory=list)
    given_up: bool = False


class LibraryWork(QObject):
    """What waits stands in a line; stopping a job leaves every file whole where it was."""

    begun = Signal(object)  # Job: it is in the line
    progress = Signal(object, object, object)  # Job; bytes done, and all, of the command at work: beyond a C int
    ended = Signal(object, object)  # Job with its results, and ParleyError, Cancelled or None

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._line: deque[Job] = deque()

    @property
    def jobs(self) -> Sequence[Job]:
        """The one at work, then those that wait."""
        return tuple(self._line)

    def add(self, job: Job) -> None:
        """Do this when its turn comes; one job at a time for each model."""
        if any(other.path == job.path for other in self._line):
            return
        self._line.append(job)
        self.begun.emit(job)
        if len(self._line) == 1:
            self._begin()

    def stop(self, path: str) -> None:
        """Give up the job on a model."""
        job = next((job for job in self._line if job.path == path), None)
        if job is None:
            return
        if job is not self._line[0]:
            self._line.remove(job)
            self.ended.emit(job, Cancelled())
        else:
            job.given_up = True
            self._slot.tell(Cancel())
            self._slot.tell(PauseDownload())

    def shutdown(self) -> None:
        """End the child, which loses nothing."""
        self._line.clear()
        self._slot.shutdown()

    def _begin(self) -> None:
        self._slot.send(self._line[0].commands[0])

    def _on_event(self, event: Event) -> None:
        match event:
            case CheckProgress(done=done, total=total) | DownloadProgress(done=done, total=total):
                self.progress.emit(self._line[0], done, total)
            case FileChecked() | DownloadDone() | ModelMoved():
                self._take(event)
            case DownloadPaused() | Stopped():
                self._end(Cancelled())
            case Failed() | DownloadFailed():
                self._end(event.failure.error())

    def _take(self, result: Result) -> None:
        job = self._line[0]
        job.results.append(result)
        if len(job.results) == len(job.commands):
            self._end(None)
        elif job.given_up:
            self._end(Cancelled())
        else:
            self._slot.send(job.commands[len(job.results)])

    def _on_exit(self, outcome: Outcome) -> None:
        self._end(DownloaderLost(reason=outcome.sentence))

    def _end(self, error: ParleyError | Cancelled | None) -> None:
        self._slot.close()
        job = self._line.popleft()
        self.ended.emit(job, error)
        if self._line and not self._slot.is_filled:
            self._begin()
