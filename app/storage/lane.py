"""The thread that owns the database: operations go in from any thread and run one after another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from app.core.errors import Failure

if TYPE_CHECKING:
    from app.storage.stores import Stores

T = TypeVar("T")


class Lane:
    """One thread with the database open on it; it starts with the first operation.

    While the database could not be opened, every operation fails with the error of that, until
    `reopen` succeeds.
    """

    def __init__(self, open: Callable[[], Stores]) -> None:  # noqa: A002 - that is what it does
        """`open` is the first thing that happens on the thread."""
        self._open = open
        self._opened: Stores | Failure | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._closing = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="storage", daemon=True)

    def submit(self, operation: Callable[[Stores], T]) -> Future[T]:
        """Run an operation after those before it; its result or error comes through the future.

        Raises:
            RuntimeError: the lane was closed.
        """
        return self._enqueue(lambda: operation(self._stores()))

    def reopen(self) -> Future[None]:
        """Close the database if it is open, and open it anew; the future has the error if that fails."""
        return self._enqueue(self._reopen)

    def interrupt(self) -> None:
        """End the statement that the database runs now, if any; its operation fails."""
        with self._closing:
            opened = None if self._closed else self._opened
            if opened is not None and not isinstance(opened, Failure):
                opened.database.interrupt()

    def close(self) -> None:
        """Finish what was submitted, close the database and end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        if self._thread.ident:
            self._thread.join()

    def _enqueue(self, work: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._closing:
            if self._closed:
                raise RuntimeError("the storage lane is closed")
            if not self._thread.ident:
                self._thread.start()
            self._jobs.put(job)
        return future

    def _run(self) -> None:
        self._try_open()
        while (job := self._jobs.get()) is not None:
            job()
            del job  # it holds the result, which may be large, until the next one comes
        self._close_database()

    def _reopen(self) -> None:
        self._close_database()
        self._try_open()
        self._stores()

    def _try_open(self) -> None:
        try:
            self._opened = self._open()
        except Exception as error:
            self._opened = Failure.of(error)

    def _stores(self) -> Stores:
        assert self._opened is not None
        if isinstance(self._opened, Failure):
            raise self._opened.error()
        return self._opened

    def _close_database(self) -> None:
        if self._opened is not None and not isinstance(self._opened, Failure):
            self._opened.database.close()
