"""The OpenAI client as Parley uses it: the key goes to one host, nothing is followed, sent twice or told besides.

In the engine child and the servers' child; the thread of a `Line` makes the calls.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx2
import truststore
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from app import __version__
from app.core.program.network import is_offline
from app.core.remote.server_errors import CertificatesUnreadable, ServerForbiddenOffline, ServerUnreachable
from app.core.remote.servers import Server
from app.engines.remote.line import Wiring

CONNECT_SECONDS = 10.0
MAX_LISTED = 1000
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_KEPT_HEADERS = frozenset({"host", "accept", "accept-encoding", "connection", "content-type", "content-length"})


@dataclass(frozen=True)
class Access:
    """A server and what is needed to talk with it; its text never shows the key.

    `note` is told the host of every request.
    """

    server: Server
    key: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    note: Callable[[str], None] = lambda _: None

    def __repr__(self) -> str:
        return f"Access({self.server.name!r}, key={'set' if self.key else 'none'})"


class ServerClient:
    """Talks with one server. What the calls raise is for `app.engines.remote.failures`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._context: ssl.SSLContext | None = None

    def models(self, wiring: Wiring) -> Iterator[dict[str, object]]:
        """Every model that the server lists, with all it says of each."""
        with self._opened(wiring) as client:
            for count, model in enumerate(client.models.list()):
                if count == MAX_LISTED:
                    return
                yield model.model_dump()

    def stream(self, wiring: Wiring, body: dict[str, object]) -> Iterator[ChatCompletionChunk]:
        """A reply as it is written; `body` is the whole request but for its being streamed."""
        with self._opened(wiring) as client:
            answer: Stream[ChatCompletionChunk] = client.post(
                "/chat/completions",
                cast_to=ChatCompletionChunk,
                body={**body, "stream": True},
                stream=True,
                stream_cls=Stream[ChatCompletionChunk],
            )
            with answer:
                yield from answer

    def _opened(self, wiring: Wiring) -> OpenAI:
        access, server = self._access, self._access.server
        if is_offline(access.environment) and not server.is_loopback:
            raise ServerForbiddenOffline(server=server.name)

        def prepare(request: httpx2.Request) -> None:
            access.note(request.url.host)
            self._address(request)
            request.extensions["trace"] = wiring.watch

        seconds = server.timeout_seconds
        timeout = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        try:
            http = httpx2.Client(
                event_hooks={"request": [prepare]},
                follow_redirects=False,
                mounts=dict.fromkeys(_LOOPBACK),
                timeout=timeout,
                verify=self._tls(),
            )
        except (ValueError, ImportError) as error:
            reason = "the system's proxy cannot be used"
            raise ServerUnreachable(str(error), server=server.name, host=server.host, reason=reason) from None
        return OpenAI(api_key="-", base_url=server.base_url, http_client=http, max_retries=0, timeout=timeout)

    def _address(self, request: httpx2.Request) -> None:
        """Send what the server needs, not what the client would tell it of this machine and its environment."""
        for name in [name for name in request.headers if name.lower() not in _KEPT_HEADERS]:
            del request.headers[name]
        request.headers["User-Agent"] = f"parley/{__version__}"
        if self._access.key:
            request.headers["Authorization"] = f"Bearer {self._access.key}"

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            for file in filter(None, (self._access.environment.get("SSL_CERT_FILE"), self._access.server.ca_file)):
                try:
                    context.load_verify_locations(file)
                except (OSError, ssl.SSLError) as error:
                    raise CertificatesUnreadable(str(error), file=file) from None
            self._context = context
        return self._context
