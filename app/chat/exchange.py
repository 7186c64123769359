"""Exports from the database and imports into it, shared by the exchange child and the command line.

Plain Python on the caller's thread, which is not the one that owns the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from app.chat.printing import PagePrinter
from app.core.data.exchange import ExportFormat, ExportReport, ImportReport
from app.exchange.exporting import Exporter
from app.exchange.importing import Importer, Outcome
from app.exchange.portable import PortableConversation
from app.storage.exchange import ExchangeStore
from app.storage.lane import Lane

Progress = Callable[[int, int], None]

_T = TypeVar("_T")


class Exchange:
    """Runs exports and imports one at a time. `progress` is told how many are done, and of how many if known."""

    def __init__(self, lane: Lane, logs: Path, progress: Progress, stopped: Callable[[], bool]) -> None:
        self._lane = lane
        self._logs = logs
        self._progress = progress
        self._stopped = stopped

    def export(
        self, conversations: Sequence[int], form: ExportFormat, target: Path, *, overwrite: bool = False
    ) -> ExportReport:
        """Write these conversations, or all if none is named; raises as `Exporter.run`.

        Raises:
            UnknownConversation: there is none with this number.
        """
        ids = list(conversations) or self._call(lambda store: store.ids())
        printer = PagePrinter(self._logs, self._stopped)
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
        return (self._read(number) for number in ids)

    def _read(self, number: int) -> PortableConversation:
        return self._call(lambda store: store.read(number))

    def _call(self, operation: Callable[[ExchangeStore], _T]) -> _T:
        return self._lane.submit(lambda stores: operation(ExchangeStore(stores.database))).result()


class LaneShelf:
    """The database as a shelf for what comes in."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def put(self, conversations: Sequence[PortableConversation]) -> list[tuple[Outcome, int]]:
        """See `Shelf.put`."""
        return self._lane.submit(lambda stores: ExchangeStore(stores.database).put(conversations)).result()
