"""Shows the end of a reply while it is written, without a half-written construct flashing as broken.

Window process, interface thread; pure, no Qt. What is still open is closed or held back for display
only: the source itself is never touched, and is parsed as it is once it is finished.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.ui.markdown.block import Block, Kind
from app.ui.markdown.chunks import Chunk
from app.ui.markdown.parser import parse

# Characters that, after one of their own kind, can only prolong the text they stand in; marks do, after a letter.
_PLAIN = re.compile(r" ?(?:[^\W_](?:[^\W_]|[ ,.?'\"%-])*)?")
_PLAIN_AFTER_LETTER = re.compile(r"[,.?'\"%-](?:[^\W_]|[ ,.?'\"%-])*")
_PLAIN_TAIL = re.compile(r"(?:[^\W_]|[^\W_][,.?'\"%-]|.[^\W_])\Z", re.DOTALL)
# After these, where they have closed something, a space changes nothing: the end counted as one.
_CLOSERS = frozenset("*_`~)")
_UNDECIDED_LINE = re.compile(r"\s*(?:[-=_*+#>`~|: ]+|\d{1,9}[.)]?\s*|(?:`{3,}|~{3,})[^`]*)$")
_MARKER_LINE = re.compile(r"(?m)^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+|#{1,6}[ \t]+)*")
_INNER_FENCE = re.compile(r"(?m)^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)?(?:`{3,}|~{3,})")
_TABLE_HEAD = re.compile(r"(?:^|\n)([ \t]{0,3}\|[^\n]*)\n?([|:\- \t]*)$")
_TABLE_RULE = re.compile(r"(?m)^ {0,3}\|?[ \t]*:?-+:?[ \t]*\|[|:\- \t]*$")
_MATH_BLOCK = re.compile(r"(?m)^ {0,3}(?:(\$\$)|(\\\[))")
# An amount of money, not the beginning of a formula.
_MONEY = re.compile(r"\$\d[\d.,]*(?:[ \n)]|$)")
_FORMULA_REACH = 1000
_NOTE_PART = re.compile(r"\[\^[^\]\s]{0,32}(?:\]:?)?[ \t]*\Z")
_INLINE = re.compile(r"\\[()]|\\.|\$\$?|`+|\*+|_+|~~|!?\[|\]\([^)\s]*\)|\]\([^)\s]*$|\]", re.DOTALL)
_BRACKET_REACH = 200


class TailParser:
    """Parses one open chunk again and again as it grows."""

    def __init__(self) -> None:
        self._source = ""
        self._blocks: tuple[Block, ...] = ()
        self._whole = False
        self._lines = ""
        self._table: Block | None = None

    def blocks(self, chunk: Chunk) -> tuple[Block, ...]:
        """The open chunk as it is to be shown now; its source begins with what it was before."""
        self._blocks = self._with_words(chunk) or self._with_row(chunk) or self._anew(chunk)
        self._source = chunk.source
        return self._blocks

    def _anew(self, chunk: Chunk) -> tuple[Block, ...]:
        shown = _without_closer(chunk.source) if chunk.fence is not None else completed(chunk.source)
        self._whole = shown == chunk.source and "$" not in shown
        return chunk.parsed(shown)

    def _with_words(self, chunk: Chunk) -> tuple[Block, ...] | None:
        """The blocks of before with the new words at their end, where they can have no other meaning."""
        before = self._source.removesuffix(" ")  # a space at the end is no text until a word follows
        added = chunk.source[len(before) :]
        if not (self._whole and self._blocks and added) or chunk.fence is not None:
            return None
        last, end = self._blocks[-1], before[-2:]
        if last.kind not in (Kind.PARAGRAPH, Kind.HEADING) or not last.text:
            return None
        plain = _PLAIN.fullmatch(added) or (end[-1:].isalpha() and _PLAIN_AFTER_LETTER.fullmatch(added))
        continues = end[-1:] in _CLOSERS and added[0] == " "
        if not plain or "  " in added or not (continues or (end == last.text[-2:] and _PLAIN_TAIL.match(end))):
            return None
        return (*self._blocks[:-1], replace(last, text=last.text + added.removesuffix(" ")))

    def _with_row(self, chunk: Chunk) -> tuple[Block, ...] | None:
        """The table of the lines before with the row that is being written, which alone is parsed."""
        lines, apart, row = chunk.source.rpartition("\n")
        if len(self._blocks) != 1 or self._blocks[0].kind is not Kind.TABLE or not row.lstrip().startswith("|"):
            return None
        if lines + apart != self._lines:
            self._lines = lines + apart
            whole = chunk.parsed(self._lines)
            self._table = whole[0] if len(whole) == 1 and whole[0].kind is Kind.TABLE else None
        return None if self._table is None else self._row_added(self._table, row)

    def _row_added(self, table: Block, row: str) -> tuple[Block, ...] | None:
        columns = len(table.aligns)
        parsed = parse(completed(f"|{'x|' * columns}\n|{'-|' * columns}\n{row}"))
        if len(parsed) != 1 or parsed[0].kind is not Kind.TABLE:
            return None
        self._whole = False
        _, apart, text = parsed[0].text.partition("\n")
        start = len(parsed[0].text) - len(text)
        shift = len(table.text) + len(apart) - start
        spans = (span for span in parsed[0].spans if span.start >= start)
        moved = tuple(span._replace(start=span.start + shift, end=span.end + shift) for span in spans)
        return (replace(table, text=table.text + apart + text, spans=table.spans + moved),)


def _without_closer(code: str) -> str:
    """Code without a last line that may become the closing fence."""
    start = code.rfind("\n") + 1
    return code[:start] if re.fullmatch(r" {0,3}(?:`+|~+)[ \t]*", code[start:]) else code


def completed(source: str) -> str:
    """Source whose last construct is open, made whole for display."""
    head = _TABLE_HEAD.search(source)
    if head is not None and not _TABLE_RULE.search(source, 0, head.end(1)):
        return source[: head.start(1)] + _table_head(head[1])
    formula = _open_formula(source)
    if formula is not None:
        return source[:formula]
    start = source.rfind("\n") + 1
    if start < len(source) and _UNDECIDED_LINE.match(source, start):
        return source[:start]
    if len(_INNER_FENCE.findall(source)) % 2:
        return source
    return _with_inline_closed(source)


def _open_formula(source: str) -> int | None:
    """Where a displayed formula begins that is not closed yet."""
    opening = _MATH_BLOCK.search(source)
    if opening is None or "\n\n" in source[opening.start() :]:
        return None
    closer = "$$" if opening[1] else "\\]"
    rest = source[opening.end() :].rstrip()
    if rest.endswith(closer) and rest != closer[:1]:
        return None
    return opening.start() if closer not in rest else None


def _table_head(line: str) -> str:
    cells = line.strip().strip("|").split("|")
    closed = "|".join(_with_inline_closed(cell) for cell in cells)
    return f"|{closed}|\n|{'---|' * len(cells)}"


def _with_inline_closed(source: str) -> str:
    start = _leaf_start(source)
    leaf = source[start:]
    stack, brackets, mend = _open_marks(leaf)
    if mend is not None:
        return source[:start] + mend
    note = _NOTE_PART.search(leaf)
    if note is not None:
        return source[:start] + _with_marks_closed(leaf[: note.start()], stack)
    for at, mark in brackets[-1:]:
        if len(leaf) - at < _BRACKET_REACH and not leaf[at - 1 : at].isalnum():
            leaf = leaf.removesuffix("]")
            leaf = leaf[:at] + leaf[at + len(mark) :]
            stack = [(place if place < at else place - len(mark), text) for place, text in stack]
    return source[:start] + _with_marks_closed(leaf, stack)


def _leaf_start(source: str) -> int:
    """Where the text of the last paragraph, item, heading or table cell begins."""
    start = source.rfind("\n\n") + 2 if "\n\n" in source else 0
    marked = [found.end() for found in _MARKER_LINE.finditer(source, start) if found.end() > found.start()]
    start = marked[-1] if marked else start
    line = source.rfind("\n") + 1
    return source.rfind("|") + 1 if source[line:].lstrip().startswith("|") else start


def _open_marks(leaf: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]], str | None]:
    """Emphasis and brackets that are open at the end, or the leaf with its open code or link closed."""
    stack: list[tuple[int, str]] = []
    brackets: list[tuple[int, str]] = []
    at = 0
    while (found := _INLINE.search(leaf, at)) is not None:
        mark, at = found[0], found.end()
        if mark[0] == "$" or mark == "\\(":
            after = _formula_end(leaf, found.start(), mark)
            if after is not None and after < 0:
                return [], [], _with_marks_closed(leaf[: found.start()].rstrip(" "), stack)
            at = at if after is None else after
        elif mark[0] == "`":
            end = re.compile(rf"(?<!`){mark}(?!`)").search(leaf, at)
            if end is None:
                return [], [], _with_marks_closed(leaf[: found.start()] + _code(leaf[found.start() :], mark), stack)
            at = end.end()
        elif mark in ("[", "!["):
            brackets.append((found.start(), mark))
        elif mark[0] == "]":
            if mark.startswith("](") and not mark.endswith(")") and brackets:
                return [], [], _with_marks_closed(leaf[: found.start()] + "](<>)", stack, keep=found.start())
            if brackets and not (mark == "]" and at == len(leaf)):
                brackets.pop()
        elif mark[0] in "*_~":
            _match_mark(leaf, found.start(), mark, stack)
    return stack, brackets, None


def _formula_end(leaf: str, start: int, mark: str) -> int | None:
    """Where a formula ends; -1 when its end may still come, None when this does not begin one."""
    begins = start + len(mark)
    if mark == "\\(":
        end = leaf.find("\\)", begins)
    else:
        before, first = leaf[start - 1 : start], leaf[begins : begins + 1]
        if (first in (" ", "\n") and mark == "$") or before.isdigit() or _MONEY.match(leaf, start):
            return None
        closing = re.compile(rf"(?<![\\\s$]){re.escape(mark)}(?![\d$])").search(leaf, begins)
        end = closing.start() if closing is not None else -1
    if end >= 0:
        return end + len(mark)
    return -1 if len(leaf) - start < _FORMULA_REACH else None


def _code(rest: str, mark: str) -> str:
    body = rest[len(mark) :].rstrip(" \n`")
    return f"{mark}{body}{mark}" if body.strip() else ""


def _match_mark(leaf: str, at: int, mark: str, stack: list[tuple[int, str]]) -> None:
    before, after = leaf[at - 1 : at], leaf[at + len(mark) : at + len(mark) + 1]
    if before.strip() and stack and stack[-1][1][0] == mark[0] and not (mark[0] == "_" and after.isalnum()):
        if after or len(mark) >= len(stack[-1][1]):
            stack.pop()
    elif (after.strip() or not after) and not (mark[0] == "_" and before.isalnum()):
        stack.append((at, mark))


def _with_marks_closed(leaf: str, stack: list[tuple[int, str]], keep: int = 0) -> str:
    for at, mark in reversed(stack):
        if at < keep:
            leaf = leaf.rstrip() + mark
            continue
        body = leaf[at + len(mark) :].rstrip(" \n*_~")
        leaf = leaf[:at] + mark + body + mark if body.strip() else leaf[:at] + body
    return leaf
