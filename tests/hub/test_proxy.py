"""A Hub that can be reached through a proxy alone, whose own name and password the proxy wants."""

from __future__ import annotations

import base64
import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from huggingface_hub import close_session

from app.catalog.fetch.download import Downloader
from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.network import Network, Origin
from app.catalog.fetch.puller import Limiter
from app.catalog.fetch.transport import Link
from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection, HubClient
from app.core.catalog.download_errors import ProxyRefused
from app.core.catalog.downloads import Patience, Source
from app.core.catalog.hub import RemoteFile, SearchQuery
from tests.hub.hubserver import HubServer

ENDPOINT = "http://hub.example"
TICKET = "Basic " + base64.b64encode(b"ada:secret").decode()


@dataclass
class Proxy:
    """Where it listens, what it was asked with the right password, and without."""

    host: str = ""
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def address(self, password: str = "secret") -> str:
        return f"http://ada:{password}@{self.host}"


@contextmanager
def proxy_to(server: HubServer) -> Iterator[Proxy]:
    made = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if self.headers.get("Proxy-Authorization") != TICKET:
                made.refused.append(self.path)
                self.send_error(407)
                return
            made.asked.append(self.path)
            parts, real = urlsplit(self.path), urlsplit(server.url)
            with closing(http.client.HTTPConnection(str(real.hostname), real.port)) as behind:
                behind.request("GET", f"{parts.path}?{parts.query}", headers={"Accept-Encoding": "identity"})
                with behind.getresponse() as answer:
                    body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        made.host = f"127.0.0.1:{listener.server_port}"
        yield made
        listener.shutdown()
        thread.join()


@pytest.fixture
def proxied(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for name in ("https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with proxy_to(server) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address())
        yield proxy
        close_session()


def test_a_search_goes_through_the_proxy(proxied: Proxy, tmp_path_factory: pytest.TempPathFactory) -> None:
    hub = Hub(HubClient(Connection(ENDPOINT)), tmp_path_factory.mktemp("cache"))
    assert hub.search(SearchQuery()).repos
    assert proxied.asked and all(address.startswith(f"{ENDPOINT}/api/models") for address in proxied.asked)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_password_is_told_as_that_by_a_search(
    scheme: str, proxied: Proxy, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxied.address("wrong"))
    hub = Hub(HubClient(Connection(f"{scheme}://hub.example")), tmp_path_factory.mktemp("cache"))
    with pytest.raises(ProxyRefused, match=f"http://{proxied.host}"):
        hub.search(SearchQuery())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_another_password_ends_a_download_at_once(
    scheme: str, proxied: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxied.address("wrong"))
    source = Source(repo="acme/tiny", commit="c0ffee", files=(RemoteFile("a.gguf", 10, "0" * 64),))
    network = Network(f"{scheme}://hub.example", "", stall=5)
    terms = Terms(network, Limiter(0), Patience(attempts=3, first=0.01), threading.Event())
    with pytest.raises(ProxyRefused, match=f"http://{proxied.host}") as caught:
        Downloader(source, tmp_path, terms, lambda _: None).run()
    assert "wrong" not in str(caught.value)
    assert len(proxied.refused) == 1 and not proxied.asked


def test_a_server_that_only_looks_like_a_proxy_is_not_believed(server: HubServer) -> None:
    server.faults.add("status", status=407)
    link = Link(Network(server.url, "", stall=5))
    with closing(link):
        assert link.get(f"{server.url}/a").status == 407


def test_a_download_goes_through_the_proxy(proxied: Proxy, server: HubServer) -> None:
    network, origin = Network(ENDPOINT, "", stall=5), Origin.of(ENDPOINT)
    connection, is_whole = network.connect(origin)
    with closing(connection):
        assert is_whole
        connection.request("GET", f"{ENDPOINT}/api/models", headers=network.proxy_headers(origin))
        with connection.getresponse() as answer:
            assert answer.status == 200
    assert proxied.asked == [f"{ENDPOINT}/api/models"]
