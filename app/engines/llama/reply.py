"""One reply from its tokens' choice to its events; runs in the engine child's main thread.

The loop is the hot path: per token it asks the sampler, adds the text, looks at the flag, and
evaluates; everything else happens once in `PIECE_SECONDS` at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from app.core.engine.engine_frames import Piece, PromptProgress
from app.core.engine.messages import FinishReason, Timings, Usage
from app.engines.base import Emit, StopFlag
from app.engines.llama.context import LiveContext
from app.engines.llama.sampler import Sampler
from app.engines.llama.text import TextStream
from app.engines.llama.vocabulary import Vocabulary
from app.engines.reasoning import ReasoningSplitter

# Often enough to flow; more would only take the cores from the model. Nobody reads along with hundreds of tokens a
# second: there a reply that is done sooner is worth more than one that flows, so pieces come the less often the faster
# the model is.
PIECE_SECONDS = 0.05
LONGEST_PIECE_SECONDS = 0.2
_PIECE_PER_RATE = 0.0005


@dataclass
class PieceWriter:
    """Sends a reply's text: the first words at once, then in pieces, `PIECE_SECONDS` of writing each at least."""

    id: int
    emit: Emit
    splitter: ReasoningSplitter
    reasoning_seconds: float = 0.0
    _sent: list[str] = field(default_factory=list)
    _held: list[str] = field(default_factory=list)
    _tokens: int = 0
    _sent_at: float = 0.0
    _interval: float = PIECE_SECONDS
    _began_at: float = field(default_factory=perf_counter)

    @property
    def text(self) -> str:
        """All that was sent, with its tags, as the model wrote it."""
        return "".join(self._sent)

    def add(self, text: str) -> None:
        """Take the text of one more token."""
        self._tokens += 1
        if text:
            self._held.append(text)
        now = perf_counter()
        if now - self._sent_at >= self._interval:
            self._send(now)

    def finish(self, text: str) -> None:
        """Take the last text, of no token, and send all that is left."""
        if text:
            self._held.append(text)
        self._send(perf_counter())
        reasoning, answer = self.splitter.finish()
        if reasoning or answer:
            self.emit(Piece(id=self.id, text=answer, reasoning=reasoning))

    def _send(self, now: float) -> None:
        if not self._held and not self._tokens:
            return
        whole = "".join(self._held)
        self._sent.append(whole)
        reasoning, answer = self.splitter.feed(whole)
        if reasoning:
            self.reasoning_seconds = now - self._began_at
        self.emit(Piece(id=self.id, text=answer, reasoning=reasoning, tokens=self._tokens))
        rate = self._tokens / max(now - self._sent_at, PIECE_SECONDS)
        self._interval = min(max(rate * _PIECE_PER_RATE, PIECE_SECONDS), LONGEST_PIECE_SECONDS)
        self._held.clear()
        self._tokens = 0
        self._sent_at = now


@dataclass
class Clock:
    """The moments of one reply, in seconds of `perf_counter`."""

    start: float = field(default_factory=perf_counter)
    prompt_start: float = 0.0
    prompt_end: float = 0.0
    first_token: float = 0.0
    end: float = 0.0

    def timings(self, prompt_tokens: int, decoded_tokens: int, reasoning_seconds: float) -> Timings:
        """The record; `decoded_tokens` are those after the first, which the prompt's evaluation gave."""
        prompt = max(self.prompt_end - self.prompt_start, 0.0)
        decode = max(self.end - self.first_token, 0.0) if self.first_token else 0.0
        return Timings(
            prompt_seconds=prompt,
            first_token_seconds=self.first_token - self.start if self.first_token else 0.0,
            decode_seconds=decode,
            prompt_rate=prompt_tokens / prompt if prompt else 0.0,
            decode_rate=decoded_tokens / decode if decode else 0.0,
            reasoning_seconds=reasoning_seconds,
        )


@dataclass
class Reply:
    """A reply being made: `tokens` begins as the prompt's and grows.

    `limit` is the number of tokens the context can hold, `max_tokens` that of the reply alone.
    """

    id: int
    tokens: list[int]
    limit: int
    max_tokens: int | None
    view_start: int
    context: LiveContext
    vocabulary: Vocabulary
    sampler: Sampler
    stream: TextStream
    writer: PieceWriter
    stop: StopFlag
    emit: Emit
    clock: Clock
    reused: int = 0
    sampled: int = 0
    prompt_tokens: int = 0

    def run(self, reusable: int) -> FinishReason:
        """Read what of the prompt is not in the context yet, then write.

        Raises:
            EngineFailed: llama.cpp returned an error.
        """
        self.prompt_tokens = len(self.tokens)
        self.reused = self.context.cut(min(reusable, self.prompt_tokens - 1))
        self.clock.prompt_start = perf_counter()
        self._progress(self.reused)
        read = self.context.read(self.tokens[self.reused :], self._progress)
        self.clock.prompt_end = perf_counter()
        try:
            return self._write() if read else FinishReason.CANCELLED
        finally:
            self.clock.end = perf_counter()
            self.writer.finish(self.stream.finish())

    @property
    def usage(self) -> Usage:
        """What it cost so far; the token that ends a turn is not counted."""
        return Usage(self.prompt_tokens, self.reused, self.sampled)

    @property
    def timings(self) -> Timings:
        """How long it took."""
        read = min(self.context.held, self.prompt_tokens) - self.reused
        return self.clock.timings(max(read, 0), max(self.sampled - 1, 0), self.writer.reasoning_seconds)

    def _write(self) -> FinishReason:
        self.sampler.accept(self.tokens)
        pointer, ends, piece = self.context.pointer, self.vocabulary.ends, self.vocabulary.piece
        last = None if self.max_tokens is None else self.prompt_tokens + self.max_tokens
        while not self.stop.is_set:
            token = self.sampler.sample(pointer)
            if not self.sampled:
                self.clock.first_token = perf_counter()
            if token in ends:
                return FinishReason.STOP
            self.tokens.append(token)
            self.sampled += 1
            self.writer.add(self.stream.feed(piece(token)))
            if self.stream.stopped:
                return FinishReason.STOP
            if len(self.tokens) == last:
                return FinishReason.LENGTH
            if len(self.tokens) >= self.limit:
                return FinishReason.CONTEXT
            if not self.context.step(token):
                break
        return FinishReason.CANCELLED

    def _progress(self, done: int) -> None:
        self.emit(
            PromptProgress(
                id=self.id, done=done, total=self.prompt_tokens, reused=self.reused, view_start=self.view_start
            )
        )
