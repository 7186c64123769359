"""What a user typed into a search field, as a question to the index and as marks in a text.

Plain functions for any thread. Texts are compared without case and accents, as the index does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from unicodedata import category, combining, normalize

from app.core.chat.search import Marked
from app.storage.words import INDEXED_PREFIXES, UNSPACED_RUN, comparable, pairs

MAX_WORDS = 16
_MAX_RUN = 32
_BEFORE, _SNIPPET = 40, 160
_QUOTED = re.compile(r'"([^"]*)"?|([^"]+)')


class _Folding(dict[int, str]):
    """Each character without case and accents; filled as characters are met. `even` while each became just one."""

    even = True

    def __missing__(self, code: int) -> str:
        plain = "".join(part for part in normalize("NFKD", chr(code)) if not combining(part))
        folded = self[code] = normalize("NFC", plain).casefold()
        self.even = self.even and len(folded) == 1
        return folded

    def fold(self, text: str) -> str:
        """The text without case and accents."""
        return text.lower() if text.isascii() else text.translate(self)

    def places(self, text: str) -> Sequence[int]:
        """For each character of a text that was folded, the one it came from."""
        if self.even or text.isascii():
            return range(len(text))
        return [place for place, letter in enumerate(text) for _ in self[ord(letter)]]


@dataclass(frozen=True)
class Word:
    """A word that must be there: `match` finds it in the index, `folded` in a folded text.

    `rough` is a question that the index answers at once, for counting; `loose` asks for more than
    `match` where that takes the index long.
    """

    folded: str
    match: str
    rough: str
    loose: str
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
    _folding: _Folding

    @staticmethod
    def of(text: str) -> Finder:
        """Read what was typed: words by their beginnings, and "phrases in quotes"; at most `MAX_WORDS` words."""
        folding = _Folding()
        words: dict[str, Word] = {}
        phrases: list[str] = []
        for quoted, plain in _QUOTED.findall(comparable(text[:1000])):
            if folded := " ".join(folding.fold(quoted).split()):
                phrases.append(folded)
            for word in _words(quoted or plain, folding, whole=bool(quoted)):
                words.setdefault(word.match, word)
        return Finder(tuple(words.values())[:MAX_WORDS], tuple(phrases), folding)

    @property
    def match(self) -> str:
        """The question to the index: all words."""
        return " AND ".join(word.match for word in self.words)

    @property
    def loose_match(self) -> str:
        """The question without what takes the index long; `begins` tells whether a text is meant."""
        return " AND ".join(word.loose for word in self.words)

    def begins(self, text: str) -> bool:
        """Whether a text that was asked for loosely has every word at the beginning of one of its own."""
        folded = self._folding.fold(text)
        return all(word.loose == word.match or word.pattern.search(folded) for word in self.words)

    def counts(self, text: str) -> list[int]:
        """How often a text holds each word, within others too."""
        folded = self._folding.fold(text)
        return [folded.count(word.folded) for word in self.words]

    def holds(self, text: str) -> bool:
        """Whether a text that the index found has its phrases and unspaced words in one piece."""
        wanted = [word.folded for word in self.words if word.unspaced and len(word.folded) > 2]
        if not wanted and not self.phrases:
            return True
        folded = " ".join(self._folding.fold(text).split())
        return all(piece in folded for piece in (*wanted, *self.phrases))

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where the words are in a text: (start, end) of its characters, in order, none within another."""
        folded = self._folding.fold(text)
        if not self.words or not folded:
            return ()
        places = self._folding.places(text)
        found = self._anywhere.finditer(folded)
        return tuple((places[match.start()], places[match.end() - 1] + 1) for match in found)

    def snippet(self, text: str) -> Marked:
        """The part of a text around its first hit, on one line, with the hits in it."""
        folded = self._folding.fold(text)
        match = self._anywhere.search(folded)
        start = max(0, self._folding.places(text)[match.start()] - _BEFORE) if match else 0
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


def _words(text: str, folding: _Folding, *, whole: bool) -> Iterator[Word]:
    for word in "".join(letter if _in_words(letter) else " " for letter in text).split():
        at = 0
        for run in UNSPACED_RUN.finditer(word):
            yield from _word(word[at : run.start()], folding, whole=whole)
            yield _unspaced(run[0], folding)
            at = run.end()
        yield from _word(word[at:], folding, whole=whole)


def _in_words(letter: str) -> bool:
    """Whether SQLite's tokenizer, as the index has it, takes a character for a part of a word."""
    kind = category(letter)
    return kind[0] in "LNM" or kind == "Co"


def _word(word: str, folding: _Folding, *, whole: bool) -> Iterator[Word]:
    if not (folded := folding.fold(word)):
        return
    if whole:
        yield Word(folded, f'"{word}"', f'"{word}"', f'"{word}"', unspaced=False)
        return
    match, slow = f'"{word}" *', len(word) not in INDEXED_PREFIXES
    loose = f'"{word[:2]}" *' if len(word) == 3 else match
    rough = match if not slow else loose if loose != match else f'"{word}"'
    yield Word(folded, match, rough, loose, unspaced=False)


def _unspaced(run: str, folding: _Folding) -> Word:
    match = " AND ".join(f'"{pair}"' for pair in pairs(run[:_MAX_RUN])[:-1]) or f'"{run}" *'
    return Word(folding.fold(run), match, match, match, unspaced=True)
