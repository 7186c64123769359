"""One reply from a server, from the request to its last event; runs in the engine child's main thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from openai.types.chat import ChatCompletionChunk

from app.core.engine.engine_frames import Finished, Generate, Piece
from app.core.engine.messages import FinishReason, Timings, Usage
from app.core.errors import ParleyError
from app.core.remote.server_errors import ReplyCutOff, ServerBusy, ServerFailed, ServerGarbled, ServerUnreachable
from app.engines.base import Emit, StopFlag
from app.engines.reasoning import ReasoningSplitter
from app.engines.remote.client import Access, ServerClient
from app.engines.remote.failures import failure_of, refused_parameter, retry_after
from app.engines.remote.halves import Halves
from app.engines.remote.line import Ended, Line
from app.engines.remote.request import removable, request_of

LOOK_SECONDS = 0.03
"""As often as the stop flag is looked at and the window is sent what came."""

LONGEST_WAIT_SECONDS = 30.0
MOST_REFUSALS = 8
_RETRYABLE = (ServerBusy, ServerFailed, ServerUnreachable)
_REASONS = {"length": FinishReason.LENGTH}


@dataclass(frozen=True)
class Patience:
    """Seconds to wait before each further try, where the server does not say how long."""

    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)


class _Stopped(Exception):
    """The user stopped the reply."""


@dataclass
class RemoteReply:
    """A reply being received."""

    command: Generate
    model: str
    access: Access
    client: ServerClient
    emit: Emit
    stop: StopFlag
    patience: Patience = field(default_factory=Patience)
    _splitter: ReasoningSplitter = field(default_factory=ReasoningSplitter)
    _said: Halves = field(default_factory=Halves)
    _thought: Halves = field(default_factory=Halves)
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _held_tokens: int = 0
    _tokens: int = 0
    _sent_at: float = 0.0
    _left_out: tuple[str, ...] = ()
    _usage: Usage | None = None
    _reason: FinishReason | None = None
    _began: float = field(default_factory=perf_counter)
    _first: float = 0.0
    _answered: float = 0.0
    _ended: float = 0.0

    def run(self) -> Finished:
        """Receive it; emits `Piece`.

        Raises:
            ParleyError: it failed; the pieces that came were emitted.
        """
        try:
            self._receive_patiently()
            reason = self._reason or FinishReason.STOP
        except _Stopped:
            reason = FinishReason.CANCELLED
        finally:
            self._ended = perf_counter()
            self._send_rest()
        usage = self._usage or Usage(0, 0, self._tokens)
        return Finished(
            id=self.command.id,
            reason=reason,
            usage=usage,
            timings=self._timings(usage),
            seed=self.command.sampling.seed or 0,
            template="",
            left_out=self._left_out,
        )

    def _receive_patiently(self) -> None:
        """Try again until the first token, with fewer parameters or after a while."""
        pauses, refusals = list(self.patience.pauses), 0
        while True:
            body = request_of(self.command, self.model, self._left_out)
            error = self._receive(body)
            if error is None:
                return
            named = refused_parameter(error)
            unwanted = removable(body, named) if named is not None and not self._first else ()
            if unwanted and refusals < MOST_REFUSALS:
                refusals += 1
                self._left_out += unwanted
                continue
            failure = failure_of(error, self.access, self.model)
            if self._first:
                raise self._cut_off(failure)
            pause = retry_after(error)
            if not isinstance(failure, _RETRYABLE) or not pauses or (pause or 0.0) > LONGEST_WAIT_SECONDS:
                raise failure
            planned = pauses.pop(0)
            if self.stop.wait(planned if pause is None else pause):
                raise _Stopped

    def _receive(self, body: dict[str, object]) -> BaseException | None:
        """One try: the error that ended it, or None."""
        line = Line(lambda wiring: self.client.stream(wiring, body))
        try:
            while True:
                came = line.next(LOOK_SECONDS)
                if self.stop.is_set:
                    raise _Stopped
                if isinstance(came, Ended):
                    return self._judge(came.error)
                if came is not None:
                    self._take(came)
                self._send_what_is_due()
        finally:
            line.cut()

    def _judge(self, error: BaseException | None) -> BaseException | None:
        """Whether the reply was whole when its stream ended."""
        if self._reason is not None:
            return None
        if error is None:
            name = self.access.server.name
            return ReplyCutOff(server=name) if self._answered else ServerGarbled(server=name)
        return error

    def _cut_off(self, failure: ParleyError) -> ParleyError:
        """In the middle of a reply, a broken connection and garbage are the same to the user."""
        if isinstance(failure, ServerUnreachable | ServerGarbled):
            return ReplyCutOff(failure.detail or str(failure), server=self.access.server.name)
        return failure

    def _take(self, chunk: ChatCompletionChunk) -> None:
        self._answered = self._answered or perf_counter()
        self._usage = _usage_of(chunk) or self._usage
        for choice in _listed(getattr(chunk, "choices", None))[:1]:
            delta = getattr(choice, "delta", None)
            thought = self._thought.feed(_text_of(delta, "reasoning_content") or _text_of(delta, "reasoning"))
            said = self._said.feed(_text_of(delta, "content"))
            if thought or said:
                self._first = self._first or perf_counter()
                self._tokens += 1
                self._held_tokens += 1
            if said:
                tagged, said = self._splitter.feed(said)
                thought += tagged
            self._reasoning.append(thought)
            self._text.append(said)
            ended = getattr(choice, "finish_reason", None)
            if isinstance(ended, str):
                self._reason = _REASONS.get(ended, FinishReason.STOP)

    def _send_what_is_due(self) -> None:
        now = perf_counter()
        if self._held_tokens and now - self._sent_at >= LOOK_SECONDS:
            self._sent_at = now
            self._send()

    def _send_rest(self) -> None:
        tagged, said = self._splitter.feed(self._said.finish())
        thought, rest = self._splitter.finish()
        self._reasoning += (self._thought.finish(), tagged, thought)
        self._text += (said, rest)
        self._send()

    def _send(self) -> None:
        text, reasoning = "".join(self._text), "".join(self._reasoning)
        if text or reasoning or self._held_tokens:
            self.emit(Piece(id=self.command.id, text=text, reasoning=reasoning, tokens=self._held_tokens))
        self._text.clear()
        self._reasoning.clear()
        self._held_tokens = 0

    def _timings(self, usage: Usage) -> Timings:
        """Seconds as seen from here, the way to the server included."""
        waited = self._first - self._began if self._first else 0.0
        wrote = self._ended - self._first if self._first else 0.0
        read = usage.prompt_tokens - usage.reused_tokens
        return Timings(
            prompt_seconds=waited,
            first_token_seconds=waited,
            decode_seconds=wrote,
            prompt_rate=read / waited if waited else 0.0,
            decode_rate=max(usage.completion_tokens - 1, 0) / wrote if wrote else 0.0,
        )


def _usage_of(chunk: ChatCompletionChunk) -> Usage | None:
    """The tokens that a chunk tells of; nothing of it is certain to be there or of the right type."""
    usage = getattr(chunk, "usage", None)
    prompt, completion = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    reused = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
    return Usage(prompt, reused if isinstance(reused, int) else 0, completion)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text_of(delta: object, name: str) -> str:
    value = getattr(delta, name, None)
    return value if isinstance(value, str) else ""
