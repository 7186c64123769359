from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.rpc.cable import Cable

ROOT = Path(__file__).parents[2]


@dataclass
class RpcServer:
    """A server in a process of its own."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Machines:
    """The servers of one test."""

    running: list[RpcServer] = field(default_factory=list)
    cables: list[Cable] = field(default_factory=list)

    def start(self) -> RpcServer:
        port = free_port()
        command = [sys.executable, "-m", "tests.rpc.serve", str(port)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT)
        server = RpcServer(port, process)
        self.running.append(server)
        listening(server)
        return server

    def cable(self, server: RpcServer, after: int | None = None) -> Cable:
        self.cables.append(Cable(server.port, after))
        return self.cables[-1]

    def end(self) -> None:
        for cable in self.cables:
            cable.end()
        for server in self.running:
            server.kill()
            assert server.process.stdin is not None
            server.process.stdin.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def listening(server: RpcServer) -> None:
    """The server says nothing of when it listens: knock until it does, or ends, or the test's time is over."""
    while server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise AssertionError("the RPC server ended by itself")


class Impostor:
    """Something else that listens: it answers whatever comes with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer = answer
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._closing = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            with connection:
                connection.recv(100)
                connection.sendall(self._answer)


@pytest.fixture
def machines() -> Iterator[Machines]:
    found = Machines()
    yield found
    found.end()


@pytest.fixture
def impostor() -> Iterator[Callable[[bytes], Impostor]]:
    made: list[Impostor] = []

    def make(answer: bytes) -> Impostor:
        made.append(Impostor(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()
