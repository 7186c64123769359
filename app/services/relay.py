"""Carries calls from other threads to the window's thread, in order, a batch per wake-up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from app.core.errors import Bug, Failure, ParleyError

if TYPE_CHECKING:
    from app.storage.lane import Lane
    from app.storage.stores import Stores

_T = TypeVar("_T")


class Relay(QObject):
    """Belongs to the thread that makes it; `post` may be called from any thread."""

    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[Callable[[], None]] = deque()
        self._open = True
        self._awake = False
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Run `call` on the relay's thread soon."""
        if not self._open:
            return
        self._calls.append(call)
        if not self._awake:
            self._awake = True
            self._wake.emit()

    def close(self) -> None:
        """Drop what was not delivered yet, and all that comes: nobody is there any more."""
        self._open = False
        self._calls.clear()

    def deliver(self, future: Future[_T], then: Callable[[_T], None], failed: Callable[[ParleyError], None]) -> None:
        """Hand a result, or its error, to the relay's thread."""
        future.add_done_callback(lambda done: self.post(lambda: self._settle(done, then, failed)))

    @staticmethod
    def _settle(future: Future[_T], then: Callable[[_T], None], failed: Callable[[ParleyError], None]) -> None:
        error = future.exception()
        if error is None:
            then(future.result())
        else:
            failed(error if isinstance(error, ParleyError) else Bug(Failure.of(error).detail))

    def _drain(self) -> None:
        # A call that arrives from here on wakes anew, also when it is run in this round already.
        self._awake = False
        waiting = len(self._calls)
        try:
            while self._open and waiting and self._calls:
                waiting -= 1
                self._calls.popleft()()
        finally:
            if self._open and self._calls and not self._awake:
                self._awake = True
                self._wake.emit()


class Storage:
    """The database lane as the window uses it: results come back on the window's thread."""

    def __init__(self, lane: Lane, relay: Relay) -> None:
        self.lane = lane
        self._relay = relay

    def call(
        self,
        operation: Callable[[Stores], _T],
        then: Callable[[_T], None],
        failed: Callable[[ParleyError], None],
    ) -> None:
        """Run `operation` on the lane, then one of the two on the window's thread."""
        self._relay.deliver(self.lane.submit(operation), then, failed)

    def close(self) -> None:
        """Finish every write; their results go nowhere."""
        self.lane.close()
        self._relay.close()

    def settle(self, future: Future[_T], then: Callable[[_T], None], failed: Callable[[ParleyError], None]) -> None:
        """Like `call`, for what was submitted already."""
        self._relay.deliver(future, then, failed)


def ignore(_: Any) -> None:
    """For an operation whose result nobody waits for."""
