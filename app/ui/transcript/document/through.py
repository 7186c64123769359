"""All rows of a message, in view or not, for those who read or search it: a little at a time.

Window process, interface thread. A message of a megabyte takes seconds to cut and parse, so whoever reads it may
pause between its rows. What is shown is left as it is: rows that are not there are those of a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from time import perf_counter
from typing import TypeVar, cast

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.rows.row import Row

_SLICE_SECONDS = 0.005
_T = TypeVar("_T")


def rows_through(item: MessageItem) -> Iterator[Row | None]:
    """The rows from the first to the last, which may have to be parsed yet; None where there is only time to pause."""
    source = item
    if not item.rows or not item.is_whole:
        source = item.copied()
        yield None
    while source.read_on():
        yield None
    yield from list(source.rows)


def at_once(work: Generator[None, None, _T]) -> _T:
    """What comes of work that can be paused, without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return cast(_T, end.value)


class Slices(QObject):
    """Does what takes long in short turns of the event loop."""

    paused = Signal()  # after each turn but the last

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turn: Callable[[], None] = self.stop
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(lambda: self._turn())

    @property
    def is_working(self) -> bool:
        """Whether there is something left to do."""
        return self._timer.isActive()

    def stop(self) -> None:
        """Leave undone what is not done."""
        self._timer.stop()
        self._turn = self.stop

    def begin(self, work: Generator[None, None, _T], then: Callable[[_T], None], *, at_once: bool = True) -> None:
        """Do this instead of anything else, from now or from the next turn on; `then` gets what comes of it."""
        self._turn = partial(self._go_on, work, then)
        self._timer.start()
        if at_once:
            self._turn()

    def _go_on(self, work: Generator[None, None, _T], then: Callable[[_T], None]) -> None:
        until = perf_counter() + _SLICE_SECONDS
        try:
            next(work)
            while perf_counter() < until:
                next(work)
        except StopIteration as end:
            self.stop()
            then(end.value)
        else:
            self.paused.emit()
