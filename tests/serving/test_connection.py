"""HTTP as clients speak it, and as they should not: the server in this process, raw sockets on its other side."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from app.serving.connection import Connection, Head, Limits
from app.serving.errors import ApiError, Headers
from app.serving.server import Server, resolved

LIMITS = Limits(seconds=0.4, head_bytes=2048, body_bytes=1000, connections=4)
PATIENT = Limits(head_bytes=2048, body_bytes=1000, connections=4)
POST = b"POST / HTTP/1.1\r\nHost: me\r\n"
CLOSING = POST + b"Connection: close\r\n"
GET = b"GET / HTTP/1.1\r\nHost: me\r\n\r\n"
VAST = 64 * 1024 * 1024


class Echo:
    """Answers with what it was sent; `/vast` with more than any buffer holds, `/never` not at all."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.began = threading.Event()

    def headers(self, head: Head) -> Headers:
        return (("X-Seen", head.method),)

    def refused(self, head: Head | None, refusal: ApiError) -> None:
        pass

    def admit(self, head: Head) -> None:
        if head.target == "/no":
            raise ApiError(403, "No.")

    async def answer(self, head: Head, body: bytes, reply: Connection) -> None:
        self.began.set()
        try:
            if head.target == "/never":
                await asyncio.get_running_loop().create_future()
            await reply.send(200, b"x" * VAST if head.target == "/vast" else body or b"nothing")
        except (asyncio.CancelledError, TimeoutError):
            self.left.set()
            raise


@contextmanager
def running(limits: Limits) -> Iterator[tuple[int, Echo]]:
    """The server on a thread of its own."""
    ready, port = threading.Event(), 0
    echo, loop = Echo(), asyncio.new_event_loop()
    ending = asyncio.Event()

    async def serve() -> None:
        nonlocal port
        server = Server(echo, limits)
        port = (await server.start(resolved("127.0.0.1", 0))).port
        ready.set()
        await ending.wait()
        await server.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30)
    try:
        yield port, echo
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[int, Echo]]:
    with running(PATIENT) as found:
        yield found


@pytest.fixture(scope="module")
def hasty() -> Iterator[tuple[int, Echo]]:
    with running(LIMITS) as found:
        yield found


def all_of(client: socket.socket) -> bytes:
    """What comes until the server closes."""
    came = b""
    with suppress(ConnectionResetError):
        while data := client.recv(65536):
            came += data
    return came


