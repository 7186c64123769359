"""Checkpoints that are turned into GGUF, one after the other, each in a child process.

Runs on the window's thread. What was under way when the program ended, however it ended, goes on with the next start.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.catalog.fetch.journal import journal_of
from app.core.checkpoints.preparing import Original, Preparation, PreparationState, Wishes
from app.core.checkpoints.repack import RepackDone, RepackProgress, RepackReport, StartRepack
from app.core.checkpoints.repack_errors import OriginalStays, PreparationsUnsaved, RepackerLost
from app.core.errors import Failure
from app.core.protocol import Cancel, Event, Failed, Stopped
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay, Storage, ignore
from app.storage.preparations import PreparationFile

if TYPE_CHECKING:
    from app.children.outcome import Outcome

_STOP_MS = 3000


class ImportState(Enum):
    """What the service does."""

    IDLE = auto()
    WORKING = auto()
    STOPPING = auto()


class ModelImport(QObject):
    """`preparations` are all there are, in order; what was stopped goes on where it was when it is retried."""

    changed = Signal(list)  # list[Preparation], in order
    progress = Signal(int, object)  # id, RepackProgress
    finished = Signal(object)  # Preparation: its result is verified and has its name
    problem = Signal(object)  # ParleyError

    def __init__(
        self, start: ChildFactory, storage: Storage, file: PreparationFile, relay: Relay, parent: QObject | None = None
    ) -> None:
        """`file` is read and written on the storage's thread."""
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._patience = QTimer(self, singleShot=True, interval=_STOP_MS)
        self._patience.timeout.connect(self._slot.kill)
        self._storage = storage
        self._file = file
        self._current = 0
        self._cleaner = ThreadPoolExecutor(1, thread_name_prefix="originals")
        self.preparations: list[Preparation] = []
        self.state = ImportState.IDLE

    def restore(self) -> None:
        """Read what was kept and go on with it."""
        self._storage.call(lambda _: self._file.read(), self._restored, self.problem.emit)

    def add(self, name: str, command: StartRepack, wishes: Wishes) -> None:
        """Prepare this when its turn comes; what is in the list already is done anew."""
        known = next((one for one in self.preparations if one.command == command), None)
        if known is None or known.state not in (PreparationState.QUEUED, PreparationState.RUNNING):
            self._append(name, command, wishes)
            self._advance()

    def add_done(self, name: str, command: StartRepack, wishes: Wishes, report: RepackReport) -> None:
        """Note what was prepared while it was downloaded."""
        done = PreparationState.DONE
        self.finished.emit(self._append(name, command, wishes, state=done, report=report, ended_at=time.time()))

    def stop(self, preparation_id: int) -> None:
        """Give one up for now; what was written of it is kept."""
        if preparation_id != self._current:
            if self._find(preparation_id).state is PreparationState.QUEUED:
                self._note(preparation_id, PreparationState.STOPPED)
        elif self.state is ImportState.WORKING:
            self.state = ImportState.STOPPING
            self._slot.tell(Cancel())
            self._patience.start()

    def retry(self, preparation_id: int) -> None:
        """Go on with one that was stopped or has failed, when its turn comes."""
        if self._find(preparation_id).state in (PreparationState.STOPPED, PreparationState.FAILED):
            self._note(preparation_id, PreparationState.QUEUED)
            self._advance()

    def clear(self, preparation_id: int) -> None:
        """Take one that is not at work off the list; its files stay."""
        if preparation_id != self._current:
            self.preparations.remove(self._find(preparation_id))
            self._keep()

    def shutdown(self) -> None:
        """End the child; the next start of the program goes on."""
        self._patience.stop()
        self._slot.shutdown()
        self._cleaner.shutdown()

    def _append(self, name: str, command: StartRepack, wishes: Wishes, **facts: Any) -> Preparation:
        """Put a line at the end, in the place of one for the same."""
        self.preparations = [one for one in self.preparations if one.command != command]
        number = 1 + max((one.id for one in self.preparations), default=0)
        original, options = wishes.original, wishes.options
        added = Preparation(id=number, name=name, command=command, original=original, options=options, **facts)
        self.preparations.append(added)
        self._keep()
        return added

    def _find(self, preparation_id: int) -> Preparation:
        return next(one for one in self.preparations if one.id == preparation_id)

    def _restored(self, kept: list[Preparation]) -> None:
        """What was added meanwhile comes behind what was kept."""
        added = self.preparations
        cut = [
            msgspec.structs.replace(one, state=PreparationState.QUEUED)
            if one.state is PreparationState.RUNNING
            else one
            for one in kept
            if all(one.command != other.command for other in added)
        ]
        highest = max((one.id for one in cut), default=0)
        self.preparations = cut + [msgspec.structs.replace(one, id=one.id + highest) for one in added]
        if self._current:
            self._current += highest
        if added:
            self._keep()
        else:
            self.changed.emit(self.preparations)
        self._advance()

    def _advance(self) -> None:
        """Start the next one, if none is at work."""
        waiting = (one for one in self.preparations if one.state is PreparationState.QUEUED)
        if self.state is not ImportState.IDLE or (following := next(waiting, None)) is None:
            return
        self.state, self._current = ImportState.WORKING, following.id
        self._slot.send(following.command)
        self._note(following.id, PreparationState.RUNNING)

    def _on_event(self, event: Event) -> None:
        match event:
            case RepackProgress():
                self.progress.emit(self._current, event)
            case RepackDone():
                self._done(event.report)
            case Stopped():
                self._end(PreparationState.STOPPED)
            case Failed():
                self._fail(event.failure)

    def _on_exit(self, outcome: Outcome) -> None:
        if self.state is ImportState.STOPPING:
            self._end(PreparationState.STOPPED)
        else:
            self._fail(Failure.of(RepackerLost(reason=outcome.sentence)))

    def _done(self, report: RepackReport) -> None:
        """The original goes only now, since the result is there and verified."""
        number, original = self._current, self._find(self._current).original
        self._end(PreparationState.DONE, report=report, ended_at=time.time())
        if original is not Original.KEEP:
            removed = self._cleaner.submit(_remove, report.sources, original)
            self._storage.settle(removed, ignore, self.problem.emit)
        self.finished.emit(self._find(number))

    def _fail(self, failure: Failure) -> None:
        self._end(PreparationState.FAILED, failure=failure)
        self.problem.emit(failure.error())

    def _end(self, state: PreparationState, **changes: Any) -> None:
        """The one at work is over; the next begins."""
        self._patience.stop()
        self._slot.close()
        number, self._current, self.state = self._current, 0, ImportState.IDLE
        self._note(number, state, **changes)
        self._advance()

    def _note(self, preparation_id: int, state: PreparationState, **changes: Any) -> None:
        old = self._find(preparation_id)
        new = msgspec.structs.replace(old, state=state, **{"failure": None, **changes})
        self.preparations = [new if one is old else one for one in self.preparations]
        self._keep()

    def _keep(self) -> None:
        """Store the list and tell of it."""
        kept = tuple(self.preparations)
        self._storage.call(lambda _: _write(self._file, kept), ignore, self.problem.emit)
        self.changed.emit(self.preparations)


def _write(file: PreparationFile, preparations: Sequence[Preparation]) -> None:
    try:
        file.write(preparations)
    except OSError as error:
        raise PreparationsUnsaved(str(error), reason=error.strerror or str(error)) from error


def _remove(sources: Sequence[str], original: Original) -> None:
    """Delete the weights of a checkpoint, with Parley's own notes beside them, or put them into the trash."""
    from send2trash import send2trash

    for path in map(Path, sources):
        try:
            if original is Original.TRASH:
                send2trash(path)
            else:
                path.unlink(missing_ok=True)
            journal_of(path).unlink(missing_ok=True)
        except OSError as error:
            raise OriginalStays(str(error), file=path.name, reason=error.strerror or str(error)) from error
