"""What the engine was predicted to need and to reach, against what its child process really did.

Models of random weights, made once. Memory is predicted by the formula alone, out of sample: nothing
is corrected by what was measured. It is that of a child that has read a prompt of nearly the whole
context and answered.

Speed is told three times, for the last reply of a chat that fills the context; each reply is by a child of its
own. *After a reply of its own*: by a machine that knows the first reply of the chat, after a quarter of the
context, and no other. *Left out*: by a machine that knows the replies of all other files, and nothing of this one.
*Calibrated*: by a machine that knows those and the chat so far, as that of a user does: its replies after a quarter,
a half and three quarters. The nominal costs in `app.core.prediction.speed` were chosen from runs of some of these
cases on one machine with two cores; only there are they in the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.speeds import file_name
from app.core.engine.engine_frames import Generate, Load, ModelInfo
from app.core.engine.loading import FlashAttention, KvType, LoadOptions
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.core.prediction.fit import Hardware
from app.core.prediction.measurement import FEWEST_TOKENS, Measurement, speed_of
from app.core.sizes import format_bytes
from tests.bench.engine_child import Engine

FILLS = 0.25, 0.5, 0.75, 1.0
"""How far the context is filled at each reply of a chat; the last is the one that is predicted."""

REPLY_SECONDS, MOST_REPLY_TOKENS = 0.25, 128
FEWEST_ROUNDS, MOST_ROUNDS, STEADY_ROUNDS = 8, 40, 8
FASTER = 0.02


@dataclass(frozen=True)
class Case:
    """A model of tests/models/make_gguf.py, and how it is loaded."""

    shape: str
    kind: str
    context: int
    kv: KvType = KvType.F16
    flash: FlashAttention = FlashAttention.AUTO

    @property
    def name(self) -> str:
        """As it stands in the report."""
        return f"{self.shape} {self.kind}, {self.context:,} tokens, KV {self.kv}"

    @property
    def options(self) -> LoadOptions:
        """What the engine is told."""
        return LoadOptions(
            context_length=self.context, kv_type_k=self.kv, kv_type_v=self.kv, flash_attention=self.flash
        )


CASES = (
    Case("tiny", "q8_0", 4096),
    Case("15m", "f16", 1024),
    Case("15m", "q8_0", 4096),
    Case("15m", "q4_0", 4096, KvType.F32),
    Case("160m", "q4_0", 2048),
    Case("160m", "q4_0", 6144),
    Case("160m", "q8_0", 4096, KvType.Q8_0),
    Case("160m", "f16", 2048, KvType.Q4_0),
    Case("160m", "q4_k_m", 2048, KvType.F32),
    Case("160m", "q5_0", 1024, flash=FlashAttention.OFF),
    Case("window", "q8_0", 4096),
    Case("recurrent", "q8_0", 2048),
    Case("1b", "q4_k_m", 2048),
    Case("1b", "q4_k_m", 1024, KvType.Q8_0),
)


@dataclass(frozen=True)
class Run:
    """One case: the model as loaded, and a chat's replies: those before the last one, in order, and the last."""

    case: Case
    info: ModelInfo
    peak_bytes: int
    before: tuple[Measurement, ...]
    last: Measurement
    rounds: int
    hardware: Hardware

    @property
    def memory_error(self) -> float:
        """Relative, positive where too little had been predicted."""
        return self.peak_bytes / self.info.predicted_bytes - 1

    @property
    def own_error(self) -> float:
        """Of the last reply, as predicted by a machine that knows the first one alone; positive where slower."""
        return self._error(self.before[:1])

    def left_out_error(self, runs: Iterable[Run]) -> float:
        """Of the last reply, as predicted by a machine that knows all replies of all other files."""
        return self._error(self._of_others(runs))

    def calibrated_error(self, runs: Iterable[Run]) -> float:
        """Of the last reply, as predicted by a machine that knows those before it and all those of all other files."""
        return self._error([*reversed(self.before), *self._of_others(runs)])

    @property
    def replies(self) -> tuple[Measurement, ...]:
        """All, the newest first."""
        return self.last, *reversed(self.before)

    @property
    def summary(self) -> str:
        """Predicted and measured memory, and the speed."""
        predicted, measured = (format_bytes(size) for size in (self.info.predicted_bytes, self.peak_bytes))
        return (
            f"predicted {predicted}, measured {measured} ({self.memory_error:+.1%}); {1 / self.last.measured:.0f} "
            f"tokens/s, fastest of {self.rounds}, after a reply of its own {self.own_error:+.0%}"
        )

    def _of_others(self, runs: Iterable[Run]) -> list[Measurement]:
        return [one for run in runs if run.info.path != self.info.path for one in run.replies]

    def _error(self, known: Sequence[Measurement]) -> float:
        last = self.last
        assert last.cost is not None
        found = Calibration(known).seconds(
            last.cost, last.backend, self.hardware, file_name(last.model), last.quantization
        )
        return last.measured / found.seconds - 1


