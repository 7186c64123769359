"""A proxy on loopback that forwards to a real server, and fails as it is told."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Plan:
    """What becomes of the next chat requests; `first` are answers given in place of the real one, in order.

    Each is a status, a body, and headers. `listing` is the status that takes the place of the list of
    models. A real answer is `cut` or `stalled` after so many events, or gets `garbage` after them, or begins only when
    `begin` is set.
    """

    first: list[tuple[int, object, dict[str, str]]] = field(default_factory=list)
    cut: int | None = None
    end: int | None = None
    stall: int | None = None
    garbage: int | None = None
    begin: threading.Event | None = None
    listing: int | None = None


class FaultProxy:
    """Listens at `address`, with TLS if told so; `seen` holds the bodies of the chat requests, `headers` theirs."""

    def __init__(self, target: str, tls: ssl.SSLContext | None = None) -> None:
        self.plan = Plan()
        self.seen: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.left = threading.Event()
        self.closing = threading.Event()
        proxy, host = self, target.removeprefix("http://").removesuffix("/v1")

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                if tls is not None:
                    self.request.do_handshake()
                super().setup()

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                proxy.headers.append(dict(self.headers))
                if proxy.plan.listing is not None:
                    proxy.answer(self, proxy.plan.listing, {"error": "no list"}, {})
                else:
                    proxy.forward(self, host, None)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                proxy.seen.append(json.loads(body))
                proxy.headers.append(dict(self.headers))
                if proxy.plan.first:
                    proxy.answer(self, *proxy.plan.first.pop(0))
                else:
                    proxy.forward(self, host, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self.closing.set()
        if self.plan.begin is not None:
            self.plan.begin.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @staticmethod
    def answer(handler: BaseHTTPRequestHandler, status: int, body: object, headers: dict[str, str]) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def forward(self, handler: BaseHTTPRequestHandler, host: str, body: bytes | None) -> None:
        connection = HTTPConnection(host, timeout=30)
        headers = {"Content-Type": "application/json"} if body else {}
        if "Authorization" in handler.headers:
            headers["Authorization"] = handler.headers["Authorization"]
        try:
            connection.request(handler.command, handler.path, body, headers)
            response = connection.getresponse()
            if self.plan.begin is not None and body is not None:
                self.plan.begin.wait(20)
            try:
                self._pass_on(handler, response, streamed=body is not None)
            finally:
                response.read()  # the real server answers nobody any more once a reader has left it
        except OSError:
            self.left.set()
        finally:
            connection.close()

    def _pass_on(self, handler, response, *, streamed: bool) -> None:
        plan, chunked = self.plan, streamed and response.status == 200
        handler.protocol_version = "HTTP/1.1" if chunked else "HTTP/1.0"
        handler.send_response(response.status)
        handler.send_header("Content-Type", response.headers["Content-Type"])
        handler.send_header("Connection", "close")
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.close_connection = True
        if not chunked:
            handler.wfile.write(response.read())
            return
        events = 0
        while line := response.readline():
            events += line.startswith(b"data:")
            if plan.cut is not None and events > plan.cut:
                return
            if plan.end is not None and events > plan.end:
                break
            if plan.stall is not None and events > plan.stall:
                self.closing.wait(20)
                return
            if plan.garbage is not None and events > plan.garbage:
                line = b'data: {"choices": [{"del\xff\n'
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")
