"""Replies of a real engine become corrections of the next prediction."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import fit
from app.catalog.fit.local_variant import local_variant
from app.catalog.fit.speeds import BELIEF, file_name
from app.core.prediction.fit import Hardware
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.services.measurement_recorder import MeasurementRecorder
from tests.machines import LAPTOP
from tests.services.conftest import Services

MACHINE = Hardware.of(LAPTOP)


def test_a_reply_is_compared_with_its_prediction(services: Services) -> None:
    recorder = MeasurementRecorder(services.engine, services.storage)
    with services.qtbot.waitSignal(recorder.changed):
        services.exchange("count the words " * 54)
    kinds = {one.kind: one for one in recorder.calibration.measurements}
    memory = kinds[MeasurementKind.MEMORY]
    assert services.engine.model is not None
    assert memory.predicted == services.engine.model.predicted_bytes
    assert 0.8 < memory.measured / memory.predicted < 1.25
    assert services.ask(lambda stores: stores.measurements.list()) == list(recorder.calibration.measurements)

    again = MeasurementRecorder(services.engine, services.storage)
    with services.qtbot.waitSignal(again.changed):
        again.refresh()
    assert again.calibration == recorder.calibration


def seconds(known: Calibration, like: Measurement) -> float:
    """What a token of this reply is predicted to take from now on."""
    assert like.cost is not None
    return known.seconds(like.cost, like.backend, MACHINE, file_name(like.model), like.quantization).seconds


def test_every_load_and_reply_corrects_the_next_prediction_and_a_busy_moment_does_not(services: Services) -> None:
    recorder = MeasurementRecorder(services.engine, services.storage)
    for _ in range(3):
        with services.qtbot.waitSignal(recorder.changed):
            services.exchange("count the words " * 54)
    info = services.engine.model
    assert info is not None
    replies = [one for one in recorder.calibration.measurements if one.kind is MeasurementKind.SPEED]
    assert len(replies) == 3
    assert all(one.cost is not None and one.cost.total == one.predicted for one in replies)
    own = sorted(seconds(Calibration([one]), replies[0]) for one in replies)
    assert own[0] * 0.9 <= seconds(recorder.calibration, replies[0]) <= own[-1] * 1.1

    path = Path(info.path)
    after = fit(local_variant(path), MACHINE, info.options, recorder.calibration)
    memory = next(one for one in recorder.calibration.measurements if one.kind is MeasurementKind.MEMORY)
    assert after.total == pytest.approx(memory.measured, rel=0.05)

    wild = [
        msgspec.structs.replace(one, measured=one.measured * 20 if one.kind is MeasurementKind.SPEED else 0.0)
        for one in recorder.calibration.measurements[:2]
    ]
    services.ask(lambda stores: stores.measurements.add(wild))
    with services.qtbot.waitSignal(recorder.changed):
        recorder.refresh()
    assert len(recorder.calibration.measurements) >= 5
    assert seconds(recorder.calibration, replies[0]) <= own[-1] * 1.1
    spoilt = fit(local_variant(path), MACHINE, info.options, recorder.calibration)
    assert spoilt.total == pytest.approx(after.total, rel=0.05)
    lone = Calibration([*wild, *(msgspec.structs.replace(one, model="/other.gguf") for one in replies)])
    assert seconds(lone, replies[0]) < 1.7 * own[-1] * (1 + BELIEF)
