"""One child process: its pipes, its two threads, its handshake and its end.

Runs in the window's or the command line's process.  A reader thread starts the process and turns
its output into events; a writer thread feeds it, so that neither a full pipe nor a stopped child
can ever block the caller.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from app.children.outcome import Outcome, OutcomeKind
from app.core import protocol
from app.core.errors import ParleyError
from app.core.protocol import ChildRole, Command, Event
from app.core.protocol_errors import ProtocolBroken

_MAX_LOG_BYTES = 1_000_000
_LINGER_SECONDS = 3.0
_WINDOWS_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def program() -> list[str]:
    """The command that starts this same program again, frozen or from source.

    On Windows the window's executable has no standard streams, so that its twin with a console is started.
    """
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("parley.exe"))] if sys.platform == "win32" else [sys.executable]
    return [sys.executable, "-P", "-m", "app"]


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The parent's environment, with this package importable from anywhere."""
    root = str(Path(__file__).parents[2])
    path = environment.get("PYTHONPATH")
    return {**environment, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


class Child:
    """A child process by role.

    `on_event` and then, exactly once, `on_exit` are called on the reader thread. What the child
    writes to its standard error goes to `log`.
    """

    def __init__(
        self,
        role: ChildRole,
        on_event: Callable[[Event], None],
        on_exit: Callable[[Outcome], None],
        *,
        log: Path,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._role = role
        self._on_event = on_event
        self._on_exit = on_exit
        self._log = log
        self._environment = environment
        self._command = [*(command or program()), "--role", role.value]
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._killed = False
        self._ended = threading.Event()
        self._outcome = Outcome(OutcomeKind.RUNNING)
        self._reader = threading.Thread(target=self._run, name=f"{role.value}-reader", daemon=True)

    @property
    def outcome(self) -> Outcome:
        """How the child stands."""
        return self._outcome

    @property
    def pid(self) -> int | None:
        """The process's number, once it was started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; a failure to do so arrives as an outcome."""
        self.send(protocol.Hello(version=protocol.VERSION, role=self._role.value, pid=os.getpid()))
        self._reader.start()

    def send(self, command: Command) -> None:
        """Queue a command; one for a child that has ended is dropped.

        Raises:
            UnicodeEncodeError: a text in it holds lone surrogates.
        """
        self._outgoing.put(protocol.encode(command))

    def close(self) -> None:
        """Close the child's standard input, which makes it exit."""
        self._outgoing.put(None)

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `on_exit` has returned; False when `timeout` seconds passed first."""
        return self._ended.wait(timeout)

    def shutdown(self, seconds: float = _LINGER_SECONDS) -> None:
        """Close, and kill a child that lingers for longer than `seconds`."""
        self.close()
        if not self.wait(seconds):
            self.kill()
            self.wait(_LINGER_SECONDS)

    def _run(self) -> None:
        try:
            self._outcome = self._live()
        except OSError as error:
            self._outcome = Outcome(OutcomeKind.NEVER_STARTED, reason=error.strerror or str(error))
        self._outgoing.put(None)
        try:
            self._on_exit(self._outcome)
        finally:
            self._ended.set()

    def _live(self) -> Outcome:
        process = self._spawn()
        writer = threading.Thread(target=self._write, args=(process,), name=f"{self._role.value}-writer", daemon=True)
        writer.start()
        try:
            error = self._read(process)
            code = process.wait()
        finally:
            assert process.stdout is not None
            process.stdout.close()
            self._outgoing.put(None)
            writer.join()
        return Outcome.of_return_code(code, error)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._open_log() as log, self._lock:
            # A group of its own: Ctrl-C in a terminal is for the parent, which asks the child to stop.
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=child_environment(self._environment),
                process_group=None if sys.platform == "win32" else 0,
                creationflags=_WINDOWS_FLAGS,
            )
            self._process = process
            if self._killed:
                process.kill()
        return process

    def _open_log(self) -> IO[bytes]:
        """The log to append to; a child runs without one where none can be written."""
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            if self._log.exists() and self._log.stat().st_size > _MAX_LOG_BYTES:
                with contextlib.suppress(PermissionError):  # Windows, while another child writes to it
                    self._log.replace(self._log.with_suffix(".old.log"))
            return self._log.open("ab")
        except OSError:
            return Path(os.devnull).open("ab")

    def _read(self, process: subprocess.Popen[bytes]) -> ParleyError | None:
        assert process.stdout is not None
        greeted = False
        line = b""
        try:
            while line := process.stdout.readline(protocol.MAX_FRAME_BYTES):
                event = protocol.decode_event(line)
                if greeted:
                    self._on_event(event)
                else:
                    protocol.check_hello(event)
                    greeted = True
        except ProtocolBroken as error:
            return None if self._died_writing(process, line) else error
        return None

    def _died_writing(self, process: subprocess.Popen[bytes], line: bytes) -> bool:
        """Whether a broken frame is only what a dying child left; a living one is ended here."""
        if not line.endswith(b"\n") and len(line) < protocol.MAX_FRAME_BYTES:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LINGER_SECONDS) != 0
        process.kill()
        return False

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                while (line := self._outgoing.get()) is not None:
                    pipe.write(line)
                    pipe.flush()
        except OSError:
            return  # the child is gone; the reader reports its end
