"""Keeps what replies tell about this machine; used on the command line's only thread."""

from __future__ import annotations

from collections.abc import Callable

from app.catalog.fit.calibration import Calibration
from app.cli.invocation import Invocation
from app.core.engine.engine_frames import Finished, ModelInfo
from app.core.errors import ParleyError
from app.core.prediction.measurement import measurements_of
from app.storage.lane import Lane


def keep_measurements(lane: Lane) -> Callable[[ModelInfo, Finished], None]:
    """What stores how a reply compares with its prediction; a write that fails is not missed."""

    def keep(info: ModelInfo, reply: Finished) -> None:
        found = measurements_of(info, reply)
        if found:
            lane.submit(lambda stores: stores.measurements.add(found))

    return keep


def known_so_far(invocation: Invocation) -> Calibration:
    """What was measured on this machine; nothing where it cannot be read."""
    try:
        with invocation.storage() as lane:
            return Calibration(lane.submit(lambda stores: stores.measurements.list()).result())
    except ParleyError:
        return Calibration()
