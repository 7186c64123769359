"""One request on a thread of its own, so that a stop takes effect at once, whatever the request waits for.

The engine child's main thread reads what came; the thread that talks ends when its connection is cut.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_OPENED = ("connect_tcp.complete", "start_tls.complete")


class Wiring:
    """The sockets of one request; `watch` is called by the HTTP library as it opens them. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """A step of the request; see the `trace` extension of the HTTP library."""
        if not event.endswith(_OPENED):
            return
        opened = info["return_value"].get_extra_info("socket")
        if isinstance(opened, socket.socket):
            with self._lock:
                self._sockets.append(opened)
                late = self._is_cut
            if late:
                _shut(opened)

    def cut(self) -> None:
        """Close the connection under whoever reads from it, so that the server sees that nobody listens."""
        with self._lock:
            self._is_cut = True
            opened = list(self._sockets)
        for one in opened:
            _shut(one)


class Ended:
    """Nothing more comes; `error` says why if that was no good end."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Line(Generic[_T]):
    """Runs `talk` on a thread and hands over what it yields."""

    def __init__(self, talk: Callable[[Wiring], Iterable[_T]]) -> None:
        self._talk = talk
        self._wiring = Wiring()
        self._came: SimpleQueue[_T | Ended] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> _T | Ended | None:
        """What came; None when nothing did for so long."""
        try:
            return self._came.get(timeout=seconds)
        except Empty:
            return None

    def cut(self) -> None:
        """End it: the server sees the connection close."""
        self._wiring.cut()

    def _run(self) -> None:
        try:
            for item in self._talk(self._wiring):
                self._came.put(item)
        except Exception as error:
            self._came.put(Ended(error))
        else:
            self._came.put(Ended())


def _shut(opened: socket.socket) -> None:
    # The method of the plain socket: an encrypted one would first wait for its reader.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
