"""A real server process with a tiny model, a proxy before it that fails at will, and a remote engine."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.engine.engine_frames import Finished, Generate, Piece
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.core.protocol import Event
from app.core.remote.servers import Server
from app.engines.base import StopFlag
from app.engines.remote.client import Access
from app.engines.remote.engine import RemoteEngine
from app.engines.remote.reply import Patience
from tests.remote.faults import FaultProxy

ROOT = Path(__file__).parents[2]
QUICK = Patience((0.01, 0.02, 0.03))


class ModelServer:
    """llama-cpp-python's server in a process of its own."""

    def __init__(self, model: Path, *options: str) -> None:
        command = [sys.executable, "-m", "tests.remote.serve", "--model", str(model), *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=ROOT, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.address = f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="session")
def model_server(tiny_gguf: Path) -> Iterator[ModelServer]:
    server = ModelServer(tiny_gguf)
    yield server
    server.close()


@pytest.fixture
def leavable_server(tiny_gguf: Path) -> Iterator[ModelServer]:
    """One of its own for a test that leaves in the middle of a reply: this server answers nobody after that."""
    server = ModelServer(tiny_gguf, "--every-piece")
    yield server
    server.close()


@pytest.fixture
def proxy(model_server: ModelServer) -> Iterator[FaultProxy]:
    made = FaultProxy(model_server.address)
    yield made
    made.close()


class Talker:
    """A remote engine, asked with as little ceremony as possible."""

    def __init__(self) -> None:
        self.engine = RemoteEngine(QUICK)
        self.stop = StopFlag()
        self.events: list[Event] = []
        self.hosts: list[str] = []
        self.at = threading.Event()

    def connect(self, address: str, model: str = "tiny", key: str = "", timeout: float = 20, **options):
        server = Server(
            name="Far",
            base_url=address,
            timeout_seconds=timeout,
            ca_file=options.pop("ca_file", ""),
            typed_models=options.pop("typed_models", ()),
        )
        access = Access(server, key, options.pop("environment", {}), self.hosts.append)
        return self.engine.connect(access, model, self.stop)

    def say(self, text: str = "hello", **sampling) -> Finished:
        asked = Sampling(**{"temperature": 0, "max_tokens": 24, **sampling})
        self.generate(Generate(id=7, messages=(Message(Role.USER, text),), sampling=asked))
        (finished,) = [event for event in self.events if isinstance(event, Finished)]
        assert finished is self.events[-1]
        return finished

    def generate(self, command: Generate) -> None:
        def emit(event: Event) -> None:
            self.events.append(event)
            if isinstance(event, Piece):
                self.at.set()

        self.events.clear()
        self.engine.generate(command, emit, self.stop)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Piece))

    @property
    def reasoning(self) -> str:
        return "".join(event.reasoning for event in self.events if isinstance(event, Piece))


@pytest.fixture
def talker() -> Iterator[Talker]:
    yield Talker()
    for thread in threading.enumerate():
        if thread.name == "server":
            thread.join(10)
