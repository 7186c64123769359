"""Cuts Markdown that is still arriving into chunks.

Window process, interface thread; pure, no Qt. A chunk ends where CommonMark closes every open
block (a blank line before unindented text, a heading, a fence, an item of an outer list), and at the
latest after `LIMIT` characters or `LINES` lines, so that no chunk grows without bound. Where the cuts fall
depends on the text alone, never on the pieces in which it came.
"""

from __future__ import annotations

import re

from app.ui.markdown.chunks import CLOSER_LIMIT, Chunk, Fence
from app.ui.markdown.parser import clean

LIMIT = 3000
LINES = 100
CODE_LINES = 40
TABLE_ROWS = 40
TABLE_CELLS = 400
# A table with more columns is none that anybody reads, and is not taken for one.
TABLE_COLUMNS = 100
# A line shorter than this may still turn out to begin something else.
DECIDED = 32

_HEADING = re.compile(r"#{1,6}[ \t]")
_FENCE = re.compile(r"( {0,3})(`{3}|~{3})")
_FENCE_LINE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)$")
_ITEM = re.compile(r"([-+*]|(\d{1,9})([.)]))([ \t]{1,4})(?=[^ \t\n])")
_LIST_START = re.compile(r"(?:[-+*]|1[.)])[ \t]{1,4}[^ \t\n]")
_ANY_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]+")
_TABLE_RULE = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_NOTE_START = re.compile(r"\[\^[^\]\s^]{1,32}\]:")
_MATH_LINE = re.compile(r" {0,3}(\$\$|\\\[)")
_MATH_CLOSERS = {"$$": "$$", "\\[": "\\]"}
_WORD_START = re.compile(r" (?=[^\W\d_])")


