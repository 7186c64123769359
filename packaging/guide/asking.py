"""Asks the Guide as Parley does: through its own engine, with the template, the sampler and the settings it has."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from app.core.engine_frames import Finished, Generate, Piece  # noqa: E402
from app.core.loading import LoadOptions  # noqa: E402
from app.core.messages import FinishReason, Message, Role  # noqa: E402
from app.core.sampling import Sampling  # noqa: E402
from app.engines.base import StopFlag  # noqa: E402
from app.engines.llama.engine import LlamaEngine  # noqa: E402
from app.worker.source import describe  # noqa: E402

LONGEST_REPLY = 160


class Asker:
    """A loaded Guide."""

    def __init__(self, model: Path, threads: int = 2) -> None:
        self.engine = LlamaEngine()
        self._source = describe(model)
        self._options = LoadOptions(threads=threads, gpu_layers=0)
        self.written = 0
        self.writing_seconds = 0.0
        self.load()

    def load(self) -> float:
        """Load the model anew; the seconds that it took."""
        start = perf_counter()
        self.engine.load(self._source, self._options, lambda _: None, StopFlag())
        return perf_counter() - start

    def ask(
        self, question: str, turns: Sequence[tuple[str, str]] = (), system: str = "", seed: int | None = None
    ) -> tuple[str, bool]:
        """The reply, greedy or at the default temperature with a seed, and whether it ended by itself."""
        messages = [Message(Role.SYSTEM, system)] if system else []
        for asked, said in turns:
            messages += [Message(Role.USER, asked), Message(Role.ASSISTANT, said)]
        messages.append(Message(Role.USER, question))
        greedy = Sampling(temperature=0, max_tokens=LONGEST_REPLY)
        sampling = greedy if seed is None else Sampling(seed=seed, max_tokens=LONGEST_REPLY)
        pieces: list[str] = []
        ends: list[Finished] = []

        def emit(event: object) -> None:
            if isinstance(event, Piece):
                pieces.append(event.text)
            elif isinstance(event, Finished):
                ends.append(event)

        self.engine.generate(Generate(id=1, messages=tuple(messages), sampling=sampling), emit, StopFlag())
        finished = ends[-1]
        self.written += finished.usage.completion_tokens
        self.writing_seconds += finished.timings.decode_seconds
        return "".join(pieces), finished.reason is FinishReason.STOP
