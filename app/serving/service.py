"""Answers requests: which path is what, and a reply from the desk in the words of the API. On the event loop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.core.engine.engine_frames import Finished, Piece, PromptProgress
from app.core.engine.sampling import Sampling
from app.serving.answers import DONE_EVENT, Answer, comment, encode, event, listed
from app.serving.connection import Connection, Head
from app.serving.desk import Desk, Ticket
from app.serving.errors import ApiError, Headers, refusal_of
from app.serving.guard import Guard
from app.serving.parsing import ChatRequest, parse_chat

_HEALTH = "/health"
_MODELS = "/v1/models"
_CHAT = "/v1/chat/completions"
_READ, _WRITE = ("GET", "HEAD"), ("POST",)
_EVENTS: Headers = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"))
_PREFLIGHT_SECONDS = "600"


@dataclass(frozen=True)
class Manners:
    """How requests are answered: under which name the model goes, since when (Unix seconds), and what is usual."""

    model: str
    created: int
    usual: Sampling
    template: str = ""


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
        self._guard.admit(head, open_to_all=path == _HEALTH or head.method == "OPTIONS")
        methods = _methods(path)
        if not methods:
            raise ApiError(404, f"There is nothing at {path}.", code="not_found")
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
            refusal = refusal_of(error)
            if not reply.has_begun:
                raise refusal from None
            self._on_refusal(_path(head), refusal)
            await reply.part(event(refusal.body))
            await reply.end()

    async def _answer(self, head: Head, body: bytes, reply: Connection) -> None:
        path = _path(head)
        if head.method == "OPTIONS":
            await reply.send(200, b"", _preflight(_methods(path)))
        elif path == _CHAT:
            await self._chat(body, reply)
        elif path == _HEALTH:
            await reply.send(200, encode({"status": "ok"}))
        elif path == _MODELS:
            await reply.send(200, encode({"object": "list", "data": [self._listed()]}))
        else:
            self._require_model(unquote(path.removeprefix(f"{_MODELS}/")))
            await reply.send(200, encode(self._listed()))

    async def _chat(self, body: bytes, reply: Connection) -> None:
        request = parse_chat(body, self._manners.usual, self._manners.template)
        if request.model is not None:
            self._require_model(request.model)
        answer = Answer(f"chatcmpl-{secrets.token_hex(12)}", self._manners.model, int(time.time()))
        with self._desk.ticket(request.command) as ticket:
            await (_stream(request, ticket, answer, reply) if request.stream else _whole(ticket, answer, reply))

    def _listed(self) -> dict[str, object]:
        assert self._desk.model is not None
        return listed(self._manners.model, self._manners.created, self._desk.model)

    def _require_model(self, name: str) -> None:
        if name != self._manners.model:
            message = f"There is no model “{name}” here, but “{self._manners.model}”."
            raise ApiError(404, message, code="model_not_found", param="model")


async def _whole(ticket: Ticket, answer: Answer, reply: Connection) -> None:
    """The reply in one piece, once it is whole."""
    said: list[Piece] = []
    while not isinstance(came := await ticket.next(), Finished):
        if isinstance(came, Piece):
            said.append(came)
    text, reasoning = "".join(piece.text for piece in said), "".join(piece.reasoning for piece in said)
    await reply.send(200, answer.whole(text, reasoning, came.reason, came.usage))


async def _stream(request: ChatRequest, ticket: Ticket, answer: Answer, reply: Connection) -> None:
    """The reply as it is written; what is wrong with a request is known before its first event."""
    came = await ticket.next()
    await reply.begin(200, _EVENTS)
    await reply.part(answer.begun())
    while not isinstance(came, Finished):
        if isinstance(came, PromptProgress):
            await reply.part(comment(f"reading: {came.done} of {came.total} tokens"))
        elif came.text or came.reasoning:
            await reply.part(answer.piece(came.text, came.reasoning))
        came = await ticket.next()
    await reply.part(answer.ended(came.reason))
    if request.include_usage:
        await reply.part(answer.used(came.usage))
    await reply.part(DONE_EVENT)
    await reply.end()


def _path(head: Head) -> str:
    try:
        return urlsplit(head.target).path
    except ValueError:
        return ""


def _methods(path: str) -> tuple[str, ...]:
    """What may be done at a path; nothing where there is none."""
    if path == _CHAT:
        return _WRITE
    return _READ if path in (_HEALTH, _MODELS) or path.startswith(f"{_MODELS}/") else ()


def _preflight(methods: tuple[str, ...]) -> Headers:
    return (
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
        ("Access-Control-Max-Age", _PREFLIGHT_SECONDS),
    )