class Splitter:
    """Takes source as it comes, gives back the chunks that are finished."""

    def __init__(self) -> None:
        self._text = ""
        self._start = 0
        self._line = 0
        self._next = Chunk()
        self._after_blank = False
        self._lines = 0
        self._table = ""
        self._table_rows = TABLE_ROWS
        self._math = ""
        self._done: list[Chunk] = []

    @property
    def tail(self) -> Chunk:
        """What is not finished, as a chunk."""
        return self._next.ended(self._text[self._start :], closes=True)

    def feed(self, text: str) -> list[Chunk]:
        """Add source; returns the chunks that no later source can change."""
        self._text += clean(text)
        return self._advance(final=False)

    def finish(self) -> list[Chunk]:
        """End the source; returns the rest."""
        self._advance(final=True)
        rest = self.tail
        if rest.source.strip() or (rest.fence is not None and (rest.opens or rest.source)):
            self._done.append(rest)
        done, self._done = self._done, []
        self._text, self._start, self._line = "", 0, 0
        return done

    def _advance(self, *, final: bool) -> list[Chunk]:
        step = self._step
        while self._line < len(self._text):
            at = self._line
            end = self._text.find("\n", at, at + LIMIT + 1)
            whole = end >= 0 or (final and len(self._text) - at <= LIMIT)
            line = self._text[at : end + 1] if end >= 0 else self._text[at : at + LIMIT + 1]
            if not step(line, whole):
                break
        self._text, self._line = self._text[self._start :], self._line - self._start
        self._start = 0
        if final:
            return []
        done, self._done = self._done, []
        return done

    def _step(self, line: str, whole: bool) -> bool:
        """Judge the line at `_line`; False where more of it must be seen."""
        if self._next.fence is not None:
            return self._step_code(line, whole, self._next.fence)
        if not self._math and self._line > self._start and self._begins_chunk(line):
            self._cut(self._line, tight=not self._after_blank)
        if not whole and len(line) < DECIDED:
            return False
        if whole and not self._math and self._opens_fence(line):
            return True
        most_lines = self._table_rows if self._table else LINES
        if self._line + len(line) - self._start > LIMIT or (self._lines >= most_lines and line.strip()):
            if self._line > self._start:
                self._cut(self._line, continued=True, prefix=self._table)
                return True
            if len(line) > LIMIT:
                self._cut(self._line + _break_within(line), continued=True)
                self._line = self._start
                return True
        if not whole:
            return False
        self._accept(line)
        return True

    def _accept(self, line: str) -> None:
        before = self._text[self._start : self._line]
        self._line += len(line)
        self._after_blank = not line.strip()
        self._lines += 1
        if self._after_blank:
            self._table = self._math = ""
        elif self._math or _MATH_LINE.match(line):
            self._step_math(line, before)
        elif not self._table and _TABLE_RULE.match(line):
            head = before[before.rfind("\n", 0, -1) + 1 :] if before else ""
            columns = len(line.strip().strip("|").split("|"))
            if "|" in head and columns <= TABLE_COLUMNS:
                self._table, self._lines = head + line, 0
                self._table_rows = min(TABLE_ROWS, TABLE_CELLS // columns)
        if _HEADING.match(line) and not before.strip():
            self._cut(self._line)

    def _step_math(self, line: str, before: str) -> None:
        """A displayed formula is one block, whatever its lines begin with; it ends its chunk."""
        opening = _MATH_LINE.match(line)
        rest = line.strip()
        if not self._math and opening is not None:
            if before.strip() and before[0] not in " >" and not _ANY_ITEM.match(before):
                at = self._line
                self._cut(at - len(line))
                self._line, self._lines = at, 1
            self._math, rest = _MATH_CLOSERS[opening[1]], rest[2:]
        if rest.endswith(self._math):
            self._math = ""
            if _MATH_LINE.match(self._text, self._start):
                self._cut(self._line)

    def _begins_chunk(self, line: str) -> bool:
        """Whether no open block reaches into this line, of which only the beginning may be known."""
        if self._after_blank and line[0] not in " \t\n":
            return True
        if line[0] in "#" and _HEADING.match(line):
            return True
        if line[0] == "[" and _NOTE_START.match(line):
            return True
        fence = _FENCE.match(line)
        if fence is not None:
            return len(fence[1]) < self._item_offset()
        if _ANY_ITEM.match(self._text, self._start) and self._item_offset() < LIMIT:
            return _ITEM.match(line) is not None
        return _LIST_START.match(line) is not None

    def _item_offset(self) -> int:
        """The column from which text belongs to the list item the chunk begins with."""
        item = _ANY_ITEM.match(self._text, self._start)
        return LIMIT if item is None else item.end() - self._start

    def _opens_fence(self, line: str) -> bool:
        if not line.lstrip(" ").startswith(("```", "~~~")):
            return False
        fence = _FENCE_LINE.match(line.rstrip("\n"))
        if fence is None or (self._line > self._start and len(fence[1]) >= self._item_offset()):
            return False
        if self._line > self._start:
            self._cut(self._line)
        language = fence[3].split(maxsplit=1)[0] if fence[3].strip() else ""
        self._start = self._line = self._line + len(line)
        self._next = Chunk(fence=Fence(len(fence[1]), fence[2], language))
        self._lines = 0
        return True

    def _step_code(self, line: str, whole: bool, fence: Fence) -> bool:
        if whole and fence.is_closed_by(line):
            self._cut(self._line)
            self._start = self._line = self._line + len(line)
            return True
        if not whole and len(line) <= CLOSER_LIMIT:
            return False
        if self._line > self._start and (self._lines >= CODE_LINES or self._line + len(line) - self._start > LIMIT):
            self._cut(self._line, fence=fence)
            return True
        if len(line) > LIMIT:
            self._cut(self._line + LIMIT, fence=fence)
            self._line = self._start
            return True
        if not whole:
            return False
        self._line += len(line)
        self._lines += 1
        return True

    def _cut(
        self, at: int, *, tight: bool = False, continued: bool = False, prefix: str = "", fence: Fence | None = None
    ) -> None:
        """End the open chunk here; with `fence`, its code goes on in the next."""
        ended = self._next.ended(self._text[self._start : at], closes=fence is None)
        self._start = self._line = at
        if ended.fence is not None or ended.source.strip():
            self._done.append(ended)
        self._next = Chunk(
            fence=fence,
            opens=fence is None,
            tight=tight,
            continued=continued and bool(ended.source.strip()),
            prefix=prefix,
            marker=_marker_after(ended),
            first_line=ended.first_line + self._lines if fence is not None else 1,
        )
        self._after_blank, self._lines = False, 0
        self._math = ""
        if not prefix:
            self._table = ""


def _marker_after(ended: Chunk) -> str:
    item = _ITEM.match(ended.source)
    if item is None or not item[2] or ended.fence is not None:
        return ""
    counted = ended.marker[-1:] == item[3]
    return f"{int(ended.marker[:-1] if counted else item[2]) + 1}{item[3]}"


def _break_within(line: str) -> int:
    """Where to break a line longer than `LIMIT`: before the last word that fits."""
    breaks = [found.end() for found in _WORD_START.finditer(line, LIMIT // 2, LIMIT)]
    return breaks[-1] if breaks else LIMIT
