"""Markdown source into flat blocks of styled text; pure, no Qt.

Window process, interface thread. CommonMark with tables, strikethrough and LaTeX formulas through
markdown-it-py and its plugins, which are imported at the first parse. Tasks and footnotes are told from
the text, since a text is parsed in parts and a plugin wants the definition in the same one. Deviations on
purpose: HTML is shown as text, images as their alternative text, a soft line break stays a line break,
reference definitions stay visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from app.ui.markdown.block import BULLETS, OBJECT, TASK_DONE, TASK_OPEN, Block, Container, Kind, Span, Style

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_NESTING = 32
MAX_MARKS = 400
MAX_CELLS = 500
_SLOW_MARKS = ("[", "$", "\\(")
_LINK = re.compile(r"(?:https?://|mailto:|parley:)", re.IGNORECASE)
_CONTROL = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"}
_UNSHOWN = _CONTROL | {ord("\r"): None, 0x202D: "\ufffd", 0x202E: "\ufffd", 0x7F: "\u2421"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_TASK = re.compile(r"\[([ xX])\][ \n]")
_MOST_OF_TARGET = 80
_NOTE = re.compile(r"\[\^([^\]\s^]{1,32})\]")
_DEFINITION = re.compile(r"\[\^([^\]\s^]{1,32})\]:[ \t]*")


def clean(text: str) -> str:
    """Make control characters, lone surrogates and bidirectional overrides visible and harmless."""
    return _SURROGATE.sub("\ufffd", text.translate(_UNSHOWN))


def is_safe_link(href: str) -> bool:
    """Whether a link may be offered to the user: only web pages, mail addresses and places of the window are."""
    return _LINK.match(href) is not None


def parse(source: str) -> tuple[Block, ...]:
    """Parse source that is no longer than a few thousand characters, at once.

    Source nested deeper than `MAX_NESTING`, or with more brackets, formulas or cells of tables than anybody reads
    in so few characters, comes back as one plain paragraph.
    """
    if max(map(source.count, _SLOW_MARKS)) > MAX_MARKS:
        return _as_written(source)
    tokens = _parser().parse(source)
    cells = sum(token.type in ("th_open", "td_open") for token in tokens)
    if cells > MAX_CELLS or any(token.level >= MAX_NESTING for token in tokens):
        return _as_written(source)
    return tuple(_Walker().walk(tokens))


def _as_written(source: str) -> tuple[Block, ...]:
    return (Block(Kind.PARAGRAPH, source.strip("\n")),)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.texmath import texmath_plugin

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING + 4})
    parser.enable(["table", "strikethrough"]).disable(["reference", "html_block", "html_inline"])
    texmath_plugin(parser, delimiters="brackets")
    dollarmath_plugin(
        parser, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False, double_inline=True
    )
    return parser


_INLINE_STYLES = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRIKE, "link": Style.LINK}


class InlineText:
    """Collects the text of inline tokens, and its spans."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.spans: list[Span] = []

    @property
    def text(self) -> str:
        """What was collected."""
        return "".join(self._parts)

    def add(self, text: str, style: Style = Style.PLAIN, href: str = "") -> None:
        """Append text in one style."""
        if not text:
            return
        start, self._length = self._length, self._length + len(text)
        self._parts.append(text)
        if style:
            self.spans.append(Span(start, self._length, style, href))

    def add_tokens(self, tokens: Iterable[Token], style: Style = Style.PLAIN) -> None:
        """Append what markdown-it found inside one block; `style` applies to all of it."""
        open_styles = [(style, "")]
        for token in tokens:
            now, href = open_styles[-1]
            name, _, edge = token.type.rpartition("_")
            if edge == "open" and name in _INLINE_STYLES:
                target = str(token.attrGet("href") or "") if name == "link" else href
                added = Style.PLAIN if name == "link" and not is_safe_link(target) else _INLINE_STYLES[name]
                open_styles.append((now | added, target if is_safe_link(target) else ""))
            elif edge == "close" and name in _INLINE_STYLES:
                open_styles.pop()
            elif token.type == "code_inline":
                self.add(token.content, now | Style.CODE, href)
            elif token.type == "image":
                self._add_image(token, now, href)
            elif token.type.startswith("math_inline"):
                self.add(OBJECT, now & ~Style.LINK | Style.MATH, token.content.strip())
            elif token.type == "text" and "[^" in token.content:
                self._add_notes(token.content, now, href)
            elif token.type in ("softbreak", "hardbreak"):
                self.add("\n", now, href)
            else:
                self.add(token.content, now, href)

    def _add_notes(self, text: str, style: Style, href: str) -> None:
        """Text with marks of footnotes in it."""
        at = 0
        for found in _NOTE.finditer(text):
            self.add(text[at : found.start()], style, href)
            self.add(found[1], style | Style.NOTE)
            at = found.end()
        self.add(text[at:], style, href)

    def _add_image(self, token: Token, style: Style, href: str) -> None:
        source = str(token.attrGet("src") or "")
        target = href or (source if is_safe_link(source) else "")
        named = token.content if target and token.content else f"{token.content} ({_shortened(source)})".strip()
        self.add(named if source else token.content, style | (Style.LINK if target else Style.PLAIN), target)


