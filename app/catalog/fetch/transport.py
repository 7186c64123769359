"""HTTP as downloads need it: one connection at a time, kept open, that any thread can break off.

Runs on the threads of a download child.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import sys
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from urllib.parse import quote, urljoin, urlsplit

from app.catalog.fetch.network import Network, Origin
from app.core.catalog.hub_errors import HubUntrusted

_LONGEST_RETRY_AFTER = 900.0
_OF_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"
"""Signs besides letters, digits and `_.-` that an address may hold as they are."""

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


class Reply:
    """An answer whose body is still to be read."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self._response = response
        self.url = url
        self.status = response.status

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return self._response.headers.get(name, "") or ""

    @property
    def etag(self) -> str:
        """The ETag as it was sent."""
        return self.header("ETag")

    @property
    def retry_after(self) -> float:
        """Seconds the server wants us to wait, 0 where it does not say."""
        return _seconds(self.header("Retry-After"))

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
        self._origin: Origin | None = None
        self._whole_address = False
        self._is_aborted = False

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask; redirects are for the caller to follow.

        Raises:
            Interrupted: there is no connection, or no answer.
            HubUntrusted: the server's certificate is not believed.
            ProxyUnusable: see `Network.connect`.
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
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abort(self) -> None:
        """End a read that another thread is waiting in, for good: from now on every request fails."""
        self._is_aborted = True
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

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
                self._connection.connect()
                _bound_buffer(self._connection)
            if self._is_aborted:
                raise ConnectionAbortedError
            self._connection.request(method, target, headers=sent)
            return Reply(self._connection.getresponse(), url)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise _failure(error, url) from error


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
        Interrupted: it leads from an encrypted to a plain connection, or to no address.
    """
    if reply.status not in (301, 302, 303, 307, 308) or not reply.header("Location"):
        return ""
    host, location = Origin.of(reply.url).host, quote(reply.header("Location"), _OF_ADDRESSES, "latin-1")
    try:
        address = urljoin(reply.url, location)
        there = Origin.of(address)
    except ValueError:
        raise Interrupted("it redirects to nowhere", host=host) from None
    if there.scheme not in ("http", "https") or not there.host:
        raise Interrupted("it redirects to nowhere", host=host)
    if reply.url.startswith("https:") and there.scheme != "https":
        raise Interrupted("it redirects to a connection that is not encrypted", host=host)
    return address


def _failure(error: Exception, url: str) -> Interrupted | HubUntrusted:
    host = Origin.of(url).host
    if isinstance(error, TimeoutError):
        return Interrupted("it does not answer", host=host)
    if isinstance(error, ssl.SSLCertVerificationError):
        return HubUntrusted(host=host, reason=error.verify_message)
    if isinstance(error, OSError) and error.strerror:
        return Interrupted(error.strerror.lower(), host=host)
    return Interrupted("the connection broke off", host=host)


def _seconds(value: str) -> float:
    """A Retry-After, which is a number of seconds or a date."""
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
