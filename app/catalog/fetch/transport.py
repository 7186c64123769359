"""HTTP as downloads need it: one connection at a time, kept open, that any thread can break off.

Runs on the threads of a download child.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from email.utils import parsedate_to_datetime
from time import time
from urllib.parse import quote, urljoin, urlsplit

from app.catalog.fetch.network import Network, Origin
from app.core.catalog.download_errors import ProxyRefused
from app.core.catalog.hub_errors import HubUntrusted

_LONGEST_RETRY_AFTER = 900.0
_MOST_HOPS = 5
_OF_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"
"""Signs besides letters, digits and `_.-` that an address may hold as they are."""

_WHO_ASKS_PROXY = 407
_NO_TUNNEL = f"Tunnel connection failed: {_WHO_ASKS_PROXY}"
"""How `http.client` begins to tell of it, where a connection leads through the proxy."""

_NEAR_MICROSECONDS = 2000
_NEAR_BUFFER = 128 * 1024
_RTT_START, _RTT_END = 68, 72
"""Where Linux's `struct tcp_info` has the round-trip time, in microseconds."""


class Interrupted(Exception):
    """An attempt failed in a way that the next one may not; `retry_after` is in seconds."""

    def __init__(self, reason: str, *, host: str = "", status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.host = host
        self.status = status
        self.retry_after = retry_after


class Astray(Interrupted):
    """A server leads where nothing can be had."""


class Reply:
    """An answer whose body is still to be read."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self._response = response
        self.url = url
        self.status = response.status
        self.length = response.length
        """How many bytes the body has, None where the server does not say."""

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return self._response.headers.get(name, "") or ""

    @property
    def host(self) -> str:
        """Who sent it."""
        return Origin.of(self.url).host

    @property
    def etag(self) -> str:
        """The ETag as it was sent."""
        return self.header("ETag")

    @property
    def retry_after(self) -> float:
        """Seconds the server wants us to wait, 0 where it does not say."""
        return _seconds(self.header("Retry-After"), self.header("Date"))

    @property
    def finished(self) -> bool:
        """Whether the body was read to its end, so that the connection is free again."""
        return self._response.isclosed()

    def read(self, size: int) -> bytes:
        """Some bytes of the body as they come, at most `size`; none at its end.

        Raises:
            Interrupted: the connection broke, or was silent for too long.
        """
        try:
            piece = self._response.read1(size)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _failure(error, self.url) from error
        if self._response.length == 0:  # without this the library would wait for one more, empty read
            self._response.close()
        return piece

    def close(self) -> None:
        """Read no more."""
        self._response.close()

    def read_all(self, limit: int) -> bytes:
        """The rest of the body, up to a limit; raises as `read`."""
        body = b""
        while len(body) < limit and (piece := self.read(limit - len(body))):
            body += piece
        return body


class Link:
    """One connection that is kept open between requests; for one thread, but `abort` is for any."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._connection: http.client.HTTPConnection | None = None
        self._reply: Reply | None = None
        self._origin: Origin | None = None
        self._whole_address = False
        self._opening: Future[socket.socket] = Future()
        self._is_aborted = False

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for what lies at an address, or where that leads; raises as `request`."""
        for _ in range(_MOST_HOPS):
            reply = self.request("GET", url, headers)
            leads = redirect(reply)
            if not leads:
                return reply
            self.close()  # what else it says is not read
            url = leads
        raise Astray("it redirects in a circle", host=Origin.of(url).host)

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask; redirects are for the caller to follow.

        Raises:
            Interrupted: there is no connection, or no answer.
            HubUntrusted: the server's certificate is not believed.
            ProxyUnusable: see `Network.connect`.
            ProxyRefused: the proxy wants to know who asks.
        """
        reused = self._connection is not None and self._origin == Origin.of(url)
        try:
            return self._request(method, url, headers or {})
        except Interrupted:
            if self._is_aborted or not reused:
                raise
        return self._request(method, url, headers or {})  # the server had closed the connection it kept

    def close(self) -> None:
        """Let go of the connection; the next request makes another."""
        if self._reply is not None:  # the last one of a connection that its server ends has the socket for itself
            self._reply.close()
            self._reply = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abort(self) -> None:
        """End what another thread is waiting in, for good: from now on every request fails."""
        self._is_aborted = True
        if not self._opening.cancel():
            with contextlib.suppress(Exception):  # there never was a connection, or there is none any more
                self._opening.result().shutdown(socket.SHUT_RDWR)

    def _request(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        origin, parts = Origin.of(url), urlsplit(url)
        if self._connection is None or self._origin != origin:
            self.close()
            self._connection, self._whole_address = self._network.connect(origin)
            self._origin = origin
        target = url if self._whole_address else parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        sent = {**self._network.headers(url), **self._network.proxy_headers(origin), **headers}
        try:
            if self._connection.sock is None:
                self._open(self._connection)
            self._connection.request(method, target, headers=sent)
            self._reply = Reply(self._connection.getresponse(), url)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if str(error).startswith(_NO_TUNNEL):
                raise ProxyRefused(str(error), proxy=self._network.proxy_name(origin)) from error
            raise _failure(error, url) from error
        if self._reply.status == _WHO_ASKS_PROXY and (proxy := self._network.proxy_name(origin)):
            self.close()
            raise ProxyRefused(proxy=proxy)
        return self._reply

    def _open(self, connection: http.client.HTTPConnection) -> None:
        """Connect on a thread of its own: no look-up of a name and no handshake can be broken off, but left alone."""
        connection.auto_open = 0
        self._opening = Future()
        if self._is_aborted:  # asked now, as from here on there is something to cancel
            raise ConnectionAbortedError
        threading.Thread(target=_connect, args=(connection, self._opening), name="connect", daemon=True).start()
        try:
            self._opening.result()
        except CancelledError:
            raise ConnectionAbortedError from None


def _connect(connection: http.client.HTTPConnection, opening: Future[socket.socket]) -> None:
    """Open it, and close it where nobody waits for it any more."""
    try:
        connection.connect()
        _bound_buffer(connection)
    except BaseException as error:
        if opening.set_running_or_notify_cancel():
            opening.set_exception(error)
    else:
        if opening.set_running_or_notify_cancel():
            opening.set_result(connection.sock)
    if opening.cancelled():
        connection.close()


def _bound_buffer(connection: http.client.HTTPConnection) -> None:
    """Let little wait in the system's buffer, where it is lost when this process is killed.

    A server that is near sends faster than a disk takes it, and so fills whatever buffer there is; so near,
    a small one costs no speed. A far one needs the large buffer that the system makes by itself, but then
    the network is what limits, and the buffer stays empty.
    """
    sock: socket.socket | None = connection.sock
    if sys.platform != "linux" or sock is None:
        return
    facts = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RTT_END)
    if len(facts) == _RTT_END and int.from_bytes(facts[_RTT_START:], sys.byteorder) < _NEAR_MICROSECONDS:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NEAR_BUFFER)


