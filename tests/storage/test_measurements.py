from __future__ import annotations

import msgspec
import pytest

from app.core.engine.token_cost import DeviceCost, TokenCost
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.storage.database import Database
from app.storage.measurements import KEPT, MeasurementStore
from tests.storage.conftest import Clock

ONE = Measurement(
    kind=MeasurementKind.MEMORY,
    backend="CPU",
    architecture="llama",
    quantization="Q4_0",
    predicted=200.0,
    measured=210.0,
    certain=100.0,
    model="/models/tiny.gguf",
)


@pytest.fixture
def measurements(database: Database) -> MeasurementStore:
    return MeasurementStore(database, clock=Clock())


def test_the_newest_comes_first(measurements: MeasurementStore) -> None:
    cost = TokenCost(DeviceCost(0.006, 0.003, 0.001))
    speed = msgspec.structs.replace(
        ONE, kind=MeasurementKind.SPEED, predicted=cost.total, measured=0.02, certain=0.0, cost=cost
    )
    measurements.add([ONE])
    measurements.add([speed])
    newest, oldest = measurements.list()
    assert msgspec.structs.replace(newest, at=0.0) == speed
    assert msgspec.structs.replace(oldest, at=0.0) == ONE
    assert newest.at > oldest.at > 0


def test_the_oldest_make_room(measurements: MeasurementStore) -> None:
    measurements.add([msgspec.structs.replace(ONE, measured=float(number)) for number in range(KEPT + 7)])
    kept = measurements.list()
    assert [one.measured for one in (kept[0], kept[-1])] == [KEPT + 6, 7]


def test_what_a_later_version_measured_hides_nothing(database: Database, measurements: MeasurementStore) -> None:
    measurements.add([ONE])
    with database.transaction() as connection:
        connection.execute("UPDATE measurements SET kind = 'noise'")
    measurements.add([ONE, ONE])
    with database.transaction() as connection:
        connection.execute('UPDATE measurements SET cost = \'{"cpu": "fast"}\' WHERE id = 2')
    measurements.add([ONE])
    assert len(measurements.list()) == 2
