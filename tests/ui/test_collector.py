"""When cycles of objects are looked for: not in everything while the window is used, and then given back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap import collector
from app.bootstrap.collector import Collector

ACTIVE, INACTIVE = Qt.ApplicationState.ApplicationActive, Qt.ApplicationState.ApplicationInactive


class Knot:
    """An object in a cycle with itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def searches() -> Iterator[list[int]]:
    """The generation of each search that Python has ended; what the collector changes is put back in the end."""
    found: list[int] = []
    thresholds = gc.get_threshold()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop":
            found.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_REST_MS", 1)


def old_knot() -> weakref.ref[Knot]:
    """A cycle that has outlived the searches among the young, and that nothing uses any more."""
    knot = Knot()
    gc.collect(1)
    gc.collect(1)
    return weakref.ref(knot)


def test_however_much_is_made_everything_is_not_looked_through_meanwhile(
    qapp: QApplication, searches: list[int]
) -> None:
    Collector(qapp, lambda: False).start()
    kept = []
    for _ in range(20):
        kept += [[number] for number in range(12_000)]
        gc.collect(1)
    assert set(searches) == {0, 1}


def test_old_cycles_are_given_back_when_the_user_has_gone(
    qapp: QApplication, qtbot: QtBot, searches: list[int], soon: None
) -> None:
    made = Collector(qapp, lambda: False)
    made.start()
    knot = old_knot()
    qapp.applicationStateChanged.emit(INACTIVE)
    assert knot() is not None
    qtbot.waitUntil(lambda: knot() is None)


def test_nothing_is_looked_through_while_a_reply_is_written(
    qapp: QApplication, qtbot: QtBot, searches: list[int], soon: None
) -> None:
    answers = iter((True, True, False))
    asked: list[bool] = []

    def is_busy() -> bool:
        asked.append(2 in searches)
        return next(answers)

    made = Collector(qapp, is_busy)
    made.start()
    knot = old_knot()
    qapp.applicationStateChanged.emit(INACTIVE)
    qtbot.waitUntil(lambda: knot() is None)
    assert asked == [False, False, False]


def test_one_who_comes_back_at_once_waits_for_nothing(
    qapp: QApplication, qtbot: QtBot, searches: list[int], soon: None
) -> None:
    made = Collector(qapp, lambda: False)
    made.start()
    qapp.applicationStateChanged.emit(INACTIVE)
    qapp.applicationStateChanged.emit(ACTIVE)
    other = Collector(qapp, lambda: False)
    other._rest.start()
    qtbot.waitUntil(lambda: not other._rest.isActive())
    assert searches.count(2) == 1
