"""A feed of versions on loopback, signed by a key that was made for the test."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import minisign
import msgspec
import pytest

from app.core.program.updates import Installation, Package, Release, UpdateSource

HERE = Installation("linux", "x86_64", ".deb")
PACKAGE = b"an installer" * 300_000


@dataclass
class Feed:
    """What the server has by its path, and what it was asked; `key` signs."""

    url: str
    key: Any = field(default_factory=minisign.KeyPair.generate)
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: int | None = None
    """After so many bytes of a body the connection ends."""

    @property
    def source(self) -> UpdateSource:
        return UpdateSource(f"{self.url}/feed.json", self.key.public_key.to_base64().decode())

    def release(self, version: str, **changes: Any) -> Release:
        package = Package(
            system=HERE.system,
            architecture=HERE.architecture,
            name=f"parley_{version}_amd64.deb",
            url=f"{self.url}/package",
            bytes=len(PACKAGE),
            sha256=hashlib.sha256(PACKAGE).hexdigest(),
        )
        other = msgspec.structs.replace(package, system="windows", name=f"Parley-{version}-setup.exe")
        package = msgspec.structs.replace(package, **changes)
        return Release(version=version, date="2026-11-20", changes="### Added\n\n- A thing.", packages=(other, package))

    def offer(self, version: str, **changes: Any) -> Release:
        """Sign and publish a version, and its package."""
        release = self.release(version, **changes)
        self.publish(msgspec.json.encode(release))
        self.files["/package"] = PACKAGE
        return release

    def publish(self, content: bytes) -> None:
        self.files["/feed.json"] = content
        self.files["/feed.json.minisig"] = bytes(self.key.secret_key.sign(content)) + b"\n"


@pytest.fixture
def feed() -> Iterator[Feed]:
    with served() as feed:
        yield feed


@contextmanager
def served() -> Iterator[Feed]:
    """A feed that nothing was put into yet."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            if (to := made.moved.get(self.path)) is not None:
                self.send_response(302)
                self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = made.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write((content or b"")[: made.cut])
            self.close_connection = made.cut is not None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Feed(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(10)
