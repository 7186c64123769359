"""A slot with real children: who is heard, who is replaced, and that nobody outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.children.child import Child
from app.children.outcome import Outcome, OutcomeKind
from app.core.chat.typeset_frames import Code, Tinted, Typeset
from app.core.protocol import ChildRole, Event
from app.services.child_slot import ChildSlot
from app.services.relay import Relay


def work(number: int) -> Typeset:
    return Typeset(id=number, work=Code("x = 1", "py"))


@dataclass
class Seat:
    """A slot, and all that its owner heard."""

    qtbot: QtBot
    log: Path
    children: list[Child] = field(default_factory=list)
    taken: list[Event] = field(default_factory=list)
    lost: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.slot = ChildSlot(self._start, Relay(), self.taken.append, self.lost.append)

    def _start(self, on_event: Any, on_exit: Any) -> Child:
        self.children.append(Child(ChildRole.TYPESET, on_event, on_exit, log=self.log))
        return self.children[-1]

    def until(self, *numbers: int) -> None:
        self.qtbot.waitUntil(lambda: len(self.taken) == len(numbers))
        assert [event.id for event in self.taken if isinstance(event, Tinted)] == list(numbers)


@pytest.fixture
def seat(qtbot: QtBot, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(qtbot, tmp_path / "child.log")
    yield made
    made.slot.shutdown()
    assert all(child.wait(0) for child in made.children)


def test_the_first_command_starts_the_child_and_the_next_ones_find_it(seat: Seat) -> None:
    seat.slot.tell(work(1))
    assert not seat.slot.is_filled and not seat.children
    seat.slot.send(work(2))
    seat.slot.tell(work(3))
    seat.slot.send(work(4))
    seat.until(2, 3, 4)
    assert len(seat.children) == 1


def test_a_child_that_ends_is_told_of_once_and_replaced(seat: Seat) -> None:
    seat.slot.send(work(1))
    seat.until(1)
    seat.slot.kill()
    seat.qtbot.waitUntil(lambda: not seat.slot.is_filled)
    assert [outcome.kind for outcome in seat.lost] == [OutcomeKind.KILLED]
    seat.slot.send(work(2))
    seat.until(1, 2)
    assert len(seat.children) == 2 and len(seat.lost) == 1


@pytest.mark.parametrize("let_go", [ChildSlot.close, ChildSlot.drop])
def test_what_follows_a_child_that_was_let_go_is_for_a_new_one_alone(seat: Seat, let_go: Any) -> None:
    seat.slot.send(work(1))
    let_go(seat.slot)
    seat.slot.send(work(2))
    seat.until(2)
    seat.qtbot.waitUntil(lambda: seat.children[0].wait(0))
    assert len(seat.children) == 2 and not seat.lost
    assert [event.id for event in seat.taken if isinstance(event, Tinted)] == [2]


def test_no_child_is_started_after_the_end(seat: Seat) -> None:
    seat.slot.shutdown()
    seat.slot.send(work(1))
    assert not seat.slot.is_filled and not seat.children


def test_a_child_that_has_yet_to_start_does_first_what_it_was_sent(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.children.child._LINGER_SECONDS", 0.0)  # as if the machine were that slow
    seat.slot.send(work(1))
    seat.slot.finish()
    assert seat.children[0].outcome.kind is OutcomeKind.EXITED


def test_a_child_that_may_finish_ends_by_itself(seat: Seat) -> None:
    seat.slot.send(work(1))
    seat.until(1)
    seat.slot.finish()
    assert seat.children[0].outcome.kind is OutcomeKind.EXITED and seat.children[0].outcome.number == 0
    assert not seat.slot.is_filled
