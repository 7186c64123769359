"""Failures a user can meet, told apart by type, and their form on the wire.

Four kinds exist: `UserError` (the input is wrong: say what to change), `WorldError` (the machine
or a file is at fault: say what to do next), `Cancelled` (silent), and anything else, which is a
bug and reaches the user as `Bug` with a report to copy.  A subclass states its sentence and its
advice once, as templates, so that any process can say them again, in the user's language.

What is here are the kinds; the cases stand beside what they are about, in modules whose names end in `_errors`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from typing import ClassVar

import msgspec

from app.core.language import ERRORS, TRANSLATE

SPOKEN = ("reason", "activity", "what")
"""Values that are words, not names or numbers, and so are translated too where a translation knows them."""

_REGISTRY: dict[str, type[ParleyError]] = {}


class ParleyError(Exception):
    """A failure with a sentence for the user and the next step.

    `values` fill the placeholders of `text` and `advice`, `words` are what the spoken ones can be, for translators;
    `detail` is for the report and the log.
    """

    text: ClassVar[str] = ""
    advice: ClassVar[str] = ""
    words: ClassVar[tuple[str, ...]] = ()

    def __init__(self, detail: str = "", **values: str | int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.values = values

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _REGISTRY[cls.__name__] = cls

    @property
    def sentence(self) -> str:
        """What happened."""
        return self._said(self.text)

    @property
    def next_step(self) -> str:
        """What the user can do about it."""
        return self._said(self.advice)

    def _said(self, template: str) -> str:
        values = {name: _spoken(str(value)) if name in SPOKEN else value for name, value in self.values.items()}
        return TRANSLATE.get()(ERRORS, template).format(**values) if template else ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


def _spoken(word: str) -> str:
    """A word in the user's language, where it is known; the system writes its own with a capital."""
    small = word[:1].lower() + word[1:]
    translated = TRANSLATE.get()(ERRORS, small) if word else ""
    return translated if translated != small else word


class UserError(ParleyError):
    """The input is wrong."""


class WorldError(ParleyError):
    """The machine, a file or another program is at fault."""


class Cancelled(Exception):
    """The user stopped it."""


class Bug(ParleyError):
    """Something Parley did not foresee; `detail` holds the traceback."""

    text = "Something went wrong inside Parley."
    advice = "Your chats are safe. Please copy the details and report them."


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as a value: what crosses a pipe, and what a reply's record keeps.

    `code` names the class, `values` fill its templates, `detail` is for the report.
    """

    code: str
    values: dict[str, str | int] = {}
    detail: str = ""

    @staticmethod
    def of(error: BaseException) -> Failure:
        """Describe any exception; one that is not a `ParleyError` becomes a `Bug`."""
        if isinstance(error, ParleyError):
            return Failure(type(error).__name__, dict(error.values), error.detail)
        return Failure(Bug.__name__, {}, "".join(traceback.format_exception(error)))

    def error(self) -> ParleyError:
        """The exception again; a code of another version becomes a `Bug`."""
        if self.code not in _REGISTRY:
            _import_cases()
        known = _REGISTRY.get(self.code)
        if known is None:
            return Bug(f"{self.code} {self.values} {self.detail}")
        return known(self.detail, **self.values)


def _import_cases() -> None:
    """Know every case, also those of work that this process does not do: a record, or a child, may tell of any."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
        if module.name.endswith("_errors"):
            importlib.import_module(module.name)