def run(case: Case, model: Callable[[str, str], Path], hardware: Hardware) -> Run:
    """Load one model in a child for each reply, and have them answer in turn until none becomes faster."""
    load = Load(path=str(model(case.shape, case.kind)), options=case.options)
    with ExitStack() as stack:
        engines = [stack.enter_context(Engine()) for _ in FILLS]
        infos = [engine.load(load) for engine in engines]
        short, longer = (engines[0].answer(_question(words, words)) for words in (10, 60))
        tokens = max(FEWEST_TOKENS, min(int(short.timings.decode_rate * REPLY_SECONDS), MOST_REPLY_TOKENS))
        word = (longer.usage.prompt_tokens - short.usage.prompt_tokens) / 50
        words = int((case.context - tokens - short.usage.prompt_tokens - 40) / word)
        replies = [
            _Fastest(engine, info, int(words * fill), tokens)
            for engine, info, fill in zip(engines, infos, FILLS, strict=True)
        ]
        rounds = 0
        while rounds < FEWEST_ROUNDS or (rounds < MOST_ROUNDS and not all(reply.is_steady for reply in replies)):
            rounds += 1
            for reply in replies:
                reply.answer()
        *before, last = (reply.speed for reply in replies)
        return Run(case, infos[-1], replies[-1].peak_bytes, tuple(before), last, rounds, hardware)


def _question(words: int, number: int, tokens: int = FEWEST_TOKENS) -> Generate:
    """A message of so many words, to be answered in so many tokens; the same message again is not read anew."""
    text = f"{words} " + "word " * words
    return Generate(id=number, messages=(Message(Role.USER, text),), sampling=Sampling(max_tokens=tokens, seed=number))


class _Fastest:
    """The fastest of equal replies, for a busy machine only makes them slower."""

    def __init__(self, engine: Engine, info: ModelInfo, words: int, tokens: int) -> None:
        self._engine, self._info, self._words, self._tokens = engine, info, words, tokens
        self._count = self._since = 0
        self.peak_bytes = 0
        self._speed: Measurement | None = None

    @property
    def speed(self) -> Measurement:
        """That of the fastest so far."""
        assert self._speed is not None, "no reply was long enough"
        return self._speed

    @property
    def is_steady(self) -> bool:
        """Whether the last few were no faster than those before."""
        return self._since >= STEADY_ROUNDS

    def answer(self) -> None:
        """Once more."""
        self._count += 1
        reply = self._engine.answer(_question(self._words, self._count, self._tokens))
        self.peak_bytes = max(self.peak_bytes, reply.peak_bytes)
        assert reply.cost is not None
        found = speed_of(self._info, reply.cost, reply.timings.decode_rate)
        if reply.usage.completion_tokens < FEWEST_TOKENS:
            return
        is_faster = self._speed is None or found.measured < self._speed.measured * (1 - FASTER)
        self._since = 0 if is_faster else self._since + 1
        if self._speed is None or found.measured < self._speed.measured:
            self._speed = found
