"""Where two texts differ, word by word; pure, for any process."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_WORDS = 2000
"""A longer stretch between the first and the last difference is marked as a whole: its parts would take too long."""

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Span(NamedTuple):
    """A stretch of a text, in characters."""

    start: int
    end: int


class WordDiff(NamedTuple):
    """What each text has that the other has not, as stretches in their order."""

    left: tuple[Span, ...]
    right: tuple[Span, ...]


def word_diff(left: str, right: str) -> WordDiff:
    """Compare by words, signs and spaces (Ratcliff and Obershelp, through `difflib`)."""
    words = [_WORDS.findall(left), _WORDS.findall(right)]
    head = _common(words[0], words[1])
    tail = _common(words[0][head:][::-1], words[1][head:][::-1])
    middles = [one[head : len(one) - tail] for one in words]
    start = sum(map(len, words[0][:head]))
    if max(map(len, middles)) > MOST_WORDS:
        whole = [Span(start, start + sum(map(len, middle))) for middle in middles]
        return WordDiff(*((span,) if span.end > span.start else () for span in whole))
    matcher = SequenceMatcher(None, middles[0], middles[1], autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return WordDiff(
        _spans(middles[0], [(first, last) for _, first, last, _, _ in changes], start),
        _spans(middles[1], [(first, last) for _, _, _, first, last in changes], start),
    )


def _common(left: list[str], right: list[str]) -> int:
    """How many words both begin with."""
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number
    return min(len(left), len(right))


def _spans(words: list[str], ranges: list[tuple[int, int]], start: int) -> tuple[Span, ...]:
    ends = [start]
    for word in words:
        ends.append(ends[-1] + len(word))
    return tuple(Span(ends[first], ends[last]) for first, last in ranges if last > first)
