"""The language of what this process says: sentences of errors, and the marks in numbers.

The window sets both for its thread when it starts; everywhere else it is English. Each thread has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

ERRORS = "Errors"
"""The translations' context of errors' sentences."""
_SETTINGS = "Settings"


@dataclass(frozen=True)
class NumberMarks:
    """What stands before the fraction, and between thousands."""

    decimal: str = "."
    group: str = ","


def _as_it_is(_context: str, text: str) -> str:
    return text


TRANSLATE: ContextVar[Callable[[str, str], str]] = ContextVar("translate", default=_as_it_is)
_ENGLISH = NumberMarks()
NUMBERS: ContextVar[NumberMarks] = ContextVar("numbers", default=_ENGLISH)


def said(text: str) -> str:
    """A part of an error's sentence, in the language of this thread."""
    return TRANSLATE.get()(ERRORS, text)


def said_of_settings(text: str) -> str:
    """A title of the settings table, in the language of this thread."""
    return TRANSLATE.get()(_SETTINGS, text)
