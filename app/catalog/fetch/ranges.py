"""Reads ranges of a file of a repo, of which the rest is not wanted yet. Runs on any thread of a download child."""

from __future__ import annotations

from contextlib import AbstractContextManager

from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.place import Errand
from app.catalog.fetch.puller import Control, Puller, Remote, watched
from app.catalog.fetch.resolve import Resolver


class RangeReader(AbstractContextManager["RangeReader"]):
    """One file, over one connection; for one thread."""

    def __init__(self, terms: Terms, errand: Errand) -> None:
        file = errand.file
        resolver = Resolver(terms.network, errand.repo, errand.commit, file.path)
        remote = Remote(file.path, file.bytes, file.sha256, lambda: self._pinned, self._pin)
        self._pinned = ""
        self._stop = terms.stop
        self._puller = Puller(terms.network, resolver, remote, Control(terms.limiter, terms.patience, terms.stop))

    def __exit__(self, *_: object) -> None:
        self._puller.link.close()

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from one place to before another.

        Raises:
            Stopped: it was paused.
            RangesIgnored: the server sends whole files only.
            ParleyError: as `Puller.pull`.
        """
        found = bytearray()
        watched(self._puller.link, self._stop, lambda: self._puller.pull(start, stop, found.extend))
        return bytes(found)

    def _pin(self, etag: str) -> None:
        self._pinned = etag
