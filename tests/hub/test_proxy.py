"""A Hub that can be reached through a proxy alone, whose own name and password the proxy wants."""

from __future__ import annotations

import base64
import http.client
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from app.catalog.fetch.network import Network, Origin
from app.catalog.fetch.transport import Interrupted, Link
from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection, HubClient
from app.core.catalog.hub import SearchQuery
from tests.hub.hubserver import HubServer

ENDPOINT = "http://hub.example"
TICKET = "Basic " + base64.b64encode(b"ada:secret").decode()


@contextmanager
def proxy_to(server: HubServer) -> Iterator[tuple[str, list[str]]]:
    """The proxy's address, and the addresses that it was asked for with the right password."""
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(407)

        def do_GET(self) -> None:
            if self.headers.get("Proxy-Authorization") != TICKET:
                self.send_error(407)
                return
            asked.append(self.path)
            parts, real = urlsplit(self.path), urlsplit(server.url)
            with closing(http.client.HTTPConnection(str(real.hostname), real.port)) as behind:
                behind.request("GET", f"{parts.path}?{parts.query}", headers={"Accept-Encoding": "identity"})
                answer = behind.getresponse()
                body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://ada:secret@127.0.0.1:{listener.server_address[1]}", asked
        listener.shutdown()


@pytest.fixture
def proxied(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    for name in ("https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with proxy_to(server) as (address, asked):
        monkeypatch.setenv("http_proxy", address)
        yield asked


def test_a_search_goes_through_the_proxy(proxied: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    hub = Hub(HubClient(Connection(ENDPOINT)), tmp_path_factory.mktemp("cache"))
    assert hub.search(SearchQuery()).repos
    assert proxied and all(address.startswith(f"{ENDPOINT}/api/models") for address in proxied)


def test_a_proxy_that_wants_another_password_is_told_as_the_reason(
    proxied: list[str], server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", os.environ["http_proxy"].replace("secret", "wrong"))
    link = Link(Network("https://hub.example", "", stall=5))
    with pytest.raises(Interrupted, match="407"):
        link.get("https://hub.example/a")
    assert proxied == []


def test_a_download_goes_through_the_proxy(proxied: list[str], server: HubServer) -> None:
    network, origin = Network(ENDPOINT, "", stall=5), Origin.of(ENDPOINT)
    connection, is_whole = network.connect(origin)
    with closing(connection):
        assert is_whole
        connection.request("GET", f"{ENDPOINT}/api/models", headers=network.proxy_headers(origin))
        assert connection.getresponse().status == 200
    assert proxied == [f"{ENDPOINT}/api/models"]