def redirect(reply: Reply) -> str:
    """Where an answer leads, as an absolute address; nothing if it is no redirect.

    Raises:
        Astray: it leads from an encrypted to a plain connection, or to no address.
    """
    if reply.status not in (301, 302, 303, 307, 308) or not reply.header("Location"):
        return ""
    host, location = Origin.of(reply.url).host, quote(reply.header("Location"), _OF_ADDRESSES, "latin-1")
    try:
        address = urljoin(reply.url, location)
        there = Origin.of(address)
    except ValueError:
        raise Astray("it redirects to nowhere", host=host) from None
    if there.scheme not in ("http", "https") or not there.host:
        raise Astray("it redirects to nowhere", host=host)
    if reply.url.startswith("https:") and there.scheme != "https":
        raise Astray("it redirects to a connection that is not encrypted", host=host)
    return address


def _failure(error: Exception, url: str) -> Interrupted | HubUntrusted:
    host = Origin.of(url).host
    if isinstance(error, TimeoutError):
        return Interrupted("it does not answer", host=host)
    if isinstance(error, ssl.SSLCertVerificationError):
        return HubUntrusted(host=host, reason=error.verify_message)
    if isinstance(error, OSError) and error.strerror:
        return Interrupted(error.strerror.lower(), host=host)
    if type(error) is OSError:  # of a proxy that does not lead on: what it says has no number of the system
        return Interrupted(str(error).lower(), host=host)
    return Interrupted("the connection broke off", host=host)


def _seconds(value: str, now: str) -> float:
    """A Retry-After, which is a number of seconds, or a date by the server's own clock."""
    try:
        seconds = float(value)
    except ValueError:
        until = _moment(value)
        seconds = until - (_moment(now) or time()) if until else 0.0
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


def _moment(date: str) -> float:
    """A header's date in Unix seconds, 0 where it is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return 0.0
