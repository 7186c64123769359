"""The files of one download that is prepared on the way: brought one by one, taken away, and how far that is.

Its methods are called by the threads of a download child.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.crew import Report
from app.catalog.fetch.download import ProgressTeller, missing
from app.catalog.fetch.fetch import FileFetch, Terms
from app.catalog.fetch.layout import target_of
from app.catalog.fetch.place import Errand, discard
from app.catalog.fetch.ranges import RangeReader
from app.core.downloads import Activity, DownloadProgress, Source
from app.core.repack import RepackProgress
from app.repack import skeleton
from app.repack.skeleton import Shard, Skeleton, make_skeleton, read_skeleton

_SKELETONS_AT_ONCE = 4

Tell = Callable[[DownloadProgress], None]


class Shipment:
    """Brings the files of a source into a folder that exists; a `Carrier` of its shards."""

    def __init__(self, source: Source, folder: Path, into: Path, terms: Terms, tell: Tell) -> None:
        """`into` is where the result goes."""
        errands = [Errand(source.repo, source.commit, file, target_of(folder, file.path)) for file in source.files]
        self._folder = folder
        self._into = into
        self._terms = terms
        self._errands = {errand.target: errand for errand in errands}
        self._shards = [target_of(folder, shard.path) for shard in source.shards]
        self._teller = ProgressTeller(source.bytes, tell)
        self._lock = threading.Lock()
        self._over: set[Path] = set()
        self._latest = errands[0]
        self._is_fetching = False

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
        self._over.clear()
        disk.require(self._folder, sum(map(missing, self._errands.values())))
        for path in self._errands:
            self._fetch(path, self._terms)

    def clear_away(self) -> None:
        """Delete all that a model was made of, but its companions."""
        for shard in self._shards:
            self.take_away(shard)
            skeleton.discard(shard)

    def tell_repack(self, _: RepackProgress) -> None:
        """Something is being prepared; worth telling while nothing is fetched."""
        if not self._is_fetching:
            size = self._latest.file.bytes
            self._report(self._latest, Report(Activity.PREPARING, size, size))

    def require_room(self, shards: int, result: int) -> None:
        """See `Carrier`; the result may be on another disk, where its own check is enough."""
        together = self._folder.stat().st_dev == self._into.stat().st_dev
        disk.require(self._folder, shards + (result if together else 0))

    def missing(self, shard: Path) -> int:
        """See `Carrier`."""
        return missing(self._errands[shard])

    def bring(self, shard: Path, halt: threading.Event) -> None:
        """See `Carrier`."""
        self._fetch(shard, replace(self._terms, stop=halt))

    def take_away(self, shard: Path) -> None:
        """See `Carrier`."""
        shard.unlink(missing_ok=True)
        discard(shard)
        with self._lock:
            self._over.add(shard)

    def _fetch(self, path: Path, terms: Terms) -> None:
        errand = self._errands[path]
        self._latest, self._is_fetching = errand, True
        try:
            FileFetch(terms, errand, partial(self._report, errand)).run()
        finally:
            self._is_fetching = False
        with self._lock:
            self._over.add(path)

    def _skeleton(self, path: Path) -> Skeleton:
        errand = self._errands[path]
        shard = Shard(path, errand.file.bytes, errand.file.sha256)
        if (found := read_skeleton(shard)) is not None:
            return found
        path.parent.mkdir(parents=True, exist_ok=True)
        with RangeReader(self._terms, errand) as reader:
            return make_skeleton(shard, reader.read)

    def _report(self, errand: Errand, report: Report) -> None:
        with self._lock:
            before = sum(self._errands[path].file.bytes for path in self._over - {errand.target})
            self._teller.tell(errand.file, report, before)
