"""Fetches one file: several connections, one journal, verified while it arrives, put in place in one step.

Runs in a download child: the calling thread watches; pullers and the hasher have threads of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.catalog.fetch import disk
from app.catalog.fetch.crew import Crew, Report
from app.catalog.fetch.hasher import hash_for
from app.catalog.fetch.journal import Journal, kept_bytes, part_of, settle
from app.catalog.fetch.network import Network
from app.catalog.fetch.place import Errand, is_in_place, opened, put_in_place
from app.catalog.fetch.puller import Control, Limiter, Puller, RangesIgnored, Remote, Stopped, watched
from app.catalog.fetch.repair import Comparer, Mended
from app.catalog.fetch.resolve import Resolver, is_other
from app.core.catalog.download_errors import DownloadDamaged, FileChanged, HubUnreachable
from app.core.catalog.downloads import Activity, Patience

_TICK_SECONDS = 0.1
_WHOLE_TRIES = 3


@dataclass(frozen=True)
class Terms:
    """What holds for every file of a download; `stop` pauses it from any thread.

    A file has another connection for each `share` of its bytes, as far as that helps.
    """

    network: Network
    limiter: Limiter
    patience: Patience
    stop: threading.Event
    share: int = 256 * 1024 * 1024


class FileFetch:
    """One file, once; `tell` is called some times a second."""

    def __init__(self, terms: Terms, errand: Errand, tell: Callable[[Report], None]) -> None:
        self._terms = terms
        self._errand = errand
        self._tell = tell
        self._resolver = Resolver(terms.network, errand.repo, errand.commit, errand.file.path)
        self._etag = ""

    def run(self) -> None:
        """Fetch, verify, and put in place.

        Raises:
            Stopped, Cancelled: it was paused.
            ParleyError: it failed; what arrived is kept.
        """
        folder = self._errand.target.parent
        try:
            if is_in_place(self._errand, self._told_etag, self._terms.stop):
                return
            self._etag = self._told_etag()
            folder.mkdir(parents=True, exist_ok=True)
            with opened(self._errand, self._etag, self._terms.stop) as journal:
                disk.reserve(part_of(self._errand.target), journal.pins.bytes)
                self._arrive(journal)
                put_in_place(self._errand, journal)
            settle(self._errand.target)  # once the journal is closed: Windows renames nothing that is open
        except OSError as error:
            raise disk.write_error(error, folder) from error

    def _told_etag(self) -> str:
        """What the Hub says the file is, if that is what the listing said."""
        self._tell(Report(Activity.CONNECTING, kept_bytes(self._errand.target), 0))
        wanted = self._errand.file.sha256
        puller = self._puller(Control(self._terms.limiter, self._terms.patience, self._terms.stop), None)
        try:
            etag = watched(puller.link, self._terms.stop, puller.locate).etag
        finally:
            puller.link.close()
        if is_other(wanted, etag):
            raise FileChanged(f"{wanted} became {etag}", file=self._errand.file.path)
        return wanted or etag

    def _arrive(self, journal: Journal) -> None:
        """Bring all bytes onto the disk and verify them."""
        digest, tries = self._bytes(journal, whole=False), 0
        while digest is None:
            tries += 1
            if tries > _WHOLE_TRIES:
                raise self._unable_to_continue()
            journal.reset()
            digest = self._bytes(journal, whole=True)
        if digest and digest != self._etag:
            self._repair(journal)

    def _bytes(self, journal: Journal, *, whole: bool) -> str | None:
        """The digest of all bytes, once they are there; None when the server cannot continue, so all begins anew."""
        control = Control(self._terms.limiter, self._terms.patience)
        digest = hash_for(self._etag, journal.pins.bytes)
        crew = Crew(self._errand.target, journal, digest, control, share=self._terms.share, whole=whole)
        try:
            while crew.works(lambda: self._puller(control, journal)):
                self._tell(crew.report())
                if self._terms.stop.wait(_TICK_SECONDS):
                    raise Stopped
            return crew.digest
        except RangesIgnored:
            return None
        finally:
            crew.end()
            self._tell(crew.report())

    def _repair(self, journal: Journal) -> None:
        """The bytes on disk are those that came, but not those of the Hub: fetch again, change what differs."""
        self._tell(Report(Activity.REPAIRING, journal.done, 0))
        puller = self._puller(Control(self._terms.limiter, self._terms.patience, self._terms.stop), journal)
        with part_of(self._errand.target).open("r+b", buffering=0) as file:
            take = Comparer(file, journal, self._etag, self._terms.stop).take
            try:
                watched(puller.link, self._terms.stop, lambda: puller.pull(0, journal.pins.bytes, take))
            except Mended:
                return
            except RangesIgnored:
                raise self._unable_to_continue() from None
            finally:
                puller.link.close()
        raise DownloadDamaged(file=self._errand.file.path)

    def _unable_to_continue(self) -> HubUnreachable:
        return HubUnreachable(host=self._terms.network.endpoint, reason="it cannot continue a broken transfer")

    def _puller(self, control: Control, journal: Journal | None) -> Puller:
        file = self._errand.file

        def pin(etag: str) -> None:
            if journal is not None:
                journal.pin(cdn_etag=etag)

        remote = Remote(file.path, file.bytes, self._etag, lambda: journal.pins.cdn_etag if journal else "", pin)
        return Puller(self._terms.network, self._resolver, remote, control)
