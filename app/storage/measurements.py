"""What was predicted and measured on this machine; for the thread that owns the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from app.core.engine.token_cost import TokenCost
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.storage.database import Database
from app.storage.rows import storable

KEPT = 500
_COLUMNS = "kind, backend, architecture, quantization, model, predicted, measured, certain, at, cost"


class MeasurementStore:
    """The newest measurements; the oldest make room. Methods raise as those of `ModelStore` do."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives Unix seconds."""
        self._database = database
        self._clock = clock

    def add(self, measurements: Sequence[Measurement]) -> None:
        """Keep some more, as measured now."""
        rows = [
            (
                one.kind, storable(one.backend), storable(one.architecture), storable(one.quantization),
                storable(one.model), one.predicted, one.measured, one.certain, self._clock(),
                msgspec.json.encode(one.cost).decode() if one.cost else "",
            )
            for one in measurements
        ]  # fmt: skip
        with self._database.transaction() as connection:
            connection.executemany(f"INSERT INTO measurements ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("DELETE FROM measurements WHERE id <= (SELECT max(id) FROM measurements) - ?", (KEPT,))

    def list(self) -> list[Measurement]:
        """All of them, the newest first."""
        with self._database.snapshot() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM measurements ORDER BY id DESC").fetchall()
        return [found for row in rows if (found := _measurement_of(row)) is not None]


def _measurement_of(row: tuple[Any, ...]) -> Measurement | None:
    """From a row of `_COLUMNS`; None for a kind or a cost that another version wrote."""
    try:
        kind = MeasurementKind(row[0])
        cost = msgspec.json.decode(row[9], type=TokenCost) if row[9] else None
    except ValueError:
        return None
    return Measurement(
        kind=kind,
        backend=row[1],
        architecture=row[2],
        quantization=row[3],
        model=row[4],
        predicted=row[5],
        measured=row[6],
        certain=row[7],
        at=row[8],
        cost=cost,
    )
