"""Notices a machine that vanished without a word, as when a cable is pulled; runs beside llama.cpp in the engine child.

llama.cpp waits for the answer of such a machine for ever. It serves one connection at a time and is silent while it
computes, so that neither its words nor new connections tell whether it is there. Therefore a second connection waits
behind llama.cpp's own: nobody takes it, but the system at the other end answers for it, however long a prompt takes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from app.core.protocol import Event
from app.engines.base import Emit
from app.engines.llama.rpc import HELLO, connect

_KEEP_ALIVE = (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), ("TCP_KEEPINTVL",), ("TCP_KEEPCNT",))
"""Names of the options that take a `Patience`'s numbers; macOS has another one for the first."""


@dataclass(frozen=True)
class Patience:
    """When a machine counts as lost, in seconds.

    Its system is asked after `idle`, then every `between`. Once it has left `questions` unanswered, a new connection
    is tried for `connecting`; if that has no answer either, and the engine stood still meanwhile, that is the end.
    A server that has nothing to do for us is looked at again after `pause`; while a job may turn to it at any moment,
    after `glance`, for only a connection that waits behind llama.cpp's can tell.
    """

    idle: int = 5
    between: int = 5
    questions: int = 3
    connecting: float = 10.0
    pause: float = 2.0
    glance: float = 0.1


PATIENCE = Patience()


class HostWatch:
    """Calls `lost` with a machine that no longer answers while a job stands still; on a thread of its own.

    A new connection that fails proves nothing by itself: the queue of a busy server may be full.
    """

    def __init__(self, hosts: Sequence[str], lost: Callable[[str], None]) -> None:
        self._lost = lost
        self._patience = PATIENCE
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._working = threading.Event()
        self._moved_at = 0.0
        self._threads = [
            threading.Thread(target=self._watch, args=(host,), name=f"watch-{host}", daemon=True) for host in hosts
        ]

    def start(self) -> None:
        """Begin, once every machine has answered."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Leave the machines to others."""
        self._closed.set()
        self._working.set()  # who rests looks up, and sees that it is over
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def during(self, emit: Emit) -> Iterator[Emit]:
        """A job that needs the machines; what it emits shows that it does not stand still."""

        def told(event: Event) -> None:
            self._moved_at = monotonic()
            emit(event)

        self._moved_at = monotonic()
        self._working.set()
        try:
            yield told
        finally:
            self._working.clear()

    def _watch(self, host: str) -> None:
        silent = False
        while not self._closed.is_set():
            began = monotonic()
            try:
                connection = connect(host, self._patience.connecting)
            except (ConnectionRefusedError, ConnectionResetError):
                silent = False
                self._rest()
            except (OSError, UnicodeError):
                self._closed.wait(began + self._patience.connecting - monotonic())
                if silent and self._stands_still_since(began):
                    self._lost(host)
                    return
            else:
                silent = not self._answers(connection)
                if not silent:
                    self._rest()

    def _rest(self) -> None:
        """A server that was free is left alone for a while, which ends when a job begins."""
        if not self._closed.is_set() and self._working.wait(self._patience.pause):
            self._closed.wait(self._patience.glance)

    def _answers(self, connection: socket.socket) -> bool:
        """Wait until the server has time for us, whom it would else wait for; False where the connection broke."""
        with connection:
            with self._lock:
                self._open.add(connection)
            try:
                self._keep_alive(connection)
                connection.settimeout(None)
                connection.sendall(HELLO)
                if not self._closed.is_set():
                    connection.recv(1)
                return True
            except OSError:
                return False
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _keep_alive(self, connection: socket.socket) -> None:
        patience = self._patience
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for names, value in zip(_KEEP_ALIVE, (patience.idle, patience.between, patience.questions), strict=True):
            for name in names:
                if hasattr(socket, name):
                    connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # nothing is asked while a greeting is on its way that nobody takes
            milliseconds = 1000 * (patience.idle + patience.between * patience.questions)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _stands_still_since(self, moment: float) -> bool:
        return self._working.is_set() and self._moved_at < moment and not self._closed.is_set()
