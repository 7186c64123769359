"""Texts made to be slow: enormous blocks, and a megabyte of tiny ones, no two neighbours alike."""

from __future__ import annotations

MEGABYTE = 1_000_000
_NAMES = [chr(97 + number // 26) + chr(97 + number % 26) for number in range(26 * 26)]


def many(pattern: str) -> str:
    """A megabyte of this pattern, with other letters in the place of its `@` each time."""
    count = MEGABYTE // (len(pattern) + 1)
    return "".join(pattern.replace("@", _NAMES[number % len(_NAMES)]) for number in range(count))


ENORMOUS = {
    "1 MB on one line": "x" * MEGABYTE,
    "1 MB of words": "word " * (MEGABYTE // 5),
    "100,000 nested quotes": ">" * 100_000 + " deep",
    "10,000 rows": "| a | b |\n|---|---|\n" + "| some | more |\n" * 10_000,
    "400 columns": "|a" * 400 + "|\n" + "|-" * 400 + "|\n" + ("|a" * 400 + "|\n") * 1_000,
    "broken fences": "```\n~~~\n````\n" * 5_000,
    "brackets": "[" * 50_000,
    "stars": "**a _b " * 20_000,
    "dollars": "$a $$ " * 20_000,
    "escapes": "\x1b[31m\x00\u202e\u200b" * 10_000,
    "code on one line": "```js\n" + "y=1;" * 100_000,
    "500,000 lines of code": "```\n" + "a\n" * 500_000,
}
TINY = {
    "items": "- @\n",
    "numbered items": "1. @\n",
    "tasks": "- [ ] @\n",
    "nested items": "- @\n  - b\n    - c\n",
    "empty items": "-\n",
    "quotes": "> > > @\n",
    "quotes in turn": "> @\n\n>> b\n\n",
    "paragraphs": "@\n\n",
    "lines": "@\n",
    "headings": "# @\n",
    "tables": "|@|\n|-|\n\n",
    "footnotes": "[^1]: @\n",
    "links": "[@](http://a.b) ",
    "emphasis": "*@* ",
    "inline code": "`@` ",
    "fences": "```\n@\n```\n",
    "formulas": "so $@$ is known ",
    "displayed formulas": "$$\n@\n$$\n",
}
HOSTILE = ENORMOUS | {f"1 MB of {name}": many(pattern) for name, pattern in TINY.items()}
