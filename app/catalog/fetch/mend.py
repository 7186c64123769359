"""Mends a damaged file of the library: what is broken of it arrives anew. Runs in a download child."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.check import check_file, forget_broken
from app.catalog.fetch.checksums import Checksums
from app.catalog.fetch.crew import Report
from app.catalog.fetch.download import ProgressTeller
from app.catalog.fetch.fetch import FileFetch, Terms
from app.catalog.fetch.journal import Pins, read_pins
from app.catalog.fetch.place import Errand
from app.core.catalog.download_errors import OriginUnknown
from app.core.catalog.downloads import Activity, DownloadProgress, FileChecked
from app.core.catalog.hub import RemoteFile


class Mending:
    """One file that was downloaded by Parley; `done` bytes of it are on disk."""

    def __init__(
        self, path: Path, terms: Terms, checksums: Checksums, tell: Callable[[DownloadProgress], None]
    ) -> None:
        self._path = path
        self._terms = terms
        self._checksums = checksums
        self._tell = tell
        self.done = 0

    def run(self) -> tuple[Path, ...]:
        """Look for what is broken, fetch that, verify the whole, put it in place; its path.

        Raises:
            OriginUnknown: Parley did not download it.
            Stopped, Cancelled: it was stopped; what is there lies beside its place until this is run again.
            ParleyError: as `FileFetch.run` and `check_file`.
        """
        pins = read_pins(self._path)
        if pins is None:
            raise OriginUnknown(file=self._path.name)
        teller = ProgressTeller(pins.bytes, self._tell)
        errand = Errand(pins.repo, pins.commit, RemoteFile(pins.path, pins.bytes, pins.sha256), self._path)
        if self._is_sound(pins, lambda report: teller.tell(errand.file, report)):
            return (self._path,)

        def told(report: Report) -> None:
            self.done = report.done
            teller.tell(errand.file, report)

        FileFetch(self._terms, errand, told).run()
        return (self._path,)

    def _is_sound(self, pins: Pins, tell: Callable[[Report], None]) -> bool:
        """Whether there is nothing to do; one that is gone, or lies beside its place, is not looked at."""
        if not self._path.exists():
            return False

        def told(done: int, _: int) -> None:
            tell(Report(Activity.CHECKING, pins.bytes, done))

        checked = check_file(self._path, "", self._checksums, told, self._terms.stop.is_set)
        if not checked.sound:
            self._forget(checked)
        return bool(checked.sound)

    def _forget(self, checked: FileChecked) -> None:
        """Without a note of what is broken, the file would count as in place."""
        try:
            forget_broken(self._path, checked.broken)
        except OSError as error:
            raise disk.write_error(error, self._path.parent) from error
