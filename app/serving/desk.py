"""Keeps an engine child and those who wait for it: one request is answered at a time, in the order they came.

Runs on the event loop alone; the child's reader thread only hands over what it read.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path

import msgspec

from app.children.child import Child
from app.children.outcome import Outcome
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import (
    Digest,
    Finished,
    Generate,
    LoadProgress,
    ModelInfo,
    Piece,
    PromptProgress,
    load_command,
)
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.protocol import Cancel, ChildRole, Event, Failed
from app.serving.errors import ModelUnavailable, too_busy

ReplyEvent = PromptProgress | Piece | Finished

PATIENCE_SECONDS = 5.0
"""So long may an engine take to stop before it is ended."""
_LONGEST_RETRY_SECONDS = 60


class _State(Enum):
    DOWN = auto()
    LOADING = auto()
    READY = auto()
    ANSWERING = auto()
    STOPPING = auto()


class Ticket:
    """A request's place in the row, and later its reply."""

    def __init__(self, command: Generate) -> None:
        self.command = command
        self._coming: asyncio.Queue[ReplyEvent | Exception] = asyncio.Queue()

    def put(self, event: ReplyEvent | Exception) -> None:
        """Hand over what came; an error ends the reply."""
        self._coming.put_nowait(event)

    async def next(self, patience: float) -> ReplyEvent | None:
        """What comes next, None if nothing does for so many seconds; `Finished` is the last.

        Raises:
            ParleyError: the reply failed, or the engine was lost.
            ModelUnavailable: the model could not be loaded.
        """
        try:
            async with asyncio.timeout(patience):
                event = await self._coming.get()
        except TimeoutError:
            return None
        if isinstance(event, Exception):
            raise event
        return event


class Desk:
    """One model; an engine that was lost is started anew for the next request."""

    def __init__(
        self,
        file: ModelFile,
        log: Path,
        *,
        most_waiting: int,
        on_loading: Callable[[float], None],
        on_digest: Callable[[Digest], None],
        on_reply: Callable[[ModelInfo, Finished], None],
    ) -> None:
        """`log` is for the child's native output; at most `most_waiting` wait besides the one that is answered."""
        self._file = file
        self._log = log
        self._most_waiting = most_waiting
        self._on_loading = on_loading
        self._on_digest = on_digest
        self._on_reply = on_reply
        self._loop = asyncio.get_running_loop()
        self._state = _State.DOWN
        self._child: Child | None = None
        self._opening: asyncio.Future[ModelInfo] | None = None
        self._current: Ticket | None = None
        self._waiting: deque[Ticket] = deque()
        self._last_id = 0
        self._last_began = 0.0
        self._last_seconds = 0.0
        self._impatience: asyncio.TimerHandle | None = None
        self.model: ModelInfo | None = None

    async def open(self) -> ModelInfo:
        """Load the model.

        Raises:
            ParleyError: it cannot be loaded, or the child was lost.
        """
        self._opening = self._loop.create_future()
        self._start()
        return await self._opening

    @contextmanager
    def ticket(self, command: Generate) -> Iterator[Ticket]:
        """A place in the row; whoever leaves it is not answered, and a reply that has begun is stopped.

        Raises:
            ApiError: too many wait already.
        """
        if self._current is not None and len(self._waiting) >= self._most_waiting:
            raise too_busy(max(1, min(math.ceil(self._last_seconds), _LONGEST_RETRY_SECONDS)))
        self._last_id += 1
        ticket = Ticket(msgspec.structs.replace(command, id=self._last_id))
        self._waiting.append(ticket)
        self._advance()
        try:
            yield ticket
        finally:
            self._withdraw(ticket)

    async def close(self) -> None:
        """End the child; nothing is answered any more."""
        child, self._child, self._state = self._child, None, _State.DOWN
        if self._impatience is not None:
            self._impatience.cancel()
        if child is not None:
            await asyncio.to_thread(child.shutdown)

    def _start(self) -> None:
        def deliver(item: Event | Outcome) -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self._loop.call_soon_threadsafe(self._take, child, item)

        child = self._child = Child(ChildRole.ENGINE, deliver, deliver, log=self._log)
        self._state = _State.LOADING
        child.start()
        child.send(load_command(self._file))

    def _advance(self) -> None:
        """Let the next one have its turn, if there is an engine to answer."""
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
        if self._current is None:
            return
        if self._state is _State.DOWN:
            self._start()
        elif self._state is _State.READY:
            assert self._child is not None
            self._last_began = self._loop.time()
            self._child.send(self._current.command)
            self._state = _State.ANSWERING

    def _withdraw(self, ticket: Ticket) -> None:
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        elif ticket is self._current and self._state is _State.ANSWERING:
            assert self._child is not None
            self._child.send(Cancel())
            self._state = _State.STOPPING
            self._impatience = self._loop.call_later(PATIENCE_SECONDS, self._child.kill)
        elif ticket is self._current and self._state is not _State.STOPPING:
            self._current = None
            self._advance()

    def _take(self, child: Child, item: Event | Outcome) -> None:
        """What the child says; one that was given up says nothing any more."""
        if child is not self._child:
            return
        match item:
            case LoadProgress():
                self._on_loading(item.fraction)
            case ModelInfo():
                self._loaded(item)
            case Digest():
                self._on_digest(item)
            case PromptProgress() | Piece():
                self._tell(item)
            case Finished():
                self._rest(item)
                assert self.model is not None
                self._on_reply(self.model, item)
            case Failed() if self._state is _State.LOADING:
                self._child = None
                child.close()
                self._down(item.failure.error())
            case Failed():
                self._rest(item.failure.error())
            case Outcome():
                self._child = None
                self._down(EngineLost(reason=item.sentence))

    def _loaded(self, info: ModelInfo) -> None:
        self.model = info
        self._state = _State.READY
        if self._opening is not None and not self._opening.done():
            self._opening.set_result(info)
        self._advance()

    def _tell(self, event: ReplyEvent | Exception) -> None:
        if self._current is not None:
            self._current.put(event)

    def _rest(self, end: Finished | ParleyError) -> None:
        """A reply came to its end; the engine is free."""
        self._tell(end)
        self._last_seconds = self._loop.time() - self._last_began
        self._leave(_State.READY)

    def _down(self, error: ParleyError) -> None:
        """There is no engine any more."""
        if self._opening is not None and not self._opening.done():
            self._opening.set_exception(error)
        self._tell(ModelUnavailable(error) if self._state is _State.LOADING else error)
        self._leave(_State.DOWN)

    def _leave(self, state: _State) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        self._current, self._state = None, state
        self._advance()
