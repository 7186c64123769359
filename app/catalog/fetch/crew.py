"""The threads that bring one file's bytes: pullers, and the hasher behind them.

Made and watched by the thread of a download child that fetches the file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.hasher import Hash, Hasher
from app.catalog.fetch.journal import Journal, part_of
from app.catalog.fetch.puller import Control, Puller, Stopped
from app.catalog.fetch.segments import Segments, Writer
from app.core.catalog.download_errors import DiskFilling
from app.core.catalog.downloads import Activity

_MOST_CONNECTIONS = 4


@dataclass(frozen=True)
class Report:
    """How a file stands, in bytes."""

    activity: Activity
    done: int
    checked: int


class Crew:
    """Pullers for what is missing, as long as something is; one for every `share` of bytes, up to four."""

    def __init__(
        self, target: Path, journal: Journal, digest: Hash | None, control: Control, *, share: int, whole: bool
    ) -> None:
        self._journal = journal
        self._part = part_of(target)
        self._control = control
        self._segments = Segments(journal, whole=whole)
        self._most = 1 if whole else min(_MOST_CONNECTIONS, max(1, journal.pins.bytes // share))
        self._pullers: dict[threading.Thread, Puller] = {}
        self._error: BaseException | None = None
        self._hasher = Hasher(self._part, journal, digest, control.stop) if digest is not None else None
        if self._hasher is not None:
            self._hasher.start()

    @property
    def digest(self) -> str:
        """The whole file's, once `works` is over; nothing where there is none to compare with."""
        return self._hasher.digest if self._hasher is not None else ""

    def works(self, make_puller: Callable[[], Puller]) -> bool:
        """See that all that is missing is being fetched; False when the file is there and hashed.

        Raises:
            RangesIgnored, ParleyError, OSError: what ended one of the threads.
            DiskFilling: other programs need the space.
        """
        is_hashing = self._hasher is not None and self._hasher.running  # asked first: its end may be its failure
        error = self._error or (self._hasher.error if self._hasher is not None else None)
        if error is not None:
            raise error
        self._pullers = {thread: puller for thread, puller in self._pullers.items() if thread.is_alive()}
        while self._segments.waiting and len(self._pullers) < self._wanted():
            self._add(make_puller())
        if self._journal.done < self._journal.pins.bytes and disk.is_low(self._part.parent):
            raise DiskFilling(folder=str(self._part.parent))
        return bool(self._pullers) or is_hashing

    def report(self) -> Report:
        """How the file stands."""
        pullers = self._pullers.values()
        if not pullers:
            activity = Activity.CHECKING
        elif all(puller.waiting for puller in pullers):
            activity = Activity.WAITING
        else:
            activity = Activity.FETCHING
        return Report(activity, self._journal.done, self._hasher.checked if self._hasher is not None else 0)

    def end(self) -> None:
        """Stop every thread and wait for it; what they have is kept."""
        self._control.stop.set()
        for puller in self._pullers.values():
            puller.link.abort()
        for thread in self._pullers:
            thread.join()
        if self._hasher is not None:
            self._hasher.wake()
            self._hasher.wait()

    def _wanted(self) -> int:
        """A limited download needs one connection: more would only fill the network's buffers."""
        return 1 if self._control.limiter.rate > 0 else self._most

    def _add(self, puller: Puller) -> None:
        run = self._segments.claim()
        thread = threading.Thread(target=self._pull, args=(puller, run), name="puller", daemon=True)
        self._pullers[thread] = puller
        thread.start()

    def _pull(self, puller: Puller, run: range | None) -> None:
        try:
            while run is not None:
                self._pull_run(puller, run)
                run = self._segments.claim() if len(self._pullers) <= self._wanted() else None
        except Stopped:
            return
        except BaseException as error:
            self._error = self._error or error
        finally:
            puller.link.close()

    def _pull_run(self, puller: Puller, run: range) -> None:
        writer = Writer(self._part, self._journal, run, self._hasher.wake if self._hasher is not None else _nothing)
        try:
            puller.pull(writer.start, writer.stop, writer.take)
        finally:
            writer.close()
            self._segments.release(run)


def _nothing() -> None:
    """There is nobody to tell."""
