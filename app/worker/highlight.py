"""Which stretches of code bear which colour, by Pygments; typesetting child.

A language's lexer is imported at its first use. Code can be such that a lexer takes very long.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app.core.chat.typeset_frames import Tint

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType


def tints_of(code: str, language: str) -> tuple[Tint, ...]:
    """The coloured stretches of code, in order; none in a language Pygments does not know."""
    lexer = _lexer(language.lower())
    if lexer is None:
        return ()
    found: list[Tint] = []
    for start, kind, text in lexer.get_tokens_unprocessed(code):
        name = _theme_token(kind)
        if not name or not text.strip():
            continue
        if found and found[-1].token == name and found[-1].end == start:
            found[-1] = Tint(found[-1].start, start + len(text), name)
        else:
            found.append(Tint(start, start + len(text), name))
    return tuple(found)


@cache
def language_name(language: str) -> str:
    """What a fence calls a language, as people write it: `py` is Python; nothing for an unknown one."""
    lexer = _lexer(language.lower())
    return "" if lexer is None else str(lexer.name)


def suffix_of(language: str) -> str:
    """How files in a language end, such as `.py`; nothing for an unknown one."""
    lexer = _lexer(language.lower())
    names = lexer.filenames if lexer is not None else ()
    return next((name[1:] for name in names if name.startswith("*.") and name[2:].isalnum()), "")


@cache
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        return None


@cache
def _theme_token(kind: _TokenType) -> str:
    from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String

    families = (
        (Comment, "code_comment"),
        (Keyword, "code_keyword"),
        (Operator.Word, "code_keyword"),
        (Name.Tag, "code_keyword"),
        (Name.Function, "code_function"),
        (Name.Class, "code_function"),
        (Name.Decorator, "code_function"),
        (Name.Attribute, "code_function"),
        (String, "code_string"),
        (Number, "code_number"),
        (Literal, "code_number"),
    )
    return next((token for family, token in families if kind is family or family in kind.split()), "")
