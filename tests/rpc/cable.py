"""What lies between the engine and another machine, and can be pulled: then nothing is answered, and nothing closed."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
import threading

_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A packet filter of one instruction: return 0 bytes of every packet."""


def deafen(ear: socket.socket) -> None:
    """Have the system drop what comes for a socket before TCP sees it, as if the machine were gone."""
    code = ctypes.create_string_buffer(_DROP_ALL)
    program = struct.pack("HP", 1, ctypes.addressof(code))
    ear.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _can_be_deafened() -> bool:
    """Whether this system has packet filters, and lets whoever runs the tests attach them: many containers do not."""
    if sys.platform != "linux":
        return False
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
        far, _ = listener.accept()
        with far:
            try:
                deafen(far)
                near.sendall(b"?")
                far.settimeout(0.2)
                far.recv(1)
            except TimeoutError:
                return True
            except OSError:
                return False
    return False


CAN_BE_PULLED = _can_be_deafened()
WHY_NOT = "a socket can be deafened on Linux only, by those who may attach a packet filter"


class Cable:
    """Forwards connections to a server until it is pulled.

    With `after`, that is once so many bytes have come from one side in one connection, and another one waits behind it.
    """

    def __init__(self, port: int, after: int | None = None) -> None:
        self._port = port
        self._after = after
        self._speakers: set[socket.socket] = set()
        self._news = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._pulled = threading.Event()
        self._ends: list[socket.socket] = []
        self._near: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """From now on nothing goes through."""
        self._pulled.set()
        for ear in (self._listener, *self._near):
            deafen(ear)

    def end(self) -> None:
        """Close everything."""
        for one in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._near.append(near)
                self._ends += [near, far]
                if self._pulled.is_set():  # it was on its way when the cable was pulled
                    deafen(near)
                threading.Thread(target=self._forward_out, args=(near, far), daemon=True).start()
                threading.Thread(target=self._forward, args=(far, near), daemon=True).start()

    def _forward_out(self, near: socket.socket, far: socket.socket) -> None:
        with self._news:
            self._speakers.add(near)
            self._news.notify_all()
        self._forward(near, far, self._after)
        with self._news:
            self._speakers.discard(near)

    def _forward(self, source: socket.socket, target: socket.socket, after: int | None = None) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(1 << 16)) and not self._pulled.is_set():
                if after is not None and (after := after - len(data)) < 0:
                    with self._news:
                        self._news.wait_for(lambda: len(self._speakers) > 1)
                    self.pull()
                    return
                target.sendall(data)
        if not self._pulled.is_set():
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
