"""A message's Markdown as safe HTML: no markup of its own, no scripts, nothing fetched from anywhere.

Deviations from CommonMark: tables, tasks, footnotes and strikethrough, line breaks stay, HTML shows as text,
an image is a link with its alternative text, a formula what the page makes of it, or as it was typed. Each block
is read in the direction of its first letter that has one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Protocol
from unicodedata import bidirectional

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_HIGHLIGHTED = 100_000
MAX_RENDERED = 1_000_000
MAX_BRACKETS = 2_000
"""A longer text, or one with more brackets, is shown as it is: parsing it could take minutes."""

MAX_SEARCHED = 50_000_000
"""The ends of formulas in brackets are looked for up to the text's end: this many characters at the most."""

MAX_FORMULA_CHARACTERS = 4_000
"""A longer formula is shown as it was typed."""

_LINKS = ("http://", "https://", "mailto:")
_TASK = re.compile(r"\[([ xX])\] ")
_NOTE = re.compile(r"\[\^([^\]\s^]{1,32})\]:?")
_FORMULAS = ("math_inline", "math_inline_double", "math_block", "math_block_eqno")
_CLOSERS = {"\\(": "\\)", "\\[": "\\]"}
_LONG_CELL = 20
_LAY_OUT = "how formulas are laid out"
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_DIRECTED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"}


class LayOut(Protocol):
    """What a page makes of a formula."""

    def __call__(self, source: str, *, display: bool) -> str | None:
        """The formula as HTML; None if it is to be shown as it was typed."""


def body_of(text: str, lay_out: LayOut) -> str:
    """The text as HTML."""
    if len(text) > MAX_RENDERED or text.count("[") > MAX_BRACKETS:
        return f"<pre>{escape(text)}</pre>\n"
    formulas = text.count("\\(") + text.count("\\[")
    return str(_parser(brackets=formulas * len(text) <= MAX_SEARCHED).render(text, {_LAY_OUT: lay_out}))


def direction_of(text: str) -> str:
    """The direction of the first letter that has one, as `dir` names it; empty if none has."""
    return next((_DIRECTIONS[kind] for letter in text if (kind := bidirectional(letter)) in _DIRECTIONS), "")


@cache
def _parser(*, brackets: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.texmath import texmath_plugin

    options = {"html": False, "breaks": True, "highlight": _highlighted}
    parser = (
        MarkdownIt("commonmark", options)
        .enable(["table", "strikethrough"])
        .disable(["reference", "html_block", "html_inline"])
    )
    if brackets:
        parser.use(texmath_plugin, delimiters="brackets")
    parser.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    parser.validateLink = _is_link  # type: ignore[method-assign]
    parser.core.ruler.push("tasks and cells", _mark)
    parser.core.ruler.push("directions", _direct)
    for name in _FORMULAS:
        parser.add_render_rule(name, _formula)
    parser.add_render_rule("text", _text)
    parser.add_render_rule("image", _image)
    return parser


def _mark(state: StateCore) -> None:
    """Give tasks their boxes, and cells whose text is long a name for the style."""
    for at, token in enumerate(state.tokens):
        if token.type == "td_open" and len(state.tokens[at + 1].content) > _LONG_CELL:
            token.attrSet("class", "long")
        elif token.type == "inline" and at > 1 and state.tokens[at - 2].type == "list_item_open" and token.children:
            first = token.children[0]
            if first.type == "text" and (task := _TASK.match(first.content)):
                first.content = ("☐ " if task[1] == " " else "☑ ") + first.content[task.end() :]
                state.tokens[at - 2].attrSet("class", "task")


def _direct(state: StateCore) -> None:
    """Tell of each block that is read in another direction than what it stands in."""
    within: list[Token] = []
    decided: set[int] = set()
    for token in state.tokens:
        if token.nesting == 1:
            within.append(token)
        elif token.nesting == -1:
            within.pop()
        elif token.type == "inline" and (direction := direction_of(token.content)):
            around = "ltr"
            for block in within:
                if block.tag in _DIRECTED and id(block) not in decided:
                    decided.add(id(block))
                    if direction != around:
                        block.attrSet("dir", direction)
                around = str(block.attrGet("dir") or around)


def _is_link(url: str) -> bool:
    return url.lower().startswith(_LINKS)


def _formula(_: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, environment: Any) -> str:
    token = tokens[at]
    source = token.content.strip()
    display = token.block or token.type == "math_inline_double"
    made = environment[_LAY_OUT](source, display=display) if len(source) <= MAX_FORMULA_CHARACTERS else None
    if made is None:
        typed = token.markup + token.content + _CLOSERS.get(token.markup, token.markup)
        made = f"<code>{escape(typed)}</code>"
    number = f" ({escape(token.info)})" if token.type == "math_block_eqno" else ""
    return f'<div class="formula">{made}{number}</div>\n' if token.block else made


def _text(_: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _environment: Any) -> str:
    """Text with the marks of footnotes raised."""
    return _NOTE.sub(lambda note: f"<sup>{note[1]}</sup>", escape(tokens[at].content))


def _image(renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    token = tokens[at]
    name = escape(renderer.renderInlineAsText(token.children or [], options, environment) or "image")
    address = str(token.attrs.get("src", ""))
    return f'<a href="{escape(address)}">{name}</a>' if _is_link(address) else name


def _highlighted(code: str, language: str, _: str) -> str:
    """Code with its tokens in spans of Pygments' short classes."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if not language or len(code) > MAX_HIGHLIGHTED:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
