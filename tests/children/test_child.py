"""The runner of children against small programs of every temper."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from textwrap import dedent

import psutil
import pytest

from app.children.child import Child
from app.children.outcome import Outcome, OutcomeKind
from app.core import protocol
from app.core.engine.engine_frames import Load, Piece
from app.core.prediction.probe_frames import Machine, Probe
from app.core.protocol import ChildRole, Event
from app.core.protocol_errors import ProtocolBroken

GREETING = f"""
import json, os, signal, sys

def emit(**frame):
    print(json.dumps(frame), flush=True)

def greet():
    emit(type="hello", version={protocol.VERSION}, role=sys.argv[-1], pid=os.getpid())
"""

SECONDS = 30


class Watched:
    """A child whose events wait in a queue."""

    def __init__(self, log: Path, command: list[str]) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.outcomes: list[Outcome] = []
        self.child = Child(ChildRole.ENGINE, self.events.put, self.outcomes.append, log=log, command=command)

    def next(self) -> Event:
        return self.events.get(timeout=SECONDS)

    def outcome(self) -> Outcome:
        assert self.child.wait(SECONDS)
        assert len(self.outcomes) == 1
        return self.outcomes[0]


Start = Callable[[str], Watched]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Watched] = []

    def run(body: str) -> Watched:
        script = tmp_path / f"child{len(started)}.py"
        script.write_text(GREETING + dedent(body))
        watched = Watched(tmp_path / "logs" / "engine.log", [sys.executable, str(script)])
        started.append(watched)
        watched.child.start()
        return watched

    yield run
    for watched in started:
        watched.child.kill()
        assert watched.child.wait(SECONDS)


def test_events_arrive_in_order_after_the_greeting(start: Start) -> None:
    watched = start("greet()\nfor i in range(100): emit(type='piece', id=i, text='ä')")
    assert [watched.next() for _ in range(100)] == [Piece(id=i, text="ä") for i in range(100)]
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 0)
    assert watched.child.outcome == watched.outcome()


def test_the_child_is_greeted_with_role_and_version_and_then_commanded(start: Start) -> None:
    watched = start("""
        greet()
        for line in sys.stdin:
            emit(type="piece", id=1, text=line)
    """)
    watched.child.send(Load(path="/models/ein Modell.gguf"))
    hello = protocol.decode_command(watched.next().text.encode())  # type: ignore[union-attr]
    assert protocol.check_hello(hello).role == "engine"
    assert protocol.decode_command(watched.next().text.encode()) == Load(path="/models/ein Modell.gguf")  # type: ignore[union-attr]
    watched.child.close()
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 0)


@pytest.mark.parametrize(
    "body",
    [
        f"emit(type='hello', version={protocol.VERSION + 1}); sys.stdin.read()",
        "emit(type='piece', id=1); sys.stdin.read()",
        "print('Loading...', flush=True); sys.stdin.read()",
        "greet(); print('llama_init: 3 layers', flush=True); sys.stdin.read()",
        "greet(); emit(type='no-such-frame'); sys.stdin.read()",
        "greet(); emit(type='piece', id='one'); sys.stdin.read()",
        "greet(); sys.stdout.buffer.write(bytes(range(256))); sys.stdout.flush(); sys.stdin.read()",
        "greet(); print('{\"type\":\"piece\",', end='', flush=True)",
    ],
    ids=["version", "no-greeting", "noise-first", "noise", "unknown", "wrong-type", "bytes", "cut-off"],
)
def test_what_is_not_the_protocol_is_refused_and_the_child_ended(start: Start, body: str) -> None:
    outcome = start(body).outcome()
    assert isinstance(outcome.error, ProtocolBroken)
    assert outcome.sentence == outcome.error.sentence


def test_a_frame_cut_off_by_death_is_a_death_not_a_broken_protocol(start: Start) -> None:
    watched = start("greet(); print('{\"type\":\"pie', end='', flush=True); os._exit(7)")
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 7)


def test_a_program_that_is_not_there_never_starts(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "log", [str(tmp_path / "nothing")])
    watched.child.start()
    watched.child.send(Probe())
    outcome = watched.outcome()
    assert outcome.kind is OutcomeKind.NEVER_STARTED
    assert "could not be started" in outcome.sentence
    assert watched.child.pid is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM"])
def test_a_signal_is_told_by_its_number(start: Start, name: str) -> None:
    watched = start(f"greet(); emit(type='piece', id=1); os.kill(os.getpid(), signal.{name})")
    assert watched.next() == Piece(id=1)
    number = getattr(signal, name)
    assert watched.outcome() == Outcome(OutcomeKind.KILLED, number)
    assert f"signal {number}" in watched.outcome().sentence


def test_a_child_that_is_killed_from_outside_is_noticed(start: Start) -> None:
    watched = start("greet(); emit(type='piece', id=1); sys.stdin.read()")
    watched.next()
    assert watched.child.pid is not None
    assert watched.child.outcome.kind is OutcomeKind.RUNNING
    psutil.Process(watched.child.pid).kill()
    assert watched.outcome().kind in (OutcomeKind.KILLED, OutcomeKind.EXITED)


def test_closing_ends_a_child_that_reads_its_input(start: Start) -> None:
    watched = start("greet(); emit(type='piece', id=1); sys.stdin.read()")
    watched.next()
    watched.child.shutdown()
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 0)


def test_a_child_that_ignores_its_end_of_input_is_killed(start: Start) -> None:
    watched = start("greet(); emit(type='piece', id=1); __import__('threading').Event().wait()")
    watched.next()
    watched.child.shutdown(0.05)
    assert watched.outcome().kind in (OutcomeKind.KILLED, OutcomeKind.EXITED)


def test_killing_before_the_start_starts_nothing_that_stays(start: Start, tmp_path: Path) -> None:
    watched = Watched(tmp_path / "log", [sys.executable, "-c", "import sys; sys.stdin.read()"])
    watched.child.kill()
    watched.child.start()
    assert watched.outcome().kind in (OutcomeKind.KILLED, OutcomeKind.EXITED)


def test_neither_a_deaf_child_nor_a_full_pipe_blocks_the_caller(start: Start) -> None:
    watched = start("greet(); emit(type='piece', id=1); __import__('threading').Event().wait()")
    watched.next()
    for _ in range(100):
        watched.child.send(Load(path="x" * 100_000))
    watched.child.kill()
    watched.outcome()
    watched.child.send(Probe())


def test_standard_error_goes_to_the_log(start: Start, tmp_path: Path) -> None:
    watched = start("greet(); print('ggml: one device', file=sys.stderr)")
    watched.outcome()
    assert (tmp_path / "logs" / "engine.log").read_text() == "ggml: one device\n"


def test_native_output_of_a_real_child_is_kept_off_the_frames(start: Start, tmp_path: Path) -> None:
    watched = start("""
        from app.core import protocol
        from app.core.engine.engine_frames import Piece
        from app.worker.wire import Wire

        wire = Wire()
        os.write(1, b"llama_model_load: done\\n")
        print("a stray print", flush=True)
        wire.send(protocol.Hello(version=protocol.VERSION, role="engine", pid=1))
        wire.send(Piece(id=1, text="words"))
        os.write(1, b"ggml: bye\\n")
    """)
    assert watched.next() == Piece(id=1, text="words")
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 0)
    log = (tmp_path / "logs" / "engine.log").read_text()
    assert log.split("\n") == ["llama_model_load: done", "a stray print", "ggml: bye", ""]


def test_the_program_itself_answers_as_a_probe_and_ends(tmp_path: Path) -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    outcomes: list[Outcome] = []
    child = Child(ChildRole.PROBE, events.put, outcomes.append, log=tmp_path / "probe.log")
    child.start()
    child.send(Probe())
    assert isinstance(events.get(timeout=SECONDS), Machine)
    child.shutdown()
    assert outcomes == [Outcome(OutcomeKind.EXITED, 0)]


def test_a_long_log_is_begun_anew(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "engine.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * 1_000_001)
    start("greet(); print('new', file=sys.stderr)").outcome()
    assert log.read_text() == "new\n"
    assert log.with_suffix(".old.log").stat().st_size == 1_000_001


def test_a_log_that_cannot_be_written_stops_nobody(start: Start, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where a folder belongs")
    watched = start("greet(); emit(type='piece', id=1)")
    assert watched.next() == Piece(id=1)


def test_a_text_that_no_encoding_carries_is_refused_at_the_call(start: Start) -> None:
    watched = start("greet(); sys.stdin.read()")
    with pytest.raises(UnicodeEncodeError):
        watched.child.send(Load(path="\udcff.gguf"))
    watched.child.close()
    assert watched.outcome() == Outcome(OutcomeKind.EXITED, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_an_interrupt_of_the_terminal_does_not_reach_the_child(start: Start) -> None:
    watched = start("greet(); emit(type='piece', id=os.getpgid(0)); sys.stdin.read()")
    event = watched.next()
    assert isinstance(event, Piece)
    assert event.id == watched.child.pid != os.getpgid(0)


def test_no_thread_stays_behind(start: Start) -> None:
    watched = start("greet()")
    watched.outcome()
    watched.child._reader.join(SECONDS)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("engine-")]
