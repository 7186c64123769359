"""Checkpoints that are turned into GGUF, one after the other, each in a child process.

Runs on the window's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.errors import Cancelled, ParleyError
from app.core.protocol import Cancel, Event, Failed
from app.core.repack import RepackDone, RepackProgress, RepackStopped, StartRepack
from app.core.repack_errors import RepackerLost
from app.services.engine_host import ChildFactory
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.child import Child
    from app.children.outcome import Outcome

_STOP_MS = 3000
_END_SECONDS = 5.0


class ImportState(Enum):
    """What the service does."""

    IDLE = auto()
    WORKING = auto()
    STOPPING = auto()


class ModelImport(QObject):
    """What waits stands in a line; what was stopped goes on where it was when it is added again."""

    begun = Signal(object)  # StartRepack: it is in the line
    progress = Signal(object, object)  # StartRepack, RepackProgress
    finished = Signal(object, object)  # StartRepack, RepackReport
    failed = Signal(object, object)  # StartRepack, ParleyError or Cancelled

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._start = start
        self._relay = relay
        self._child: Child | None = None
        self._leaving: list[Child] = []
        self._line: deque[StartRepack] = deque()
        self.state = ImportState.IDLE

    @property
    def waiting(self) -> Sequence[StartRepack]:
        """The one at work, then those that wait."""
        return tuple(self._line)

    def add(self, command: StartRepack) -> None:
        """Do this when its turn comes; one at a time for each folder."""
        if any(other.folder == command.folder for other in self._line):
            return
        self._line.append(command)
        self.begun.emit(command)
        if self.state is ImportState.IDLE:
            self._next()

    def stop(self, command: StartRepack) -> None:
        """Give one up; what was written of it is kept."""
        if command not in self._line:
            return
        if command != self._line[0]:
            self._line.remove(command)
            self.failed.emit(command, Cancelled())
        elif self._child is not None:
            self.state = ImportState.STOPPING
            self._child.send(Cancel())
            QTimer.singleShot(_STOP_MS, self, self._child.kill)

    def shutdown(self) -> None:
        """End the child; the next start of the program may go on."""
        self._line.clear()
        for child in (*self._leaving, self._child):
            if child is not None:
                child.kill()
                child.wait(_END_SECONDS)

    def _next(self) -> None:
        self.state = ImportState.WORKING
        child = self._child = self._start(
            lambda event: self._relay.post(lambda: self._on_event(child, event)),
            lambda outcome: self._relay.post(lambda: self._on_exit(child, outcome)),
        )
        child.start()
        child.send(self._line[0])

    def _on_event(self, child: Child, event: Event) -> None:
        if child is not self._child or not self._line:
            return
        match event:
            case RepackProgress():
                self.progress.emit(self._line[0], event)
            case RepackDone():
                command = self._end()
                self.finished.emit(command, event.report)
            case RepackStopped():
                self._fail(Cancelled())
            case Failed():
                self._fail(event.failure.error())

    def _on_exit(self, child: Child, outcome: Outcome) -> None:
        if child in self._leaving:
            self._leaving.remove(child)
        elif child is self._child and self._line:
            stopping = self.state is ImportState.STOPPING
            self._fail(Cancelled() if stopping else RepackerLost(reason=outcome.sentence))

    def _fail(self, error: ParleyError | Cancelled) -> None:
        command = self._end()
        self.failed.emit(command, error)

    def _end(self) -> StartRepack:
        """The one at work is over; the next begins."""
        command, child = self._line.popleft(), self._child
        self._child, self.state = None, ImportState.IDLE
        if child is not None:
            self._leaving.append(child)
            child.close()
        if self._line:
            self._next()
        return command
