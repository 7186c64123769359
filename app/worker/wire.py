"""A child's two pipes: frames in, frames out, and nothing else on them.

`Wire.send` may be called by any thread.  The reader is a thread of its own, because a `Cancel` and
the end of the input must take effect while the main thread is deep in native code.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from app.core import protocol
from app.core.errors import Failure
from app.core.protocol import Cancel, Command, Event, Failed, Leave
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import StopFlag

EXIT_PARENT_GONE = 0
EXIT_FAILED = 1
EXIT_PROTOCOL_BROKEN = 2

_STDIN = 0
_STDOUT = 1
_STDERR = 2


@dataclass(frozen=True)
class Job:
    """A command to run on the main thread, and the flag that stops it."""

    command: Command
    stop: StopFlag = field(default_factory=StopFlag)


class Wire:
    """Frames out. Takes the process's standard output for itself."""

    def __init__(self) -> None:
        self._output = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self._output, os.O_BINARY)
            msvcrt.setmode(_STDIN, os.O_BINARY)
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Write one frame whole; without a reader this process has no purpose and ends."""
        rest = memoryview(protocol.encode(event))
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._output, rest) :]
            except OSError:
                os._exit(EXIT_PARENT_GONE)


class Inbox:
    """Commands in: reads them on a thread of its own and keeps them for the main thread."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._unfinished: list[Job] = []
        self._thread = threading.Thread(target=self._read, name="commands", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def next(self, timeout: float | None = None) -> Job | None:
        """The next command; None when `timeout` seconds passed without one."""
        try:
            return self._jobs.get(timeout=timeout)
        except queue.Empty:
            return None

    @property
    def waiting(self) -> bool:
        """Whether a command is there to be run."""
        return not self._jobs.empty()

    def done(self, job: Job) -> None:
        """Say that a command has run, so that `Cancel` no longer means it."""
        with self._lock:
            self._unfinished.remove(job)

    def _read(self) -> None:
        try:
            with os.fdopen(_STDIN, "rb", closefd=False) as pipe:
                protocol.check_hello(protocol.decode_command(_line(pipe.readline)))
                while not isinstance(command := protocol.decode_command(_line(pipe.readline)), Leave):
                    self._take(command)
                self._take(command)
        except ProtocolBroken as error:
            self._send(Failed(failure=Failure.of(error)))
            os._exit(EXIT_PROTOCOL_BROKEN)
        except BaseException:
            traceback.print_exc()
            os._exit(EXIT_FAILED)

    def _take(self, command: Command) -> None:
        with self._lock:
            if isinstance(command, Cancel):
                for job in self._unfinished:
                    job.stop.set()
                return
            job = Job(command)
            self._unfinished.append(job)
        self._jobs.put(job)


def _line(readline: Callable[[int], bytes]) -> bytes:
    line = readline(protocol.MAX_FRAME_BYTES)
    if not line:
        os._exit(EXIT_PARENT_GONE)
    return line
