"""What a user typed into a search field, as a question to the index and as marks in a text.

Plain functions for any thread. Texts are compared without case and accents, as the index does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from unicodedata import category, combining, normalize

from app.core.search import Marked
from app.storage.words import UNSPACED_RUN, pairs

MAX_WORDS = 16
_MAX_RUN = 32
_BEFORE, _SNIPPET = 40, 160
_QUOTED = re.compile(r'"([^"]*)"?|([^"]+)')


class _Folding(dict[int, str]):
    """Each character without case and accents; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        plain = "".join(part for part in normalize("NFKD", chr(code)) if not combining(part))
        folded = self[code] = normalize("NFC", plain).casefold()
        return folded


@dataclass(frozen=True)
class Word:
    """A word that must be there: `match` finds it in the index, `folded` in a folded text."""

    folded: str
    match: str
    unspaced: bool

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it, a spaced word at its beginning only."""
        return re.compile(re.escape(self.folded) if self.unspaced else rf"(?<![^\W_]){re.escape(self.folded)}")


@dataclass(frozen=True)
class Finder:
    """The words of a search; `phrases` are folded and must be there as they are."""

    words: tuple[Word, ...]
    phrases: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Finder:
        """Read what was typed: words by their beginnings, and "phrases in quotes"; at most `MAX_WORDS` words."""
        words: dict[str, Word] = {}
        phrases: list[str] = []
        for quoted, plain in _QUOTED.findall(normalize("NFKC", text[:1000])):
            if folded := " ".join(fold(quoted).split()):
                phrases.append(folded)
            for word in _words(quoted or plain, whole=bool(quoted)):
                words.setdefault(word.match, word)
        return Finder(tuple(words.values())[:MAX_WORDS], tuple(phrases))

    @property
    def match(self) -> str:
        """The question to the index: all words."""
        return " AND ".join(word.match for word in self.words)

    def counts(self, text: str) -> list[int]:
        """How often a text holds each word."""
        folded = fold(text)
        return [len(word.pattern.findall(folded)) for word in self.words]

    def holds(self, text: str) -> bool:
        """Whether a text that the index found has its phrases and unspaced words in one piece."""
        wanted = [word.folded for word in self.words if word.unspaced and len(word.folded) > 2]
        if not wanted and not self.phrases:
            return True
        folded = " ".join(fold(text).split())
        return all(piece in folded for piece in (*wanted, *self.phrases))

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where the words are in a text: (start, end) of its characters, in order, none within another."""
        folded = fold(text)
        if not self.words or not folded:
            return ()
        places = _places(text, folded)
        found = self._anywhere.finditer(folded)
        return tuple((places[match.start()], places[match.end() - 1] + 1) for match in found)

    def snippet(self, text: str) -> Marked:
        """The part of a text around its first hit, on one line, with the hits in it."""
        folded = fold(text)
        match = self._anywhere.search(folded)
        start = max(0, _places(text, folded)[match.start()] - _BEFORE) if match else 0
        if start and (gap := re.compile(r"\s").search(text, start, start + _BEFORE)):
            start = gap.end()
        part = " ".join(text[start : start + 2 * _SNIPPET].split())[:_SNIPPET].rstrip()
        shown = (
            ("…" if start else "") + part + ("…" if len(text) > start + 2 * _SNIPPET or len(part) == _SNIPPET else "")
        )
        return Marked(shown, self.marks(shown))

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        longest_first = sorted(self.words, key=lambda word: len(word.folded), reverse=True)
        return re.compile("|".join(word.pattern.pattern for word in longest_first))


def fold(text: str) -> str:
    """The text without case and accents."""
    return text.lower() if text.isascii() else text.translate(_Folding())


def _places(text: str, folded: str) -> range | list[int]:
    """For each character of the folded text, the one it came from."""
    if text.isascii():
        return range(len(text))
    folding = _Folding()
    places = [place for place, letter in enumerate(text) for _ in folding[ord(letter)]]
    assert len(places) == len(folded)
    return places


def _words(text: str, *, whole: bool) -> Iterator[Word]:
    for word in _spaced(text):
        at = 0
        for run in UNSPACED_RUN.finditer(word):
            yield from _word(word[at : run.start()], whole=whole)
            yield from _unspaced(run[0])
            at = run.end()
        yield from _word(word[at:], whole=whole)


def _spaced(text: str) -> list[str]:
    """The words as SQLite's tokenizer finds them: of letters, digits, marks and private characters."""
    return "".join(
        letter if category(letter)[0] in "LNM" or category(letter) == "Co" else " " for letter in text
    ).split()


def _word(word: str, *, whole: bool) -> Iterator[Word]:
    if folded := fold(word):
        yield Word(folded, f'"{word}"' if whole else f'"{word}" *', unspaced=False)


def _unspaced(run: str) -> Iterator[Word]:
    if len(run) == 1:
        yield Word(fold(run), f'"{run}" *', unspaced=True)
    else:
        yield Word(fold(run), " AND ".join(f'"{pair}"' for pair in pairs(run[:_MAX_RUN])[:-1]), unspaced=True)
