"""The training loop: steps, the learning rate's course, and what is written down on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

import torch
from torch import Tensor
from torch.nn import functional

from guide.lessons import Lesson
from guide.model import Network

_PAD = 0
REPORT_EVERY = 50


@dataclass(frozen=True)
class Course:
    """How long and how fast to learn.

    Of every `round` batches, the last holds answers to be known by heart, the others conversations.
    """

    steps: int
    round: int
    batch: int = 128
    embedding_rate: float = 5e-4
    output_rate: float = 1e-3
    matrix_rate: float = 0.008
    warmup: int = 100
    decay: float = 0.05
    word_rate: float = 0.005
    word_rounds: int = 2
    seed: int = 2

    def rate_at(self, step: int) -> float:
        """The part of the full rate at a step: up in a line, down as a cosine."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        return 0.5 * (1 + math.cos(math.pi * (step - self.warmup) / max(1, self.steps - self.warmup)))


class Optimizers:
    """What changes the weights by their gradients."""

    def __init__(self, network: Network, course: Course) -> None:
        self._parts = _parts(network, course)
        self._full = [group["lr"] for part in self._parts for group in part.param_groups]

    def step(self, part_of_rate: float) -> None:
        """Change the weights, and forget the gradients."""
        groups = [group for part in self._parts for group in part.param_groups]
        for group, full in zip(groups, self._full, strict=True):
            group["lr"] = full * part_of_rate
        for part in self._parts:
            part.step()
            part.zero_grad(set_to_none=True)


def _parts(network: Network, course: Course) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, AdamW for the rest."""
    matrices = [weight for weight in network.blocks.parameters() if weight.dim() == 2]
    norms = [weight for weight in network.parameters() if weight.dim() == 1]
    rest = [
        {"params": [network.embedding.weight], "lr": course.embedding_rate},
        {"params": [network.output.weight, *norms], "lr": course.output_rate},
    ]
    return (
        torch.optim.Muon(matrices, lr=course.matrix_rate, weight_decay=course.decay),
        torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    )


def train(
    network: Network,
    batches: Iterator[list[Lesson]],
    course: Course,
    report: Callable[[int, float], None],
) -> None:
    """Learn; `report` is told the step and the mean loss since it was last told."""
    optimizers = Optimizers(network, course)
    losses: list[float] = []
    network.train()
    for step in range(course.steps):
        loss = loss_of(network, next(batches))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizers.step(course.rate_at(step))
        losses.append(loss.item())
        if (step + 1) % REPORT_EVERY == 0 or step + 1 == course.steps:
            report(step + 1, sum(losses) / len(losses))
            losses.clear()
            network.train()


def learn_words(network: Network, lessons: Sequence[Lesson], subjects: Sequence[int], course: Course) -> None:
    """Teach the outermost layers alone which words speak for which subject, as the bag of words that it begins as.

    It takes a minute, where the whole network would need half an hour to come as far.
    """
    optimizer = torch.optim.Adam([network.embedding.weight, network.output.weight], course.word_rate, fused=True)
    choices, place = torch.tensor(subjects), {token: place for place, token in enumerate(subjects)}
    order = torch.Generator().manual_seed(course.seed)
    steps = course.word_rounds * (len(lessons) // course.batch)
    taken = (number for _ in range(course.word_rounds) for number in torch.randperm(len(lessons), generator=order))
    for step in range(steps):
        batch = [lessons[number] for number in islice(taken, course.batch)]
        prompts = [lesson.tokens[:-1] for lesson in batch]
        starts = torch.tensor([0, *accumulate(len(prompt) for prompt in prompts[:-1])])
        logits = network.bag(torch.tensor([token for prompt in prompts for token in prompt]), starts, choices)
        loss = functional.cross_entropy(logits, torch.tensor([place[lesson.tokens[-1]] for lesson in batch]))
        loss.backward()
        optimizer.param_groups[0]["lr"] = course.word_rate * (1 - step / steps)
        optimizer.step()
        optimizer.zero_grad()


def loss_of(network: Network, lessons: Sequence[Lesson]) -> Tensor:
    """The mean cross entropy of the choices, and that of the words."""
    length = max(len(lesson.tokens) for lesson in lessons) - 1
    rows = [lesson.tokens[:length] + [_PAD] * (length - len(lesson.tokens)) for lesson in lessons]
    choices = _places((number, lesson, lesson.choices) for number, lesson in enumerate(lessons))
    words = _places((number, lesson, lesson.words) for number, lesson in enumerate(lessons))
    wanted = torch.tensor([number * length + at - 1 for number, at, _ in (*choices, *words)])
    targets = torch.tensor([token for _, _, token in (*choices, *words)])
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(torch.tensor(rows), wanted)
    losses = functional.cross_entropy(logits.float(), targets, reduction="none")
    parts = (losses[: len(choices)], losses[len(choices) :])
    return torch.stack([part.mean() for part in parts if len(part)]).sum()


def _places(lessons: Iterable[tuple[int, Lesson, Iterable[int]]]) -> list[tuple[int, int, int]]:
    """Row, place and token of everything to be predicted."""
    return [(number, at, lesson.tokens[at]) for number, lesson, places in lessons for at in places]
