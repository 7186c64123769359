"""The material: facts, questions outside the subject, and rules of phrasing, as `resources/guide` holds them."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "resources" / "guide"
MODEL = GUIDE / "guide.gguf"


@dataclass(frozen=True)
class Follow:
    """Second questions that, after one fact, lead to another; `more` are trained on as well."""

    ask: tuple[str, ...]
    to: str
    more: tuple[str, ...] = ()

    @property
    def taught(self) -> tuple[str, ...]:
        """Those trained on; where there are several, the last is kept for the evaluation."""
        return (*(self.ask[:-1] if len(self.ask) > 1 else self.ask), *self.more)

    @property
    def held(self) -> tuple[str, ...]:
        """Those kept for the evaluation."""
        return self.ask[-1:] if len(self.ask) > 1 else ()


@dataclass(frozen=True)
class Fact:
    """One answer and the questions that it answers; `held` are never trained on, `patterns` make more to train on.

    An answer that has all of `keys` in it counts as this fact; `a|b` stands for either.
    """

    id: str
    answer: str
    keys: tuple[str, ...]
    ask: tuple[str, ...]
    held: tuple[str, ...]
    follow: tuple[Follow, ...] = ()
    checks: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    is_literal: bool = False

    def is_told_by(self, text: str) -> bool:
        """Whether a reply gives this fact."""
        told = text.lower()
        return all(any(word in told for word in key.split("|")) for key in self.keys)


@dataclass(frozen=True)
class Outside:
    """Messages that are no question about the subject, all with the same answers.

    `weight` says how many times as often as another it is trained on; a literal one is not said in other ways.
    """

    name: str
    answers: tuple[str, ...]
    ask: tuple[str, ...]
    held: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    is_literal: bool = False
    weight: int = 1


@dataclass(frozen=True)
class Material:
    """All that the Guide learns from; `systems` are system prompts, which it is to ignore."""

    facts: tuple[Fact, ...]
    outside: tuple[Outside, ...]
    systems: tuple[str, ...]

    def fact(self, name: str) -> Fact:
        """The fact of this id."""
        return next(fact for fact in self.facts if fact.id == name)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of all that a reply can be about."""
        return (*(fact.id for fact in self.facts), *(outside.name for outside in self.outside))

    @property
    def held(self) -> frozenset[str]:
        """Every question that is held out, by its words alone."""
        return frozenset(simple(question) for subject in (*self.facts, *self.outside) for question in subject.held)

    @property
    def answers(self) -> tuple[str, ...]:
        """Every text that the Guide may say."""
        refusals = [answer for outside in self.outside for answer in outside.answers]
        return tuple(dict.fromkeys([*(fact.answer for fact in self.facts), *refusals]))


def simple(question: str) -> str:
    """The words of a question, whatever its letters, spaces and last sign."""
    return " ".join(question.lower().split()).rstrip("?!. ")


def load_material(folder: Path = GUIDE) -> Material:
    """Read the whole folder."""
    phrasing = folder / "phrasing"
    patterns: dict[str, list[str]] = defaultdict(list)
    outside_patterns = (_read(phrasing / "outside.toml")["patterns"], _read(phrasing / "outside-freely.toml"))
    for tables in (*_files(phrasing / "facts"), *outside_patterns):
        for name, texts in tables.items():
            patterns[name] += texts
    second = _read(phrasing / "second.toml")
    facts = [
        _fact(table, patterns, second.get(table["id"], {}))
        for tables in _files(folder / "facts")
        for table in tables["fact"]
    ]
    outside = [_outside(table, patterns) for tables in _files(folder / "outside") for table in tables["outside"]]
    return Material(tuple(facts), tuple(outside), tuple(_read(phrasing / "systems.toml")["systems"]))


def _files(folder: Path) -> Iterator[dict[str, Any]]:
    yield from map(_read, sorted(folder.glob("*.toml")))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _fact(table: dict[str, Any], patterns: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]]) -> Fact:
    follow = tuple(
        Follow(tuple(part["ask"]), part["to"], tuple(second.get(part["to"], ()))) for part in table.get("follow", ())
    )
    known = {name: tuple(table.get(name, ())) for name in ("keys", "ask", "held", "checks")}
    more = tuple(patterns.get(table["id"], ()))
    return Fact(id=table["id"], answer=table["answer"], follow=follow, patterns=more, **known)


def _outside(table: dict[str, Any], patterns: Mapping[str, Sequence[str]]) -> Outside:
    return Outside(
        name=table["name"],
        answers=tuple(table["answers"]),
        ask=tuple(table["ask"]),
        held=tuple(table.get("held", ())),
        patterns=tuple(patterns.get(table["name"], ())),
        is_literal=table.get("literal", False),
        weight=table.get("weight", 1),
    )
