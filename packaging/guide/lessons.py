"""What the network is shown: conversations without end, in batches of about the same length, the same for a seed.

A reply begins with a control token that names its subject, chosen among all; the words follow from it. So most
lessons end after that token: to choose is what takes long to learn, and they are short.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from guide.facts import Fact, Follow, Material, Outside
from guide.phrasing import Phraser
from guide.template import END, prompt, subject_token
from guide.vocabulary import careless

POOL = 32
"""Batches that are drawn together and sorted by length."""
USUAL_TOKENS = 24
CONTINUED_FROM = 4


@dataclass(frozen=True)
class Mix:
    """How often each kind of conversation is drawn, from 0 to 1."""

    outside: float = 0.16
    follow: float = 0.09
    follow_by_name: float = 0.25
    second: float = 0.05
    system: float = 0.12
    pattern: float = 0.5
    whole_reply: float = 0.1
    continued_reply: float = 0.01
    careless: float = 0.3
    missed_merges: float = 0.12


@dataclass(frozen=True)
class Lesson:
    """A conversation in tokens; `choice` is the place of the subject's token, `words` those of the reply to learn."""

    tokens: list[int]
    choice: int | None
    words: range


@dataclass(frozen=True)
class Asked:
    """A question, the subject of the reply, and the reply."""

    question: str
    subject: str
    answer: str


class Lessons:
    """Draws lessons."""

    def __init__(self, material: Material, phraser: Phraser, tokenizer: Tokenizer, mix: Mix, seed: int) -> None:
        self._material = material
        self._phraser = phraser
        self._tokenizer = tokenizer
        self._careless = careless(tokenizer, mix.missed_merges)
        self._mix = mix
        self._random = random.Random(seed)
        self._facts = {fact.id: fact for fact in material.facts}
        self._leading = [(fact, follow) for fact in material.facts for follow in fact.follow]

    def batches(self, size: int) -> Iterator[list[Lesson]]:
        """Batches of `size` short lessons, or of fewer long ones."""
        while True:
            pool = sorted((self.lesson() for _ in range(POOL * size)), key=lambda lesson: len(lesson.tokens))
            batches = list(_cut(pool, size))
            self._random.shuffle(batches)
            yield from batches

    def lesson(self) -> Lesson:
        """One conversation."""
        *earlier, last = self._turns()
        system = self._random.choice(self._material.systems) if self._often(self._mix.system) else ""
        tokens: list[int] = []
        for number, turn in enumerate(earlier):
            tokens += self._asked(turn, "" if number else system)
            # The engine keeps the token of the subject in its context, but other programs may not.
            name = subject_token(turn.subject) if self._often(0.5) else ""
            tokens += self._tokenizer.encode(name + turn.answer + END).ids
        tokens += self._asked(last, "" if earlier else system)
        return self._with_reply(tokens, last)

    def _with_reply(self, tokens: list[int], turn: Asked) -> Lesson:
        start = len(tokens)
        subject = self._tokenizer.token_to_id(subject_token(turn.subject))
        drawn = self._random.random()
        if drawn >= self._mix.whole_reply + self._mix.continued_reply:
            return Lesson([*tokens, subject], start, range(0))
        words = self._tokenizer.encode(turn.answer + END).ids
        if drawn >= self._mix.whole_reply:
            return Lesson([*tokens, *words], None, range(start + CONTINUED_FROM, start + len(words)))
        return Lesson([*tokens, subject, *words], start, range(start + 1, start + 1 + len(words)))

    def _asked(self, turn: Asked, system: str) -> list[int]:
        tokenizer = self._careless if self._often(self._mix.careless) else self._tokenizer
        ids: list[int] = tokenizer.encode(prompt([], turn.question, system)).ids
        return ids

    def _often(self, likelihood: float) -> bool:
        return self._random.random() < likelihood

    def _turns(self) -> list[Asked]:
        drawn = self._random.random()
        if drawn < self._mix.follow:
            fact, follow = self._random.choice(self._leading)
            return [self._of_fact(fact), self._following(follow)]
        if drawn < self._mix.follow + self._mix.second:
            return [self._any(), self._any()]
        return [self._any()]

    def _following(self, follow: Follow) -> Asked:
        target = self._facts[follow.to]
        second = self._random.choice(target.ask if self._often(self._mix.follow_by_name) else follow.taught)
        return Asked(self._phraser.as_second(second), target.id, target.answer)

    def _any(self) -> Asked:
        if self._often(self._mix.outside):
            return self._of_outside(self._random.choice(self._material.outside))
        return self._of_fact(self._random.choice(self._material.facts))

    def _of_fact(self, fact: Fact) -> Asked:
        if fact.patterns and self._often(self._mix.pattern):
            question = self._phraser.written_out(self._random.choice(fact.patterns))
        else:
            question = self._random.choice(fact.ask)
        return Asked(self._phraser.rephrased(question), fact.id, fact.answer)

    def _of_outside(self, outside: Outside) -> Asked:
        if outside.patterns and self._often(self._mix.pattern):
            question = self._phraser.written_out(self._random.choice(outside.patterns))
        else:
            question = self._random.choice(outside.ask)
        if not outside.is_literal:
            question = self._phraser.rephrased(question)
        return Asked(question, outside.name, self._random.choice(outside.answers))


def _cut(pool: Sequence[Lesson], size: int) -> Iterator[list[Lesson]]:
    """Batches of at most `size` lessons, and of about as many tokens as `size` usual ones have."""
    batch: list[Lesson] = []
    for lesson in pool:
        if batch and (len(batch) == size or (len(batch) + 1) * len(lesson.tokens) > size * USUAL_TOKENS):
            yield batch
            batch = []
        batch.append(lesson)
    if batch:
        yield batch
