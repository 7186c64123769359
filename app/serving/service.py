"""Answers requests: which path is what, and a reply from the desk in the words of the API. On the event loop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.core.engine.sampling import Sampling
from app.serving.answers import Answer, encode, listed
from app.serving.connection import Connection, Head
from app.serving.desk import Desk
from app.serving.errors import ApiError, Headers, refusal_of
from app.serving.guard import Guard
from app.serving.parsing import parse_chat
from app.serving.telling import Telling

_API = "/v1"
_HEALTH = "/health"
_MODELS = "/models"
_CHAT = "/chat/completions"
_READ, _WRITE = ("GET", "HEAD"), ("POST",)
_PREFLIGHT_SECONDS = "600"


@dataclass(frozen=True)
class Manners:
    """How requests are answered: under which name the model goes, since when (Unix seconds), and what is usual.

    Who waits is given a sign of life after so many seconds of `silence`, before programs and proxies give up.
    """

    model: str
    created: int
    usual: Sampling
    template: str = ""
    silence: float = 10.0


class Service:
    """Implements `Handler`. `on_refusal` is told the path, if one was asked for, of what was not answered."""

    def __init__(self, desk: Desk, guard: Guard, manners: Manners, on_refusal: Callable[[str, ApiError], None]) -> None:
        self._desk = desk
        self._guard = guard
        self._manners = manners
        self._on_refusal = on_refusal

    def headers(self, head: Head) -> Headers:
        """See `Handler`."""
        return self._guard.headers(head)

    def refused(self, head: Head | None, refusal: ApiError) -> None:
        """See `Handler`."""
        self._on_refusal(_path(head) if head is not None else "", refusal)

    def admit(self, head: Head) -> None:
        """See `Handler`."""
        path = _path(head)
        self._guard.admit(head, open_to_all=_wanted(head) == _HEALTH or head.method == "OPTIONS")
        methods = _methods(_wanted(head))
        if not methods:
            message = f"There is nothing at {path}: chats are answered at {_API}{_CHAT}."
            raise ApiError(404, message, code="not_found")
        if head.method not in (*methods, "OPTIONS"):
            allow = (("Allow", ", ".join(methods)),)
            raise ApiError(405, f"{path} does not take {head.method}.", code="method_not_allowed", headers=allow)

    async def answer(self, head: Head, body: bytes, reply: Connection) -> None:
        """See `Handler`."""
        try:
            await self._answer(head, body, reply)
        except OSError:
            raise
        except Exception as error:
            raise refusal_of(error) from None

    async def _answer(self, head: Head, body: bytes, reply: Connection) -> None:
        wanted = _wanted(head)
        if head.method == "OPTIONS":
            await reply.send(200, b"", _preflight(head, _methods(wanted)))
        elif wanted == _CHAT:
            await self._chat(body, reply)
        elif wanted == _HEALTH:
            await reply.send(200, encode({"status": "ok"}))
        elif wanted == _MODELS:
            await reply.send(200, encode({"object": "list", "data": [self._listed()]}))
        else:
            self._require_model(unquote(wanted.removeprefix(f"{_MODELS}/")))
            await reply.send(200, encode(self._listed()))

    async def _chat(self, body: bytes, reply: Connection) -> None:
        request = parse_chat(body, self._manners.usual, self._manners.template)
        if request.model is not None:
            self._require_model(request.model)
        answer = Answer(f"chatcmpl-{secrets.token_hex(12)}", self._manners.model, int(time.time()))
        with self._desk.ticket(request.command) as ticket:
            telling = Telling(ticket, answer, reply, self._manners.silence)
            await (telling.stream(include_usage=request.include_usage) if request.stream else telling.whole())

    def _listed(self) -> dict[str, object]:
        assert self._desk.model is not None
        return listed(self._manners.model, self._manners.created, self._desk.model)

    def _require_model(self, name: str) -> None:
        if name != self._manners.model:
            message = f"There is no model “{name}” here, but “{self._manners.model}”."
            raise ApiError(404, message, code="model_not_found", param="model")


def _path(head: Head) -> str:
    try:
        return urlsplit(head.target).path
    except ValueError:
        return ""


def _wanted(head: Head) -> str:
    """What of the API a path means, also where its beginning was forgotten in the settings of a program."""
    return _path(head).removeprefix(_API).rstrip("/")


def _methods(wanted: str) -> tuple[str, ...]:
    """What may be done with it; nothing where there is no such thing."""
    if wanted == _CHAT:
        return _WRITE
    return _READ if wanted in (_HEALTH, _MODELS) or wanted.startswith(f"{_MODELS}/") else ()


def _preflight(head: Head, methods: tuple[str, ...]) -> Headers:
    """What a web page that may ask may send: also the headers that a client library adds of its own."""
    asked = head.headers.get("access-control-request-headers", "Authorization, Content-Type")
    return (
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", _PREFLIGHT_SECONDS),
    )
