"""Machines that vanish without a word are told from those that are busy."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import SimpleQueue

import pytest

from app.core.engine.engine_frames import Piece
from app.core.protocol import Event
from app.engines.llama import rpc_watch
from app.engines.llama.rpc import HELLO, connect
from app.engines.llama.rpc_watch import HostWatch
from tests.rpc.cable import CAN_BE_PULLED, WHY_NOT, deafen
from tests.rpc.hasty import PATIENCE

pytestmark = pytest.mark.skipif(not CAN_BE_PULLED, reason=WHY_NOT)

WAIT = 60.0


class Machine:
    """A listener whose watch is taken in, as by a cable, and waits there."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listener.settimeout(WAIT)
        self.taken: list[socket.socket] = []
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self) -> socket.socket:
        """The next connection."""
        found, _ = self._listener.accept()
        found.settimeout(WAIT)
        self.taken.append(found)
        return found

    def take(self) -> socket.socket:
        """The next connection, once it has greeted."""
        found = self.accept()
        assert found.recv(len(HELLO)) == HELLO
        return found

    def crowd(self, others: contextlib.ExitStack) -> None:
        """Fill the queue of those that wait to be taken."""
        with contextlib.suppress(TimeoutError):
            while True:
                others.enter_context(socket.create_connection(self._listener.getsockname(), timeout=0.5))

    def vanish(self) -> None:
        for ear in (self._listener, *self.taken):
            deafen(ear)

    def end(self) -> None:
        for one in (self._listener, *self.taken):
            one.close()


Watching = Callable[..., tuple[HostWatch, "SimpleQueue[str]"]]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_watch, "PATIENCE", PATIENCE)


@pytest.fixture
def machine() -> Iterator[Callable[[], Machine]]:
    made: list[Machine] = []

    def make() -> Machine:
        made.append(Machine())
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def watching() -> Iterator[Watching]:
    made: list[HostWatch] = []

    def watch(*machines: Machine) -> tuple[HostWatch, SimpleQueue[str]]:
        lost: SimpleQueue[str] = SimpleQueue()
        made.append(HostWatch([one.host for one in machines], lost.put))
        made[-1].start()
        for one in machines:
            one.take()
        return made[-1], lost

    yield watch
    for one in made:
        one.close()


def nowhere(_: Event) -> None:
    """Nobody waits for it."""


def test_of_two_silent_machines_the_one_that_vanished_is_lost(
    machine: Callable[[], Machine], watching: Watching
) -> None:
    busy, gone = machine(), machine()
    watch, lost = watching(busy, gone)
    with watch.during(nowhere):
        gone.vanish()
        assert lost.get(timeout=WAIT) == gone.host
        assert lost.empty()


def test_a_machine_that_vanished_before_it_took_the_greeting_is_lost_too(
    machine: Callable[[], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, lost = machine(), SimpleQueue[str]()

    def connect_and_pull(host: str, seconds: float) -> socket.socket:
        connection = connect(host, seconds)
        gone.accept()
        gone.vanish()
        return connection

    monkeypatch.setattr(rpc_watch, "connect", connect_and_pull)
    watch = HostWatch([gone.host], lost.put)
    watch.start()
    with watch.during(nowhere):
        assert lost.get(timeout=WAIT) == gone.host
    watch.close()


def test_a_job_that_goes_on_has_lost_nothing(machine: Callable[[], Machine], watching: Watching) -> None:
    gone = machine()
    going, of_going = watching(gone)
    standing, of_standing = watching(gone)
    stop = threading.Event()

    def write(told: Callable[[Event], None]) -> None:
        while not stop.wait(0.01):
            told(Piece(id=1, text="a"))

    with going.during(nowhere) as told, standing.during(nowhere):
        writer = threading.Thread(target=write, args=(told,))
        writer.start()
        gone.vanish()
        assert of_standing.get(timeout=WAIT) == gone.host
        stop.set()
        writer.join()
        assert of_going.empty()


def test_without_a_job_nothing_is_lost_until_there_is_one(machine: Callable[[], Machine], watching: Watching) -> None:
    gone = machine()
    idle, of_idle = watching(gone)
    busy, of_busy = watching(gone)
    gone.vanish()
    with busy.during(nowhere):
        assert of_busy.get(timeout=WAIT) == gone.host
    assert of_idle.empty()
    with idle.during(nowhere):
        assert of_idle.get(timeout=WAIT) == gone.host


def test_a_server_that_is_free_for_others_is_left_to_them(machine: Callable[[], Machine], watching: Watching) -> None:
    free = machine()
    watch, lost = watching(free)
    taken = free.taken[0]
    taken.sendall(b"\0")
    assert taken.recv(1) == b""
    free.take()  # and looked at again
    watch.close()
    assert lost.empty()


def test_a_server_that_is_free_is_looked_at_soon_once_a_job_may_need_it(
    machine: Callable[[], Machine], watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cable may be pulled at once then."""
    monkeypatch.setattr(rpc_watch, "PATIENCE", replace(PATIENCE, pause=2 * WAIT))
    free = machine()
    watch, _ = watching(free)
    free.taken[0].sendall(b"\0")
    assert free.taken[0].recv(1) == b""
    with watch.during(nowhere):
        free.take().sendall(b"\0")
        free.take()


def test_a_watch_that_is_closed_rests_no_longer(
    machine: Callable[[], Machine], watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc_watch, "PATIENCE", replace(PATIENCE, pause=2 * WAIT))
    free = machine()
    watch, _ = watching(free)
    [thread] = [one for one in threading.enumerate() if one.name == f"watch-{free.host}"]
    free.taken[0].sendall(b"\0")
    assert free.taken[0].recv(1) == b""
    watch.close()
    thread.join(WAIT)
    assert not thread.is_alive()


def test_a_busy_server_whose_queue_is_full_is_not_lost(machine: Callable[[], Machine], watching: Watching) -> None:
    full, gone = machine(), machine()
    watch, lost = watching(full, gone)
    with contextlib.ExitStack() as others, watch.during(nowhere):
        full.crowd(others)
        full.taken[0].sendall(b"\0")
        gone.vanish()
        assert lost.get(timeout=WAIT) == gone.host
        assert lost.empty()


def test_a_watch_that_is_closed_lets_go_at_once(machine: Callable[[], Machine], watching: Watching) -> None:
    one = machine()
    watch, lost = watching(one)
    watch.close()
    with contextlib.suppress(ConnectionResetError):
        assert one.taken[0].recv(1) == b""
    assert lost.empty()
