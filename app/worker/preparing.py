"""A download that becomes a model: shards are prepared while they arrive, so that the original never lies there whole.

The companions and the shards' skeletons come first, so that what cannot be prepared is refused before its gigabytes are
fetched. Runs in a download child, on the thread that fetches there; the shards come on one of their own.
"""

from __future__ import annotations

from pathlib import Path

from app.catalog.fetch import disk
from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.puller import RangesIgnored
from app.core.catalog.downloads import StartDownload
from app.core.checkpoints.repack import RepackReport, StartRepack
from app.core.checkpoints.repack_errors import SourceChanged
from app.repack import skeleton
from app.repack.arriving import Arriving
from app.repack.whereabouts import NeedsAll
from app.worker.repacking import alone, repacked
from app.worker.shipment import Shipment, Tell


class PreparedDownload:
    """Brings files and makes a model of them."""

    def __init__(self, command: StartDownload, prepare: StartRepack, terms: Terms, tell: Tell) -> None:
        self._prepare = prepare
        self._folder = Path(command.folder)
        self._stopped = terms.stop.is_set
        self._shipment = Shipment(command.source, self._folder, prepare.result, terms, tell)

    @property
    def done(self) -> int:
        """The bytes of the files that are dealt with."""
        return self._shipment.done

    def run(self) -> RepackReport:
        """Do what is not done yet.

        Raises:
            Stopped, Cancelled: it was paused.
            ParleyError: it failed; what is done is kept, unless it is of no use.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with alone(self._prepare.result):
                try:
                    report = self._made_on_the_way()
                except (NeedsAll, RangesIgnored):
                    report = self._made_in_the_end()
                self._shipment.clear_away()
                return report
        except OSError as error:
            raise disk.write_error(error, self._folder) from error

    def _made_on_the_way(self) -> RepackReport:
        self._shipment.bring_companions()
        skeletons = self._shipment.bring_skeletons()
        try:
            with Arriving(skeletons, self._shipment, self._stopped) as supply:
                return repacked(self._prepare, self._shipment.tell_repack, self._stopped, supply, again=True)
        except SourceChanged:
            for one in skeletons:
                skeleton.discard(one.shard.path)
            raise

    def _made_in_the_end(self) -> RepackReport:
        self._shipment.bring_all()
        return repacked(self._prepare, self._shipment.tell_repack, self._stopped, again=True)
