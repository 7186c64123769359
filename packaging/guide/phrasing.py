"""Other ways to say a question, by rule: patterns, words for the same thing, openings, and the slips of typing."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_LIST = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_QUANT_NAME = re.compile(r"\b\w*\d\w*(?:_\w+)+\b")
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {key: near for row in _ROWS for key, near in pairwise(row)} | {"p": "o", "l": "k", "m": "n"}


def written_out(pattern: str, lists: Mapping[str, Sequence[str]], random: random.Random) -> str:
    """One sentence of a pattern.

    `{name}` is one of the list of that name, `(a|b|)` is a, b or nothing; both may stand within each other.
    """
    while found := _LIST.search(pattern):
        pattern = pattern[: found.start()] + random.choice(lists[found[1]]) + pattern[found.end() :]
    while found := _ALTERNATIVES.search(pattern):
        pattern = pattern[: found.start()] + random.choice(found[1].split("|")) + pattern[found.end() :]
    return " ".join(pattern.split())


@dataclass(frozen=True)
class Words:
    """What `words.toml` holds; `same` and `openings` map each phrase to those that may take its place."""

    same: Mapping[str, tuple[str, ...]]
    openings: Mapping[str, tuple[str, ...]]
    before: tuple[str, ...]
    after: tuple[str, ...]
    again: tuple[str, ...]
    small: frozenset[str]
    lists: Mapping[str, tuple[str, ...]]


def load_words(folder: Path) -> Words:
    """Read `words.toml`, and the lists of `outside.toml`."""
    table = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
    lists = table["lists"] | tomllib.loads((folder / "outside.toml").read_text(encoding="utf-8"))["lists"]
    return Words(
        same=_others(table["same"]),
        openings=_others(table["openings"]),
        before=tuple(table["before"]),
        after=tuple(table["after"]),
        again=tuple(table["again"]),
        small=frozenset(table["small"]),
        lists={name: tuple(members) for name, members in lists.items()},
    )


def _others(groups: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    others: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for phrase in filter(None, group):
            others[phrase] = (*others.get(phrase, ()), *(other for other in group if other != phrase))
    return others


@dataclass(frozen=True)
class Likelihoods:
    """How often each rule is used, from 0 to 1."""

    opening: float = 0.45
    word: float = 0.3
    before: float = 0.15
    after: float = 0.12
    keywords: float = 0.15
    shuffle: float = 0.04
    omit: float = 0.12
    typo: float = 0.2
    respell: float = 0.25


class Phraser:
    """Says a question in another way; the same `random` gives the same ones."""

    def __init__(self, words: Words, random: random.Random, likelihoods: Likelihoods) -> None:
        self._words = words
        self._random = random
        self._likelihoods = likelihoods
        self._openings = sorted(words.openings, key=len, reverse=True)
        longest_first = sorted(words.same, key=len, reverse=True)
        self._same = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")

    def written_out(self, pattern: str) -> str:
        """One sentence of a pattern; see the function of this name."""
        return written_out(pattern, self._words.lists, self._random)

    def rephrased(self, question: str) -> str:
        """The question as somebody else would type it."""
        is_asked = question.rstrip().endswith("?")
        text = question.lower().strip().rstrip("?!. ")
        text = self._with_another_opening(text)
        text = self._with_other_words(text)
        text = self._respelled(text)
        text = self._shortened(text)
        text = self._framed(text)
        text = self._mistyped(text)
        return text + ("?" if self._often(0.75 if is_asked else 0.25) else "")

    def as_second(self, question: str) -> str:
        """The question as it would follow another."""
        bare = question.lower().strip().rstrip("?!. ")
        for opening in sorted(filter(None, self._words.again), key=len, reverse=True):
            if bare.startswith(opening + " ") and self._often(0.6):
                bare = f"{self._random.choice(self._words.again)} {bare[len(opening) + 1 :]}"
                break
        else:
            if self._often(0.25):
                bare = f"{self._random.choice(self._words.again)} {bare}"
        text = self._mistyped(self._with_other_words(bare.strip()))
        return text + ("?" if self._often(0.6) else "")

    def _often(self, likelihood: float) -> bool:
        return self._random.random() < likelihood

    def _with_another_opening(self, text: str) -> str:
        if not self._often(self._likelihoods.opening):
            return text
        for opening in self._openings:
            if text.startswith(opening + " "):
                return f"{self._random.choice(self._words.openings[opening])} {text[len(opening) + 1 :]}".strip()
        return text

    def _with_other_words(self, text: str) -> str:
        def other(found: re.Match[str]) -> str:
            phrase = found[0]
            return self._random.choice(self._words.same[phrase]) if self._often(self._likelihoods.word) else phrase

        return " ".join(self._same.sub(other, text).split()) or text

    def _respelled(self, text: str) -> str:
        """Names such as q4_k_m, as people write them."""
        if not self._often(self._likelihoods.respell):
            return text
        joint = self._random.choice(("", " ", "-"))
        return _QUANT_NAME.sub(lambda found: found[0].replace("_", joint), text)

    def _shortened(self, text: str) -> str:
        words = text.split()
        if self._often(self._likelihoods.keywords):
            words = [word for word in words if word not in self._words.small] or words
        elif self._often(self._likelihoods.omit) and len(words) > 3:
            words.pop(self._random.randrange(len(words)))
        if self._often(self._likelihoods.shuffle):
            self._random.shuffle(words)
        return " ".join(words)

    def _framed(self, text: str) -> str:
        if self._often(self._likelihoods.before):
            text = f"{self._random.choice(self._words.before)} {text}"
        if self._often(self._likelihoods.after):
            text = f"{text} {self._random.choice(self._words.after)}"
        return text

    def _mistyped(self, text: str) -> str:
        if not self._often(self._likelihoods.typo) or len(text) < 8:
            return text
        for _ in range(1 + self._often(0.3)):
            at = self._random.randrange(1, len(text) - 1)
            here, after = text[at], text[at + 1]
            slip = self._random.choice(("swap", "drop", "double", "neighbour"))
            if slip == "swap":
                text = text[:at] + after + here + text[at + 2 :]
            elif slip == "drop":
                text = text[:at] + text[at + 1 :]
            elif slip == "double":
                text = text[:at] + here + text[at:]
            else:
                text = text[:at] + _NEIGHBOURS.get(here, here) + text[at + 1 :]
        return text
