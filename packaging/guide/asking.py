"""Asks the Guide as Parley does: through its own engine, with the template, the sampler and the settings it has."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from app.core.engine.engine_frames import Finished, Generate, Piece  # noqa: E402
from app.core.engine.guide import recited  # noqa: E402
from app.core.engine.loading import LoadOptions  # noqa: E402
from app.core.engine.messages import FinishReason, Message, Role  # noqa: E402
from app.core.engine.sampling import Sampling  # noqa: E402
from app.engines.base import StopFlag  # noqa: E402
from app.engines.llama.engine import LlamaEngine  # noqa: E402
from app.worker.source import describe  # noqa: E402

LONGEST_REPLY = 160


@dataclass(frozen=True)
class Question:
    """What to ask, after some turns."""

    text: str
    turns: tuple[tuple[str, str], ...] = ()
    system: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Answer:
    """A reply, whether it ended by itself, and how fast it was written."""

    text: str
    ended: bool
    rate: float


class Asker:
    """A loaded Guide."""

    def __init__(self, model: Path, threads: int = 2) -> None:
        self.engine = LlamaEngine()
        self._source = describe(model)
        self._options = LoadOptions(threads=threads, gpu_layers=0)
        self.load()

    def load(self) -> float:
        """Load the model anew; the seconds that it took."""
        start = perf_counter()
        self.engine.load(self._source, self._options, lambda _: None, StopFlag())
        return perf_counter() - start

    def ask(self, question: Question) -> Answer:
        """Ask one question."""
        messages = [Message(Role.SYSTEM, question.system)] if question.system else []
        for asked, said in question.turns:
            messages += [Message(Role.USER, asked), Message(Role.ASSISTANT, said)]
        messages.append(Message(Role.USER, question.text))
        sampling = recited(Sampling(seed=question.seed, max_tokens=LONGEST_REPLY))
        pieces: list[str] = []
        ends: list[Finished] = []

        def emit(event: object) -> None:
            if isinstance(event, Piece):
                pieces.append(event.text)
            elif isinstance(event, Finished):
                ends.append(event)

        self.engine.generate(Generate(id=1, messages=tuple(messages), sampling=sampling), emit, StopFlag())
        finished = ends[-1]
        return Answer("".join(pieces), finished.reason is FinishReason.STOP, finished.timings.decode_rate)


class Askers:
    """Several Guides in processes of their own, one on each core."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers in the order of the questions."""
        return list(self._pool.map(_asked, questions, chunksize=8))


@contextmanager
def askers(model: Path, count: int) -> Iterator[Askers]:
    """Start them, and end them afterwards."""
    with ProcessPoolExecutor(count, initializer=_load, initargs=(model,)) as pool:
        yield Askers(pool)


_loaded: list[Asker] = []


def _load(model: Path) -> None:
    _loaded.append(Asker(model, threads=1))


def _asked(question: Question) -> Answer:
    return _loaded[0].ask(question)
