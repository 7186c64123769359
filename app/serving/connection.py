"""One client's connection: HTTP/1.1 with limits on all that a client may send or leave waiting. On the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol

import h11

from app.serving.answers import encode
from app.serving.errors import ApiError, Headers

_CHUNK = 64 * 1024
_LINGER_SECONDS = 3.0
_UNREAD = (h11.IDLE, h11.SEND_BODY, h11.ERROR)
"""How the client stands when its request was not read to the end, so that no other can follow."""
_BODY_HEADERS = frozenset({"content-length", "transfer-encoding"})
_JSON: Headers = (("Content-Type", "application/json"),)


@dataclass(frozen=True)
class Limits:
    """What a client may do: `seconds` to send a request, to take what it is sent, and to be idle; sizes in bytes."""

    seconds: float = 60.0
    head_bytes: int = 32 * 1024
    body_bytes: int = 16 * 1024 * 1024
    connections: int = 64


@dataclass(frozen=True)
class Head:
    """The beginning of a request; `headers` by their names in small letters."""

    method: str
    target: str
    headers: dict[str, str]


class Handler(Protocol):
    """What answers requests."""

    def headers(self, head: Head) -> Headers:
        """What every answer to this request carries."""

    def admit(self, head: Head) -> None:
        """See whether the request may be made, before its body is read.

        Raises:
            ApiError: it may not.
        """

    async def answer(self, head: Head, body: bytes, reply: Connection) -> None:
        """Answer it; cancelled when the client goes.

        Raises:
            ApiError: in place of an answer, if none has begun.
        """

    def refused(self, head: Head | None, refusal: ApiError) -> None:
        """Take note of an answer that is no success."""


class Connection:
    """Takes requests one after the other, and is how each is answered."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, limits: Limits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._head: Head | None = None

    async def serve(self) -> None:
        """Answer until the client goes, or is told to."""
        try:
            while await self._exchange():
                self._head = None
        except OSError:
            pass  # the client is gone, or takes nothing any more: there is nobody to tell
        finally:
            await self._close()

    async def send(self, status: int, body: bytes, headers: Headers = _JSON) -> None:
        """A whole answer."""
        await self.begin(status, (*headers, ("Content-Length", str(len(body)))))
        await self.part(body)
        await self.end()

    async def begin(self, status: int, headers: Headers) -> None:
        """The head of an answer, whose parts follow."""
        own = self._handler.headers(self._head) if self._head is not None else ()
        closing = (("Connection", "close"),) if self._http.their_state in _UNREAD else ()
        date = ("Date", formatdate(usegmt=True))
        await self._write(h11.Response(status_code=status, headers=[date, *headers, *own, *closing]))

    async def part(self, data: bytes) -> None:
        """The next bytes of an answer."""
        if data and (self._head is None or self._head.method != "HEAD"):
            await self._write(h11.Data(data=data))

    async def end(self) -> None:
        """The end of an answer."""
        await self._write(h11.EndOfMessage())

    @property
    def has_begun(self) -> bool:
        """Whether a part of the answer was sent, so that no other one can be."""
        return self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE)

    async def _exchange(self) -> bool:
        """One request and its answer; False when the connection is to be closed."""
        try:
            if not await self._read_head():
                return False
            assert self._head is not None
            self._handler.admit(self._head)
            body = await self._read_body(self._head)
            await self._while_the_client_is_there(self._handler.answer(self._head, body, self))
        except h11.RemoteProtocolError as error:
            await self._refuse(ApiError(error.error_status_hint, f"This is not valid HTTP: {error}."))
        except ApiError as refusal:
            await self._refuse(refusal)
        if (self._http.our_state, self._http.their_state) != (h11.DONE, h11.DONE):
            return False
        self._http.start_next_cycle()
        return True

    async def _refuse(self, refusal: ApiError) -> None:
        self._handler.refused(self._head, refusal)
        if not self.has_begun:
            await self.send(refusal.status, encode(refusal.body), (*_JSON, *refusal.headers))

    async def _read_head(self) -> bool:
        """Wait for a request; False where none comes."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                event = await self._next_event()
        except TimeoutError:
            if self._http.trailing_data[0]:
                raise _too_slow() from None
            return False
        if not isinstance(event, h11.Request):
            return False
        headers: dict[str, str] = {}
        for name, value in event.headers:
            headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
        self._head = Head(event.method.decode("latin-1"), event.target.decode("latin-1"), headers)
        if not _BODY_HEADERS & headers.keys():
            await self._next_event()  # the request's end, for which no more bytes are needed
        return True

    async def _read_body(self, head: Head) -> bytes:
        if int(head.headers.get("content-length", "0")) > self._limits.body_bytes:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.seconds):
                while self._http.their_state is h11.SEND_BODY:
                    event = await self._next_event()
                    body += event.data if isinstance(event, h11.Data) else b""
                    if len(body) > self._limits.body_bytes:
                        raise self._too_large()
        except TimeoutError:
            raise _too_slow() from None
        return bytes(body)

    async def _next_event(self) -> object:
        """What the client sent next, an event of h11 or its mark that there is none for now."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _while_the_client_is_there(self, answering: Coroutine[None, None, None]) -> None:
        """Answer, but not to nobody: a client that goes takes its request with it.

        Raises:
            ConnectionResetError: it went.
        """
        work, watch = asyncio.ensure_future(answering), asyncio.ensure_future(self._departure())
        try:
            await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ConnectionResetError
            work.result()
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _departure(self) -> None:
        """Wait until the client goes; what it sends ahead is for the next request, as far as there is room for it."""
        while len(self._http.trailing_data[0]) < self._limits.head_bytes:
            data = await self._reader.read(_CHUNK)
            self._http.receive_data(data)
            if not data:
                return
        await asyncio.get_running_loop().create_future()

    async def _write(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")
        async with asyncio.timeout(self._limits.seconds):
            await self._writer.drain()

    async def _close(self) -> None:
        """Send what is left, and take for a moment what is still coming: else the system would drop our last words."""
        try:
            if self._http.their_state in (h11.SEND_BODY, h11.ERROR) and self._writer.can_write_eof():
                with suppress(OSError):
                    await self._let_it_finish()
            self._writer.close()
            with suppress(OSError):
                async with asyncio.timeout(self._limits.seconds):
                    await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    async def _let_it_finish(self) -> None:
        self._writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            while await self._reader.read(_CHUNK):
                pass

    def _too_large(self) -> ApiError:
        return ApiError(413, f"The body is larger than {self._limits.body_bytes} bytes.", code="request_too_large")


def _too_slow() -> ApiError:
    return ApiError(408, "The request did not come in time.", code="request_timeout")