def said(port: int, *parts: bytes) -> bytes:
    """The answer to these bytes, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        for part in parts:
            client.sendall(part)
        return all_of(client)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def one_answer(client: socket.socket) -> bytes:
    """An answer of a known length, on a connection that stays."""
    came = b""
    while b"\r\n\r\n" not in came:
        came += client.recv(1)
    length = int(came.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while length > 0:
        length -= len(data := client.recv(length))
        came += data
    return came


def test_a_connection_serves_many_requests_and_those_sent_ahead(patient: tuple[int, Echo]) -> None:
    with socket.create_connection(("127.0.0.1", patient[0]), timeout=30) as client:
        for _ in range(3):
            client.sendall(GET)
            assert one_answer(client).endswith(b"nothing")
        client.sendall(POST + b"Content-Length: 3\r\n\r\noneGET /no HTTP/1.1\r\nHost: me\r\n\r\n" + GET)
        assert one_answer(client).endswith(b"one")
        assert status_of(one_answer(client)) == 403
        assert one_answer(client).endswith(b"nothing")


@pytest.mark.parametrize(
    "request_bytes",
    [
        CLOSING + b"Transfer-Encoding: chunked\r\n\r\n2\r\non\r\n1\r\ne\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\none",
        CLOSING + b"Upgrade: h2c\r\nContent-Length: 3\r\n\r\none",
    ],
)
def test_bodies_in_all_their_forms(patient: tuple[int, Echo], request_bytes: bytes) -> None:
    answer = said(patient[0], request_bytes)
    assert status_of(answer) == 200
    assert answer.endswith(b"one")
    assert b"x-seen: POST" in answer.replace(b"X-Seen", b"x-seen")


def test_a_client_that_asks_first_is_told_to_go_on(patient: tuple[int, Echo]) -> None:
    head = CLOSING + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    with socket.create_connection(("127.0.0.1", patient[0]), timeout=30) as client:
        client.sendall(head)
        assert client.recv(12) == b"HTTP/1.1 100"
        client.sendall(b"one")
        assert all_of(client).endswith(b"one")


def test_the_head_alone_is_answered_without_a_body(patient: tuple[int, Echo]) -> None:
    answer = said(patient[0], b"HEAD / HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n")
    assert status_of(answer) == 200
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: me\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 4000, 431),
        (POST + b"Content-Length: 1001\r\n\r\n", 413),
        (
            POST + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n",
            413,
        ),
        (b"POST /no HTTP/1.1\r\nHost: me\r\nContent-Length: 900\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: me\r\nHost: you\r\n\r\n", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"what is this\r\n\r\n", 400),
    ],
    ids=lambda value: str(value[:60]) if isinstance(value, bytes) else None,
)
def test_what_is_no_request_or_too_large_is_refused(
    patient: tuple[int, Echo], request_bytes: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", patient[0]), timeout=30) as client:
        client.sendall(request_bytes)
        client.shutdown(socket.SHUT_WR)
        answer = all_of(client)
    assert status_of(answer) == status
    assert b'{"error":{"message":' in answer
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "request_bytes",
    [b"GET / HT", POST + b"Content-Length: 10\r\n\r\nhalf"],
    ids=["half a head", "half a body"],
)
def test_half_a_request_is_waited_for_only_so_long(hasty: tuple[int, Echo], request_bytes: bytes) -> None:
    assert status_of(said(hasty[0], request_bytes)) == 408


def test_a_request_that_trickles_is_cut_off(hasty: tuple[int, Echo]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[0]), timeout=0.05) as client, suppress(OSError):
        client.sendall(b"GET / HTTP/1.1\r\nHost: me\r\n")
        came = b""
        for number in range(10_000):
            client.sendall(b"X-%d: y\r\n" % number if len(came) == 0 else b"")
            with suppress(TimeoutError):
                came += client.recv(4096)
            if came:
                break
        assert status_of(came) in (408, 431)


def test_an_idle_connection_is_closed_without_a_word(hasty: tuple[int, Echo]) -> None:
    assert said(hasty[0]) == b""


def test_a_client_that_takes_nothing_is_left(hasty: tuple[int, Echo]) -> None:
    with socket.create_connection(("127.0.0.1", hasty[0]), timeout=30) as client:
        client.sendall(b"GET /vast HTTP/1.1\r\nHost: me\r\n\r\n")
        assert hasty[1].left.wait(30)


@pytest.mark.parametrize("leave", [socket.socket.close, lambda client: client.shutdown(socket.SHUT_RDWR)])
def test_a_client_that_goes_ends_its_answer(patient: tuple[int, Echo], leave: Callable[[socket.socket], None]) -> None:
    echo = patient[1]
    echo.began.clear()
    echo.left.clear()
    with socket.create_connection(("127.0.0.1", patient[0]), timeout=30) as client:
        client.sendall(b"GET /never HTTP/1.1\r\nHost: me\r\n\r\n")
        assert echo.began.wait(30)
        leave(client)
        assert echo.left.wait(30)


def test_no_more_connections_than_allowed() -> None:
    with running(PATIENT) as (port, _), ExitStack() as stack:
        for _ in range(PATIENT.connections):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            client.sendall(GET)
            assert one_answer(client)
        assert said(port, GET) == b""


def test_the_end_leaves_no_client_waiting() -> None:
    with running(PATIENT) as (port, echo):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(b"GET /never HTTP/1.1\r\nHost: me\r\n\r\n")
        assert echo.began.wait(30)
    assert echo.left.is_set()
    with client:
        assert all_of(client) == b""
