"""The words of a text as the search index holds them; plain functions for any thread.

SQLite's tokenizer finds words at spaces, which Chinese, Japanese, Korean and Thai hardly write. There
every two neighbouring characters become a word, so that any part of a run is found: 東京都 is indexed as
東京, 京都, 都. What an index holds must never change for a text that is stored, since SQLite takes it out
of the index by the same words: the ranges below are fixed.
"""

from __future__ import annotations

import re
from unicodedata import normalize

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1100-\u11ff\u1780-\u17ff"  # Myanmar, Hangul Jamo, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"  # Kana, Hangul compatibility Jamo
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # Han, Hangul
    "\U00020000-\U000323af"
)
INDEXED_PREFIXES = (1, 2, 4)
"""In letters, as the schema has it; what else a word begins with is put together from all such words."""
UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")


def search_words(content: bytes) -> str:
    """A text as it is indexed: in compatible form, unspaced runs as pairs of characters.

    `content` is UTF-8, in which a damaged byte hides nothing but itself.
    """
    text = content.decode("utf-8", "replace")
    if text.isascii():
        return text
    return UNSPACED_RUN.sub(lambda run: f" {' '.join(pairs(run[0]))} ", comparable(text))


def comparable(text: str) -> str:
    """The text in compatible form and without case: ß as ss, full width letters as usual ones."""
    return normalize("NFKC", text).casefold()


def pairs(run: str) -> list[str]:
    """Every two neighbouring characters, and the last one alone, so that each begins a word."""
    return [run[at : at + 2] for at in range(len(run))]
