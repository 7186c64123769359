"""Compares every reply with its prediction, and keeps what is known of this machine from then on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.engine.engine_frames import Finished
from app.core.errors import ParleyError
from app.core.prediction.measurement import Measurement, measurements_of
from app.core.protocol import Event
from app.services.engine_host import EngineHost
from app.services.relay import Storage

if TYPE_CHECKING:
    from app.catalog.fit.calibration import Calibration
    from app.storage.stores import Stores


class MeasurementRecorder(QObject):
    """`calibration` is empty until `refresh` was answered; a write that fails costs a measurement only."""

    changed = Signal()

    def __init__(self, engine: EngineHost, storage: Storage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._storage = storage
        self._measurements: list[Measurement] = []
        engine.reply_event.connect(self._on_event)

    @property
    def calibration(self) -> Calibration:
        """What predictions are corrected by; worked out for the picker alone, and so imported for it."""
        from app.catalog.fit.calibration import Calibration

        return Calibration(self._measurements)

    def refresh(self) -> None:
        """Read what was measured before."""
        self._storage.call(lambda stores: stores.measurements.list(), self._take, self._give_up)

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, Finished) or self._engine.model is None:
            return
        found = measurements_of(self._engine.model, event)
        if not found:
            return

        def store(stores: Stores) -> list[Measurement]:
            stores.measurements.add(found)
            return stores.measurements.list()

        self._storage.call(store, self._take, self._give_up)

    def _take(self, measurements: list[Measurement]) -> None:
        self._measurements = measurements
        self.changed.emit()

    @staticmethod
    def _give_up(error: ParleyError) -> None:
        logging.warning("A measurement was not kept: %s", error.sentence)
