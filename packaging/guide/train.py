"""Trains the Guide: from the material to a checkpoint, and from that to the GGUF."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer

from guide.caution import make_cautious
from guide.export import export
from guide.facts import GUIDE, Material, load_material
from guide.lessons import Lesson, Lessons, Mix
from guide.model import Network, Shape
from guide.phrasing import Likelihoods, Phraser, load_words
from guide.progress import Progress
from guide.template import subject_token
from guide.training import Course, learn_words, train
from guide.vocabulary import learned

CAUTION = 1.5
"""What a refusal is ahead by, in logits: as much as lets it decline 19 of 20 questions outside the subject."""
MEASURE_EVERY = 250
SEED = 2


@dataclass(frozen=True)
class Plan:
    """What to train, and for how long: one course after the other; `start` is the checkpoint after the first."""

    folder: Path
    courses: tuple[tuple[Course, Mix], ...]
    answers: int = 64
    words: int = 3072
    questions: int = 200_000
    dropout: float = 0.1
    threads: int = 2
    start: Path | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A network with its tokenizer."""

    network: Network
    tokenizer: Tokenizer

    def save(self, path: Path) -> None:
        """Write it."""
        state = {"shape": asdict(self.network.shape), "weights": self.network.state_dict()}
        torch.save(state | {"tokenizer": self.tokenizer.to_str()}, path)

    @staticmethod
    def load(path: Path, dropout: float = 0.0) -> Checkpoint:
        """Read it."""
        state = torch.load(path, weights_only=True)
        network = Network(Shape(**state["shape"]), dropout)
        network.load_state_dict(state["weights"])
        return Checkpoint(network, Tokenizer.from_str(state["tokenizer"]))


def run(plan: Plan) -> Path:
    """Train, and return the last checkpoint."""
    torch.manual_seed(SEED)
    torch.set_num_threads(plan.threads)
    material = load_material()
    phraser = _phraser(SEED)
    checkpoint = Checkpoint.load(plan.start, plan.dropout) if plan.start else _begun(plan, material, phraser)
    progress = Progress(checkpoint.network, checkpoint.tokenizer, material)
    plan.folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()

    def report(step: int, loss: float) -> None:
        parts = [f"step {step}", f"loss {loss:.3f}", f"{time.perf_counter() - begun:.0f} s"]
        if step % MEASURE_EVERY == 0:
            parts.append(_percentages(progress))
        print(", ".join(parts), file=sys.stderr, flush=True)

    for number, (course, mix) in list(enumerate(plan.courses))[1 if plan.start else 0 :]:
        if number > 0:  # drawn anew, so that a course can be repeated from the checkpoint before it
            torch.manual_seed(SEED + number)
            phraser = _phraser(SEED + number)
        lessons = Lessons(material, phraser, checkpoint.tokenizer, mix, SEED + number)
        if number == 0:
            _learn_words(checkpoint, lessons, material, plan.questions, course)
        print(_percentages(progress), file=sys.stderr, flush=True)
        train(checkpoint.network, _batches(lessons, course, plan.answers), course, report)
        path = plan.folder / f"course-{number + 1}.pt"
        checkpoint.save(path)
    print(_percentages(progress), file=sys.stderr, flush=True)
    return path


def write_gguf(checkpoint: Path, path: Path, quantization: str) -> None:
    """Export a checkpoint, with its weights in this type."""
    loaded = Checkpoint.load(checkpoint)
    make_cautious(loaded.network, loaded.tokenizer, load_material(), CAUTION)
    export(loaded.network, loaded.tokenizer, path, gguf.GGMLQuantizationType[quantization])


def _phraser(seed: int) -> Phraser:
    return Phraser(load_words(GUIDE / "phrasing"), random.Random(seed), Likelihoods())


def _batches(lessons: Lessons, course: Course, answers: int) -> Iterator[list[Lesson]]:
    """Conversations, and answers to be known by heart in between."""
    conversations, recitals = lessons.batches(course.batch), lessons.recitals(answers)
    while True:
        yield from islice(conversations, course.round - 1)
        yield next(recitals)


def _learn_words(checkpoint: Checkpoint, lessons: Lessons, material: Material, count: int, course: Course) -> None:
    subjects = [checkpoint.tokenizer.token_to_id(subject_token(name)) for name in material.subjects]
    questions = [lessons.question() for _ in range(count)]
    learn_words(checkpoint.network, questions, subjects, course)


def _percentages(progress: Progress) -> str:
    return ", ".join(f"{kind} {part:.1%}" for kind, part in progress.accuracies().items())


def _begun(plan: Plan, material: Material, phraser: Phraser) -> Checkpoint:
    tokenizer = learned(_texts(material, phraser), plan.words, material.subjects)
    return Checkpoint(Network(Shape(tokenizer.get_vocab_size()), plan.dropout), tokenizer)


def _texts(material: Material, phraser: Phraser) -> Iterator[str]:
    """What the tokenizer learns from: answers, and questions as they are and as others would say them."""
    for fact in material.facts:
        yield from [fact.answer] * 3
        for asked in fact.ask:
            yield f" {asked.lower()}"
            yield f" {phraser.rephrased(asked)}"
        for pattern in fact.patterns:
            yield from (f" {phraser.rephrased(phraser.written_out(pattern))}" for _ in range(3))
    for outside in material.outside:
        yield from outside.answers
        yield from (f" {asked.lower()}" for asked in outside.ask)
        for pattern in outside.patterns:
            yield from (f" {phraser.written_out(pattern)}" for _ in range(10))
