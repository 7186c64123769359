"""A pause does not wait for what nothing can break off: the look-up of a name, a connection, a handshake."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.catalog.fetch.network import Network
from app.catalog.fetch.puller import Stopped
from app.catalog.fetch.transport import Link
from app.core.catalog.downloads import Patience, Source
from app.core.catalog.hub import RemoteFile
from tests.conftest import WAIT_MS
from tests.download.conftest import MIB, Attempt, Hub

SECONDS = WAIT_MS / 1000
SOURCE = Source(repo="acme/tiny", commit="c0ffee", files=(RemoteFile("a.gguf", 10, "0" * 64),))


@pytest.fixture
def silent() -> Iterator[tuple[int, threading.Event]]:
    """The port of a server that takes connections and says nothing; the event tells that it was greeted."""
    greeted, over = threading.Event(), threading.Event()

    def listen() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            greeted.set()
            over.wait()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=listen)
        thread.start()
        yield listener.getsockname()[1], greeted
        over.set()
        thread.join()


def pause_once(begun: threading.Event, attempt: Attempt, source: Source) -> list[type[BaseException]]:
    """Pause an attempt once it waits; how it ended."""
    ended: list[type[BaseException]] = []

    def run() -> None:
        try:
            attempt.run(source)
        except BaseException as error:
            ended.append(type(error))

    running = threading.Thread(target=run, daemon=True)
    running.start()
    assert begun.wait(SECONDS)
    attempt.stop.set()
    running.join(SECONDS)
    return ended


def test_a_pause_does_not_wait_for_a_handshake(silent: tuple[int, threading.Event], tmp_path: Path) -> None:
    port, greeted = silent
    hub = cast(Hub, SimpleNamespace(server=SimpleNamespace(url=f"https://127.0.0.1:{port}")))
    attempt = Attempt(hub, tmp_path, patience=Patience(attempts=1, stall=600))
    assert pause_once(greeted, attempt, SOURCE) == [Stopped]


def test_a_pause_does_not_wait_for_a_name_to_be_found(
    hub: Hub, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, over = threading.Event(), threading.Event()
    look_up: Callable[..., Any] = socket.getaddrinfo

    def slowly(*arguments: Any, **options: Any) -> Any:
        asked.set()
        over.wait()
        return look_up(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    attempt.patience = Patience(attempts=1, stall=600)
    assert pause_once(asked, attempt, hub.source(hub.put("a.gguf", MIB))) == [Stopped]
    over.set()


def test_an_answer_that_ends_with_its_connection_can_be_broken_off() -> None:
    """The connection leaves itself to such an answer."""
    over = threading.Event()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n")
            over.wait()

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = threading.Thread(target=answer)
        serving.start()
        with closing(Link(Network(address, "", stall=600))) as link:
            reply = link.request("GET", address)
            reading = threading.Thread(target=reply.read, args=(10,))
            reading.start()
            link.abort()
            reading.join(SECONDS)
            is_reading = reading.is_alive()
            over.set()
            serving.join()
            reading.join()
    assert not is_reading
