"""The files of one download that is prepared on the way: brought one by one, taken away, and how far that is.

The journal of a shard that has served stays until the model is made: so another run knows at once that it is done with.
Its methods are called by the threads of a download child.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.crew import Report
from app.catalog.fetch.download import ProgressTeller, missing
from app.catalog.fetch.fetch import FileFetch, Terms
from app.catalog.fetch.journal import kept_bytes, part_of, read_pins
from app.catalog.fetch.layout import target_of
from app.catalog.fetch.place import Errand, discard
from app.catalog.fetch.ranges import RangeReader
from app.core.catalog.downloads import Activity, DownloadProgress, Source
from app.core.checkpoints.repack import RepackProgress
from app.repack import part, skeleton
from app.repack.skeleton import Shard, Skeleton, make_skeleton, read_skeleton

_SKELETONS_AT_ONCE = 4

Tell = Callable[[DownloadProgress], None]


class Shipment:
    """Brings the files of a source into a folder that exists; a `Carrier` of its shards."""

    def __init__(self, source: Source, folder: Path, result: Path, terms: Terms, tell: Tell) -> None:
        """`result` is the model that is made of them."""
        errands = [Errand(source.repo, source.commit, file, target_of(folder, file.path)) for file in source.files]
        self._folder = folder
        self._into = result.parent
        self._terms = terms
        self._errands = {errand.target: errand for errand in errands}
        self._shards = [target_of(folder, shard.path) for shard in source.shards]
        self._teller = ProgressTeller(source.bytes, tell)
        self._lock = threading.Lock()
        begun = part.journal_of(result).exists() or result.exists()
        self._dealt_with = {one.target: one.file.bytes if begun and _was_here(one) else _here(one) for one in errands}
        self._latest = errands[0]
        self._is_fetching = False

    @property
    def done(self) -> int:
        """The bytes of all files that are here, or have served."""
        with self._lock:
            return sum(self._dealt_with.values())

    def bring_companions(self) -> None:
        """All files that are no shards.

        Raises:
            Stopped, ParleyError: see `FileFetch.run`.
        """
        for path in self._errands:
            if path not in self._shards:
                self._fetch(path, self._terms)

    def bring_skeletons(self) -> list[Skeleton]:
        """What a plan needs of each shard.

        Raises:
            Stopped, RangesIgnored, ParleyError: see `RangeReader.read`.
        """
        with ThreadPoolExecutor(_SKELETONS_AT_ONCE, thread_name_prefix="skeleton") as pool:
            try:
                return list(pool.map(self._skeleton, self._shards))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def bring_all(self) -> None:
        """Every file that is not there yet.

        Raises:
            DiskTooSmall: it does not fit.
            Stopped, ParleyError: see `FileFetch.run`.
        """
        self._count_anew(self._errands)
        disk.require(self._folder, sum(map(missing, self._errands.values())))
        for path in self._errands:
            self._fetch(path, self._terms)

    def clear_away(self) -> None:
        """Delete all that a model was made of, but its companions."""
        for shard in self._shards:
            self.take_away(shard)
            discard(shard)
            skeleton.discard(shard)

    def tell_repack(self, _: RepackProgress) -> None:
        """Something is being prepared; worth telling while nothing is fetched."""
        with self._lock:
            if not self._is_fetching:
                size = self._dealt_with[self._latest.target]
                self._report(self._latest, Report(Activity.PREPARING, size, size))

    def expect(self, shards: Sequence[Path], room: int, result: int) -> None:
        """See `Carrier`; the result may be on another disk, where its own check is enough."""
        self._count_anew(shards)
        together = self._folder.stat().st_dev == self._into.stat().st_dev
        disk.require(self._folder, room + (result if together else 0))

    def missing(self, shard: Path) -> int:
        """See `Carrier`."""
        return missing(self._errands[shard])

    def bring(self, shard: Path, halt: threading.Event) -> None:
        """See `Carrier`."""
        self._fetch(shard, replace(self._terms, stop=halt))

    def take_away(self, shard: Path) -> None:
        """See `Carrier`."""
        shard.unlink(missing_ok=True)
        part_of(shard).unlink(missing_ok=True)
        self._is_over(shard)

    def _fetch(self, path: Path, terms: Terms) -> None:
        errand = self._errands[path]
        with self._lock:
            self._latest, self._is_fetching = errand, True
        try:
            FileFetch(terms, errand, partial(self._fetched, errand)).run()
        finally:
            self._is_fetching = False
        self._is_over(path)

    def _is_over(self, path: Path) -> None:
        with self._lock:
            self._dealt_with[path] = self._errands[path].file.bytes

    def _count_anew(self, paths: Iterable[Path]) -> None:
        """These serve only if they are here."""
        with self._lock:
            self._dealt_with |= {path: _here(self._errands[path]) for path in paths}

    def _skeleton(self, path: Path) -> Skeleton:
        errand = self._errands[path]
        shard = Shard(path, errand.file.bytes, errand.file.sha256)
        if (found := read_skeleton(shard)) is not None:
            return found
        path.parent.mkdir(parents=True, exist_ok=True)
        with RangeReader(self._terms, errand) as reader:
            return make_skeleton(shard, reader.read)

    def _fetched(self, errand: Errand, report: Report) -> None:
        with self._lock:
            self._dealt_with[errand.target] = report.done
            self._report(errand, report)

    def _report(self, errand: Errand, report: Report) -> None:
        self._teller.tell(errand.file, report, sum(self._dealt_with.values()) - report.done)


def _here(errand: Errand) -> int:
    """The bytes of a file that are on the disk."""
    return errand.file.bytes if errand.target.is_file() else kept_bytes(errand.target)


def _was_here(errand: Errand) -> bool:
    """Whether a file has been on the disk, whole."""
    pins = None if part_of(errand.target).exists() else read_pins(errand.target)
    return pins is not None and pins.completed > 0 and pins.sha256 == errand.file.sha256
