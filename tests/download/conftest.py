"""Downloads from a local Hub: the child process itself, and what it leaves on the disk."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.catalog.fetch.download import Downloader
from app.catalog.fetch.fetch import Terms
from app.catalog.fetch.network import Network
from app.catalog.fetch.puller import Limiter
from app.core import protocol
from app.core.catalog.downloads import DownloadProgress, Patience, Source, StartDownload
from app.core.catalog.hub import RemoteFile
from app.core.protocol import Event
from tests.hub import hubserver
from tests.hub.hubserver import HubServer

REPO = "acme/tiny-GGUF"
TOKEN = "hf_secret"
QUICK = Patience(attempts=3, first=0.01, longest=0.05, stall=1.0)
MIB = 1024 * 1024

Headers = Callable[[str, str, str], str | None]


@dataclass
class Hub:
    """The server, and the files it has."""

    server: HubServer
    root: Path
    threads: set[threading.Thread]

    @property
    def faults(self) -> Any:
        return self.server.faults

    def put(self, name: str, size: int, repo: str = REPO, seed: int = 0) -> RemoteFile:
        """Give a repo a file of that size."""
        path = self.root / repo / "main" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = random.Random(seed or size).randbytes(size)
        path.write_bytes(data)
        return RemoteFile(name, size, hashlib.sha256(data).hexdigest() if name.endswith(".gguf") else "")

    def source(self, *files: RemoteFile, repo: str = REPO) -> Source:
        found = self.server.catalog.commit(repo, "main")
        assert found is not None
        return Source(repo=repo, commit=found[0], files=files)

    def catalog_file(self, path: str, repo: str = REPO) -> RemoteFile:
        """A file as the listing has it."""
        data = (self.root / repo / "main" / path).read_bytes()
        return RemoteFile(path, len(data), hashlib.sha256(data).hexdigest())

    def sent(self, path: str = "") -> int:
        """The bytes of content that went out."""
        return sum(int(request["sent"]) for request in self.server.seen(r"^GET /cdn/.*" + path))

    def join(self) -> None:
        """Wait until every connection has ended, once the server was stopped."""
        for thread in threading.enumerate():
            if thread not in self.threads:
                thread.join(10)

    def data(self, file: RemoteFile, repo: str = REPO) -> bytes:
        return (self.root / repo / "main" / file.path).read_bytes()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    root = tmp_path / "hub"
    root.mkdir()
    threads = set(threading.enumerate())
    with HubServer(root, tokens={TOKEN: ["acme"]}) as server:
        made = Hub(server, root, threads)
        yield made
    made.join()


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Headers], None]:
    """Changes the headers of the Hub's answers: by name, value and path, None for none."""
    send_header = hubserver._Handler.send_header

    def change(how: Headers) -> None:
        def sent(self: Any, name: str, value: str) -> None:
            if (changed := how(name, value, self.path)) is not None:
                send_header(self, name, changed)

        monkeypatch.setattr(hubserver._Handler, "send_header", sent)

    return change


@dataclass
class Attempt:
    """Downloads in this process, into one folder."""

    hub: Hub
    folder: Path
    progress: list[DownloadProgress] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    patience: Patience = QUICK
    limit: int = 0
    token: str = ""
    share: int = 16 * MIB

    def run(self, source: Source, tell: Callable[[DownloadProgress], None] | None = None) -> tuple[Path, ...]:
        network = Network(self.hub.server.url, self.token, self.patience.stall, {})
        terms = Terms(network, Limiter(self.limit), self.patience, self.stop, self.share)

        def told(progress: DownloadProgress) -> None:
            self.progress.append(progress)
            if tell is not None:
                tell(progress)

        return Downloader(source, self.folder, terms, told).run()


@pytest.fixture
def attempt(hub: Hub, tmp_path: Path) -> Attempt:
    return Attempt(hub, tmp_path / "models")


class DownloadChild:
    """A real child process of the role."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--role", "download"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        self.receive()
        self.send(protocol.Hello(version=protocol.VERSION))

    def send(self, frame: protocol.Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(protocol.encode(frame))
        self.process.stdin.flush()

    def receive(self) -> Event:
        assert self.process.stdout is not None
        return protocol.decode_event(self.process.stdout.readline())

    def until(self, *kinds: type) -> Event:
        while True:
            event = self.receive()
            if isinstance(event, kinds):
                return event

    def start(self, hub: Hub, source: Source, folder: Path, **options: Any) -> None:
        self.send(StartDownload(source=source, folder=str(folder), endpoint=hub.server.url, **options))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()


@pytest.fixture
def child() -> Iterator[Callable[..., DownloadChild]]:
    children: list[DownloadChild] = []

    def start(**environment: str) -> DownloadChild:
        children.append(DownloadChild(**environment))
        return children[-1]

    yield start
    for made in children:
        made.end()