def _shortened(target: str) -> str:
    """An address that may be a whole picture."""
    return target if len(target) <= _MOST_OF_TARGET else f"{target[:_MOST_OF_TARGET]}…"


class _Walker:
    """Turns markdown-it's nested tokens into flat blocks."""

    def __init__(self) -> None:
        self._containers: list[Container] = []
        self._bullets = 0
        self._marker = ""
        self._rows: list[list[Token]] = []
        self._aligns: list[str] = []
        self._blocks: list[Block] = []

    def walk(self, tokens: list[Token]) -> list[Block]:
        for index, token in enumerate(tokens):
            match token.type:
                case "paragraph_open":
                    self._inline(Kind.PARAGRAPH, tokens[index + 1], tight=token.hidden)
                case "heading_open":
                    self._inline(Kind.HEADING, tokens[index + 1], level=int(token.tag[1:]))
                case "fence" | "code_block":
                    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
                    self._add(Block(Kind.CODE, token.content.rstrip("\n"), language=language))
                case "hr":
                    self._add(Block(Kind.RULE))
                case "math_block" | "math_block_eqno":
                    self._add(Block(Kind.MATH, token.content.strip("\n ")))
                case _:
                    self._structure(token, tokens[index + 1] if index + 1 < len(tokens) else token)
        return self._blocks

    def _structure(self, token: Token, following: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._containers.append(Container.QUOTE)
            case "bullet_list_open":
                self._bullets += 1
            case "bullet_list_close":
                self._bullets -= 1
            case "list_item_open":
                self._containers.append(Container.ITEM)
                ordered = token.info != ""
                bullet = BULLETS[min(max(self._bullets, 1), len(BULLETS)) - 1]
                self._marker = f"{token.info}{token.markup}" if ordered else bullet
            case "list_item_close" | "blockquote_close":
                if self._marker:
                    self._add(Block(Kind.PARAGRAPH, tight=True))
                self._containers.pop()
            case "tr_open":
                self._rows.append([])
            case "th_open" | "td_open":
                self._rows[-1].append(following)
                if len(self._rows) == 1:
                    self._aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
            case "table_close":
                self._table()

    def _add(self, block: Block) -> None:
        self._blocks.append(replace(block, containers=tuple(self._containers), marker=self._marker))
        self._marker = ""

    def _inline(self, kind: Kind, token: Token, *, level: int = 0, tight: bool = False) -> None:
        inline, children = InlineText(), token.children or []
        first = children[0] if children else None
        if first is not None and first.type == "text" and kind is Kind.PARAGRAPH:
            if self._marker and (task := _TASK.match(first.content + "\n" * (len(children) > 1))):
                self._marker = TASK_OPEN if task[1] == " " else TASK_DONE
                first.content = first.content[task.end() :]
            elif not self._containers and (note := _DEFINITION.match(first.content)):
                self._marker, kind = note[1], Kind.FOOTNOTE
                first.content = first.content[note.end() :]
        inline.add_tokens(children)
        self._add(Block(kind, inline.text, tuple(inline.spans), level=level, tight=tight))

    def _table(self) -> None:
        table = InlineText()
        for number, row in enumerate(self._rows):
            table.add("\n" if number else "")
            for column, cell in enumerate(row):
                table.add("\t" if column else "")
                for child in cell.children or ():
                    child.content = child.content.replace("\t", " ")
                table.add_tokens(cell.children or (), Style.PLAIN if number else Style.BOLD)
        self._add(Block(Kind.TABLE, table.text, tuple(table.spans), aligns=tuple(self._aligns)))
        self._rows, self._aligns = [], []
