"""Downloads the files of one variant: all that is needed between a `StartDownload` and its end.

Runs on a thread of a download child, or in a command line that has nothing else to do.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.crew import Report
from app.catalog.fetch.fetch import FileFetch, Terms
from app.catalog.fetch.journal import part_of, read_pins
from app.catalog.fetch.layout import target_of
from app.catalog.fetch.place import Errand
from app.core.catalog.downloads import Activity, DownloadProgress, FileProgress, Source
from app.core.catalog.hub import RemoteFile

_RATE_SECONDS = 5.0
_TELL_SECONDS = 0.2


class Meter:
    """Bytes per second over the last seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()

    def add(self, done: int) -> float:
        """Note how much has come until now; the rate."""
        now = self._clock()
        self._samples.append((now, done))
        while now - self._samples[0][0] > _RATE_SECONDS:
            self._samples.popleft()
        then, before = self._samples[0]
        return (done - before) / (now - then) if now > then else 0.0


class Throttle:
    """Passes on what is told, at most some times a second, and what is told at the end."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell = tell
        self._told_at = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Tell how much of all is done."""
        now = time.monotonic()
        if done == total or now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._tell(done, total)


class ProgressTeller:
    """Makes frames of how files stand: with a rate, and at most some times a second."""

    def __init__(self, total: int, tell: Callable[[DownloadProgress], None]) -> None:
        self._total = total
        self._tell = tell
        self._meter = Meter()
        self._activity: Activity | None = None
        self._told_at = 0.0
        self._latest: tuple[str, int] = ("", 0)
        self._arrived = 0

    def tell(self, file: RemoteFile, report: Report, before: int = 0, *, now: bool = False) -> None:
        """One file stands so, and `before` bytes of others are done; `now` tells it in any case."""
        changed, self._activity = report.activity is not self._activity, report.activity
        self._count(file.path, report.done)
        if not now and not changed and time.monotonic() - self._told_at < _TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        done = before + report.done
        rate = self._meter.add(self._arrived) if report.activity is not Activity.CONNECTING else 0.0
        self._tell(
            DownloadProgress(
                activity=report.activity,
                file=FileProgress(path=file.path, done=report.done, total=file.bytes, checked=report.checked),
                done=done,
                total=self._total,
                rate=rate,
                seconds_left=(self._total - done) / rate if rate > 0 else None,
                file_seconds_left=(file.bytes - report.done) / rate if rate > 0 else None,
            )
        )

    def _count(self, path: str, done: int) -> None:
        """What was there when a file is first told of has not arrived now."""
        known, before = self._latest
        self._arrived += max(0, done - before) if path == known else 0
        self._latest = path, done


class Downloader:
    """Brings the files of a source into a folder, one after the other."""

    def __init__(self, source: Source, folder: Path, terms: Terms, tell: Callable[[DownloadProgress], None]) -> None:
        self._source = source
        self._folder = folder
        self._terms = terms
        self._teller = ProgressTeller(source.bytes, tell)
        self._before = 0
        self._last: Report | None = None

    @property
    def done(self) -> int:
        """The bytes that are on disk."""
        return self._before + (self._last.done if self._last is not None else 0)

    def run(self) -> tuple[Path, ...]:
        """Download what is not there yet; the files' paths.

        Raises:
            Stopped, Cancelled: it was paused.
            ParleyError: it failed; what arrived is kept.
        """
        source = self._source
        errands = [
            Errand(source.repo, source.commit, file, target_of(self._folder, file.path)) for file in source.files
        ]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            disk.require(self._folder, sum(missing(errand) for errand in errands))
        except OSError as error:
            raise disk.write_error(error, self._folder) from error
        for errand in errands:
            FileFetch(self._terms, errand, partial(self._report, errand)).run()
            self._report(errand, Report(Activity.CHECKING, errand.file.bytes, errand.file.bytes), now=True)
            self._before, self._last = self._before + errand.file.bytes, None
        return tuple(errand.target for errand in errands)

    def _report(self, errand: Errand, report: Report, *, now: bool = False) -> None:
        self._last = report
        self._teller.tell(errand.file, report, self._before, now=now)


def missing(errand: Errand) -> int:
    """Bytes of disk that a file still needs; one that is there from another commit stays until this one is whole."""
    try:
        status = part_of(errand.target).stat()
    except OSError:
        pins = read_pins(errand.target)
        is_there = errand.target.is_file() and (pins is None or pins.is_same(errand.pins))
        return 0 if is_there else errand.file.bytes
    blocks: int | None = getattr(status, "st_blocks", None)
    return max(0, errand.file.bytes - (status.st_size if blocks is None else blocks * 512))
