"""Where requests go and what they say of us: the system's proxies and certificates, the token, no surprises.

Used by the threads of a download child. The token goes to the Hub's own scheme, host and port and nowhere else; a
proxy is never asked for an address of this machine.
"""

from __future__ import annotations

import base64
import http.client
import os
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from app import __version__
from app.catalog.tls import tls_context
from app.core.catalog.download_errors import ProxyUnusable
from app.core.program.network import is_loopback

_AGENT = f"parley/{__version__}"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Where a request goes."""

    scheme: str
    host: str
    port: int

    @staticmethod
    def of(url: str) -> Origin:
        """The origin of an absolute address."""
        parts = urlsplit(url)
        return Origin(parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0))

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return is_loopback(self.host)


class Network:
    """What all connections of a download share.

    Args:
        endpoint: the Hub's address.
        token: the user's, or empty.
        stall: seconds of silence after which a connection is given up.
        environment: for a certificate file of the user's; proxies come from the system.
    """

    def __init__(
        self,
        endpoint: str,
        token: str,
        stall: float,
        environment: Mapping[str, str] = os.environ,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`note` is told the host of every connection."""
        self.endpoint = endpoint.rstrip("/")
        self.stall = stall
        self._hub = Origin.of(self.endpoint)
        self._token = token
        self._note = note
        self._environment = environment

    def headers(self, url: str) -> dict[str, str]:
        """What every request says; to the Hub itself also who asks."""
        headers = {"User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self._token and Origin.of(url) == self._hub:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def is_hub(self, url: str) -> bool:
        """Whether an address is the Hub's own."""
        return Origin.of(url) == self._hub

    def connect(self, origin: Origin) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, not yet opened, and whether it leads to a proxy that wants whole addresses.

        Raises:
            ProxyUnusable: the system names a proxy that does not speak HTTP.
        """
        self._note(origin.host)
        proxy = self._proxy(origin)
        if proxy is None:
            return self._direct(origin.scheme, origin.host, origin.port), False
        host, port = proxy.hostname or "", proxy.port or _DEFAULT_PORTS["http"]
        if origin.scheme == "http":
            return self._direct("http", host, port), True
        connection = self._direct("https", host, port)  # with a tunnel, TLS begins behind the proxy
        connection.set_tunnel(origin.host, origin.port, _proxy_headers(proxy))
        return connection, False

    def proxy_name(self, origin: Origin) -> str:
        """The address of the proxy that leads there, without who asks it; empty where there is none."""
        proxy = self._proxy(origin)
        return f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}" if proxy is not None else ""

    def proxy_headers(self, origin: Origin) -> dict[str, str]:
        """Who asks a proxy that is not tunnelled through."""
        proxy = self._proxy(origin)
        return _proxy_headers(proxy) if proxy is not None and origin.scheme == "http" else {}

    def _direct(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.stall)
        # each has a context of its own: one that is shared is locked while a server takes its time for the handshake
        return http.client.HTTPSConnection(host, port, timeout=self.stall, context=tls_context(self._environment))

    def _proxy(self, origin: Origin) -> SplitResult | None:
        if origin.is_loopback or urllib.request.proxy_bypass(origin.host):
            return None
        proxies = urllib.request.getproxies()
        address = proxies.get(origin.scheme) or proxies.get("all")
        if not address:
            return None
        try:
            proxy = urlsplit(address if "://" in address else f"http://{address}")
            if proxy.scheme == "http" and proxy.hostname and proxy.port != 0:
                return proxy
            shown = f"{proxy.scheme}://{proxy.hostname or ''}"
        except ValueError:  # what stands in the port's place may be of a password
            shown = "http://…"
        raise ProxyUnusable(proxy=shown)


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
