"""How a client learns of its reply: whole or as it is written, with signs of life while it waits. On the event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.core.engine.engine_frames import Finished, Piece, PromptProgress
from app.serving.answers import DONE_EVENT, Answer, comment, event
from app.serving.connection import Connection
from app.serving.desk import ReplyEvent, Ticket
from app.serving.errors import Headers, refusal_of

_JSON: Headers = (("Content-Type", "application/json"),)
_EVENTS: Headers = (
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache"),
    ("X-Accel-Buffering", "no"),  # nginx would gather the pieces of a stream
)


@dataclass(frozen=True)
class Telling:
    """How a client learns of its reply."""

    ticket: Ticket
    answer: Answer
    reply: Connection
    silence: float

    async def whole(self) -> None:
        """The reply in one piece, once it is whole.

        While it is long in coming, spaces go before it, which JSON does not mind; but not before its turn has come,
        since a request that cannot be answered is to be refused as HTTP does it.
        """
        clock = asyncio.get_running_loop().time
        said: list[Piece] = []
        is_its_turn, quiet_until = False, clock() + self.silence
        while not isinstance(came := await self.ticket.next(max(quiet_until - clock(), 0.0)), Finished):
            is_its_turn = is_its_turn or came is not None
            if isinstance(came, Piece):
                said.append(came)
            if clock() >= quiet_until:
                quiet_until = clock() + self.silence
                if is_its_turn:
                    await self._space()
        text, reasoning = "".join(piece.text for piece in said), "".join(piece.reasoning for piece in said)
        body = self.answer.whole(text, reasoning, came.reason, came.usage)
        if self.reply.has_begun:
            await self.reply.part(body)
            await self.reply.end()
        else:
            await self.reply.send(200, body)

    async def _space(self) -> None:
        if not self.reply.has_begun:
            await self.reply.begin(200, _JSON)
        await self.reply.part(b" ")

    async def stream(self, *, include_usage: bool) -> None:
        """The reply as it is written; unless that takes long, what is wrong with a request is known before it begins.

        Raises:
            Exception: it has failed; where it had begun, its last event says so.
        """
        came = await self.ticket.next(self.silence)
        await self.reply.begin(200, _EVENTS)
        try:
            await self._events(came, include_usage=include_usage)
        except OSError:
            raise
        except Exception as error:
            await self.reply.part(event(refusal_of(error).body))
            await self.reply.end()
            raise

    async def _events(self, came: ReplyEvent | None, *, include_usage: bool) -> None:
        await self.reply.part(self.answer.begun())
        while not isinstance(came, Finished):
            if came is None:
                await self.reply.part(comment("waiting"))
            elif isinstance(came, PromptProgress):
                await self.reply.part(comment(f"reading: {came.done} of {came.total} tokens"))
            elif came.text or came.reasoning:
                await self.reply.part(self.answer.piece(came.text, came.reasoning))
            came = await self.ticket.next(self.silence)
        await self.reply.part(self.answer.ended(came.reason))
        if include_usage:
            await self.reply.part(self.answer.used(came.usage))
        await self.reply.part(DONE_EVENT)
        await self.reply.end()
