"""A message's Markdown as safe HTML: no markup of its own, no scripts, nothing fetched from anywhere.

Deviations from CommonMark: tables and strikethrough, line breaks stay, HTML shows as text, an image
is a link with its alternative text, formulas stay as they were typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

MAX_HIGHLIGHTED = 100_000
MAX_RENDERED = 1_000_000
MAX_BRACKETS = 2_000
"""A longer text, or one with more brackets, is shown as it is: parsing it could take minutes."""

_LINKS = ("http://", "https://", "mailto:")


def body_of(text: str) -> str:
    """The text as HTML."""
    if len(text) > MAX_RENDERED or text.count("[") > MAX_BRACKETS:
        return f"<pre>{escape(text)}</pre>\n"
    return str(_parser().render(text))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    options = {"html": False, "breaks": True, "highlight": _highlighted}
    parser = (
        MarkdownIt("commonmark", options)
        .enable(["table", "strikethrough"])
        .disable(["reference", "html_block", "html_inline"])
    )
    parser.use(dollarmath_plugin, allow_digits=False, renderer=_formula)
    parser.validateLink = _is_link  # type: ignore[method-assign]
    parser.add_render_rule("image", _image)
    return parser


def _is_link(url: str) -> bool:
    return url.lower().startswith(_LINKS)


def _formula(formula: str, options: dict[str, Any]) -> str:
    mark = "$$" if options.get("display_mode") else "$"
    return escape(f"{mark}{formula}{mark}")


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
