"""Exports from the database and imports into it, shared by the exchange child and the command line.

Plain Python on the caller's thread, which is not the one that owns the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from app.children.child import Child
from app.children.outcome import Outcome as ChildOutcome
from app.core.data.exchange import ExportFormat, ExportReport, ImportReport
from app.core.data.exchange_errors import PrintFailed
from app.core.data.exchange_frames import PagesPrinted, PrintPages
from app.core.errors import Cancelled, ParleyError
from app.core.protocol import ChildRole, Event, Failed
from app.exchange.exporting import Exporter
from app.exchange.importing import Importer, Outcome
from app.exchange.portable import PortableConversation
from app.storage.exchange import ExchangeStore
from app.storage.lane import Lane

PRINT_SECONDS = 600.0
Progress = Callable[[int, int], None]

_T = TypeVar("_T")


class Exchange:
    """Runs exports and imports one at a time. `progress` is told how many are done, and of how many if known."""

    def __init__(
        self,
        lane: Lane,
        logs: Path,
        progress: Progress,
        stopped: Callable[[], bool],
        child_command: Sequence[str] | None = None,
    ) -> None:
        self._lane = lane
        self._logs = logs
        self._progress = progress
        self._stopped = stopped
        self._child_command = child_command

    def export(
        self, conversations: Sequence[int], form: ExportFormat, target: Path, *, overwrite: bool = False
    ) -> ExportReport:
        """Write these conversations, or all if none is named; raises as `Exporter.run`.

        Raises:
            UnknownConversation: there is none with this number.
        """
        ids = list(conversations) or self._call(lambda store: store.ids())
        printer = PagePrinter(self._logs, self._stopped, self._child_command)
        exporter = Exporter(printer, lambda done: self._progress(done, len(ids)), self._stopped, overwrite=overwrite)
        try:
            return exporter.run(self._conversations(ids), len(ids), form, target)
        finally:
            printer.close()

    def import_paths(self, paths: Sequence[Path]) -> ImportReport:
        """Read these files and folders; raises as `Importer.run`."""
        shelf = LaneShelf(self._lane)
        return Importer(shelf, lambda done: self._progress(done, 0), self._stopped).run(paths)

    def _conversations(self, ids: Sequence[int]) -> Iterator[PortableConversation]:
        for number in ids:
            yield self._call(lambda store, number=number: store.read(number))  # type: ignore[misc]

    def _call(self, operation: Callable[[ExchangeStore], _T]) -> _T:
        return self._lane.submit(lambda stores: operation(ExchangeStore(stores.database))).result()


class LaneShelf:
    """The database as a shelf for what comes in."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def put(self, conversations: Sequence[PortableConversation]) -> list[tuple[Outcome, int]]:
        """See `Shelf.put`."""
        return self._lane.submit(lambda stores: ExchangeStore(stores.database).put(conversations)).result()


class PagePrinter:
    """Makes PDFs in one child process, which is started for the first of them."""

    def __init__(self, logs: Path, stopped: Callable[[], bool], command: Sequence[str] | None = None) -> None:
        self._log = logs / f"{ChildRole.PRINT.value}.log"
        self._stopped = stopped
        self._command = command
        self._child: Child | None = None
        self._answered = threading.Event()
        self._answer: Event | ChildOutcome | None = None
        self._last_id = 0

    def __call__(self, source: Path, target: Path, title: str) -> None:
        """Write the PDF of an HTML file.

        Raises:
            PrintFailed: the child came to nothing, or took longer than `PRINT_SECONDS`.
            Cancelled: it was stopped.
        """
        child = self._started()
        self._last_id += 1
        self._answered.clear()
        child.send(PrintPages(id=self._last_id, source=str(source), target=str(target), title=title))
        for _ in range(int(PRINT_SECONDS * 10)):
            if self._answered.wait(0.1):
                break
            if self._stopped():
                raise Cancelled
        self._check()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(5)

    def _started(self) -> Child:
        if self._child is None:
            self._child = Child(ChildRole.PRINT, self._take, self._take, log=self._log, command=self._command)
            self._child.start()
        return self._child

    def _take(self, answer: Event | ChildOutcome) -> None:
        self._answer = answer
        self._answered.set()

    def _check(self) -> None:
        answer = self._answer
        if isinstance(answer, PagesPrinted) and answer.id == self._last_id:
            return
        if isinstance(answer, Failed):
            error: ParleyError = answer.failure.error()
            raise error
        reason = answer.sentence if isinstance(answer, ChildOutcome) else "it took too long"
        raise PrintFailed(reason=reason)
