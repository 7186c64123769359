"""What the network is shown: conversations without end, in batches of about the same length, the same for a seed.

A reply begins with a control token that names its subject, chosen among all; the words follow from it. So most
lessons end after that token: to choose is what takes long to learn, and they are short.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from guide.facts import Fact, Follow, Material, Outside, simple
from guide.noise import noise
from guide.phrasing import Phraser
from guide.template import END, LONGEST, prompt, subject_token

POOL = 32
"""Batches that are drawn together and sorted by length."""
USUAL_TOKENS = 24
RECITAL_TOKENS = 96
BEGINNING = 16
_CONTROL = re.compile(r"(<\|[A-Z-]+\|>)")


@dataclass(frozen=True)
class Mix:
    """How often each kind of conversation is drawn, from 0 to 1."""

    outside: float = 0.38
    follow: float = 0.13
    follow_by_name: float = 0.15
    second: float = 0.08
    system: float = 0.12
    pattern: float = 0.65
    careless: float = 0.3
    broken: float = 0.06
    repeated: float = 0.05
    noise: float = 0.0


@dataclass(frozen=True)
class Lesson:
    """A conversation in tokens; `choices` are the places of subjects' tokens, `words` those of the reply to learn."""

    tokens: list[int]
    choices: tuple[int, ...]
    words: range = range(0)


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
        self._mix = mix
        self._random = random.Random(seed)
        self._held = material.held
        self._weights = [outside.weight for outside in material.outside]
        self._facts = {fact.id: fact for fact in material.facts}
        self._leading = [(fact, follow) for fact in material.facts for follow in fact.follow]

    def batches(self, size: int) -> Iterator[list[Lesson]]:
        """Batches of `size` short lessons, or of fewer long ones."""
        while True:
            pool = sorted((self.lesson() for _ in range(POOL * size)), key=lambda lesson: len(lesson.tokens))
            yield from self._shuffled(_cut(pool, size, USUAL_TOKENS))

    def recitals(self, size: int) -> Iterator[list[Lesson]]:
        """Batches of answers, all in turn, which have to be known by heart, whatever was asked."""
        facts = [Asked("", fact.id, fact.answer) for fact in self._material.facts]
        answers = facts + [
            Asked("", entry.name, answer) for entry in self._material.outside for answer in entry.answers
        ]
        while True:
            pool = sorted(map(self._recital, answers), key=lambda lesson: len(lesson.tokens))
            yield from self._shuffled(_cut(pool, size, RECITAL_TOKENS))

    def question(self) -> Lesson:
        """One question and the subject of its reply."""
        turn = self._any()
        return self._choice(self._asked(turn, ""), (), turn)

    def lesson(self) -> Lesson:
        """One conversation."""
        turns = self._turns()
        tokens, choices = self._asked_last(turns)
        return self._choice(tokens, choices, turns[-1])

    def _choice(self, tokens: list[int], choices: tuple[int, ...], turn: Asked) -> Lesson:
        return Lesson([*tokens, self._subject(turn)], (*choices, len(tokens)))

    def _asked_last(self, turns: Sequence[Asked]) -> tuple[list[int], tuple[int, ...]]:
        """A conversation up to the last reply, and the places in it where a subject was chosen."""
        *earlier, last = turns
        system = self._random.choice(self._material.systems) if self._often(self._mix.system) else ""
        tokens: list[int] = []
        choices: tuple[int, ...] = ()
        for turn in earlier:
            tokens += self._asked(turn, system)
            if self._often(0.5):  # the engine keeps the token of the subject in its context, other programs may not
                choices = (*choices, len(tokens))
                tokens.append(self._subject(turn))
            tokens += self._said(turn)
        return [*tokens, *self._asked(last, "" if earlier else system)], choices

    def _recital(self, turn: Asked) -> Lesson:
        """The answer after its token, whatever stands before: its own question, another, two turns, noise, nothing."""
        own = self._asking(turn.subject)
        turns = self._random.choice(((own,), (own,), (self._any(),), (self._any(), own), (self._any(), self._any())))
        if self._often(self._mix.repeated):
            turns = (replace(own, question=self._repeated(own.question)),)
        if self._often(self._mix.noise):
            turns = (*turns[:-1], replace(turns[-1], question=noise(self._random)))
        context, _ = self._asked_last(turns)
        tokens = [*(context if self._often(0.85) else context[-1:]), self._subject(turn)]
        words = self._tokenizer.encode(turn.answer + END).ids
        return Lesson([*tokens, *words], (), range(len(tokens), len(tokens) + len(words)))

    def _asking(self, subject: str) -> Asked:
        fact = self._facts.get(subject)
        return self._of_fact(fact) if fact else self._any()

    def _said(self, turn: Asked) -> list[int]:
        """A reply of the past; often only its beginning, which tells its subject and costs less."""
        ids: list[int] = self._tokenizer.encode(turn.answer + END).ids
        return ids if self._often(0.4) else [*ids[:BEGINNING], ids[-1]]

    def _subject(self, turn: Asked) -> int:
        number: int = self._tokenizer.token_to_id(subject_token(turn.subject))
        return number

    def _asked(self, turn: Asked, system: str) -> list[int]:
        text = prompt([], turn.question, system)
        pieces = self._pieces(text) if self._often(self._mix.careless) else [text]
        return [token for encoding in self._tokenizer.encode_batch(pieces) for token in encoding.ids]

    def _pieces(self, text: str) -> list[str]:
        """A prompt with its words broken here and there: so tokens are met in parts, as those of mistyped words are."""
        pieces: list[str] = []
        for part in _CONTROL.split(text):
            start = 0
            for at in range(1, 0 if _CONTROL.fullmatch(part) else len(part)):
                if self._often(self._mix.broken):
                    pieces.append(part[start:at])
                    start = at
            pieces.append(part[start:])
        return pieces

    def _often(self, likelihood: float) -> bool:
        return likelihood > 0 and self._random.random() < likelihood  # what never happens changes no other draw

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
            return self._of_outside(*self._random.choices(self._material.outside, self._weights))
        return self._of_fact(self._random.choice(self._material.facts))

    def _of_fact(self, fact: Fact) -> Asked:
        return Asked(self._question(fact), fact.id, fact.answer)

    def _of_outside(self, outside: Outside) -> Asked:
        return Asked(self._question(outside), outside.name, self._random.choice(outside.answers))

    def _question(self, subject: Fact | Outside) -> str:
        """One about this subject, by pattern or as written, said in another way; never one that is held out."""
        while True:
            if subject.patterns and self._often(self._mix.pattern):
                question = self._phraser.written_out(self._random.choice(subject.patterns))
            else:
                question = self._random.choice(subject.ask)
            if not subject.is_literal:
                question = self._phraser.rephrased(question)
            elif self._often(self._mix.repeated):
                question = self._repeated(question)
            if simple(question) not in self._held:
                return question

    def _repeated(self, text: str) -> str:
        """A text or its first sign over and over, as one who leans on a key sends it."""
        piece = self._random.choice((text[:1], f"{text} "))
        return (piece * 2 * LONGEST)[: self._random.randrange(LONGEST // 8, 2 * LONGEST)]

    def _shuffled(self, batches: Iterable[list[Lesson]]) -> list[list[Lesson]]:
        mixed = list(batches)
        self._random.shuffle(mixed)
        return mixed


def _cut(pool: Sequence[Lesson], size: int, usual: int) -> Iterator[list[Lesson]]:
    """Batches of at most `size` lessons, and of about as many tokens as `size` of the `usual` length have."""
    batch: list[Lesson] = []
    for lesson in pool:
        if batch and (len(batch) == size or (len(batch) + 1) * len(lesson.tokens) > size * usual):
            yield batch
            batch = []
        batch.append(lesson)
    if batch:
        yield batch
