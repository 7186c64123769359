"""The chat templates that have a name: those that ship with Parley, and the user's own in the data folder.

A user's template is the file `NAME.jinja` in the folder `templates`; any process reads it there, when it is needed.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from app.core.errors import UserError
from app.core.file_errors import FileUnreadable
from app.core.paths import Folders, resources

OWN_TEMPLATE = "built-in"
"""What the template in a model's file is called."""
MAX_SOURCE_CHARS = 1_000_000
MAX_NAME = 60
ENDING = ".jinja"

_MAX_CHAR_BYTES = 4
_NAME = re.compile(r"[\w(][\w .,+()-]*")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class UnknownTemplate(UserError):
    """No template has this name; the user's own may have been deleted."""

    text = "There is no chat template “{name}”."
    advice = "Choose another one for this model or preset: {known}."

    @classmethod
    def of(cls, name: str) -> UnknownTemplate:
        """With those there are."""
        return cls(name=name, known=", ".join(template_names()))


class TemplateNameRefused(UserError):
    """A user's template cannot be called so."""

    text = "“{name}” cannot be the name of a template: {reason}."
    advice = "Choose another name."


class TemplateShips(UserError):
    """What ships with the program stays with it."""

    text = "“{name}” ships with Parley and cannot be removed."
    advice = "Name one of your own templates."


def shipped_names() -> tuple[str, ...]:
    """The templates that ship with the program, for models without one, in the order of the alphabet."""
    return _names_in(_shipped())


def own_names() -> tuple[str, ...]:
    """The user's templates, in the order of the alphabet."""
    return tuple(name for name in _names_in(own_folder()) if name_fault(name) is None)


def template_names() -> tuple[str, ...]:
    """Every name that can be chosen: those that ship with the program, then the user's."""
    return (*shipped_names(), *own_names())


def own_folder() -> Path:
    """Where the templates of this process's user are; there is no folder before the first one is saved."""
    return Folders.of(os.environ).templates


def name_fault(name: str) -> str | None:
    """Why a user's template cannot be called so; None if it can."""
    reason = None
    if not name:
        reason = "it is empty"
    elif len(name) > MAX_NAME:
        reason = "it is too long"
    elif not _NAME.fullmatch(name) or name[-1] in ". " or unicodedata.normalize("NFC", name) != name:
        reason = "it may have letters, digits, spaces and . , + - ( ) _ in it"
    elif _DEVICE.fullmatch(name):
        reason = "the system uses it for something else"
    elif name.casefold() in (*shipped_names(), OWN_TEMPLATE):
        reason = "a template that ships with Parley is called so"
    return reason


def template_path(name: str) -> Path:
    """Where a user's template is, or would be.

    Raises:
        TemplateNameRefused: it cannot be called so.
    """
    reason = name_fault(name)
    if reason is not None:
        raise TemplateNameRefused(name=name, reason=reason)
    return own_folder() / f"{name}{ENDING}"


def template_source(name: str) -> str:
    """The Jinja source of a template.

    Raises:
        UnknownTemplate: there is none of this name.
        FileUnreadable: the system does not let it be read, or it is no text, or too long.
    """
    if name in shipped_names():
        return _read(_shipped() / f"{name}{ENDING}")
    if name_fault(name) is not None:
        raise UnknownTemplate.of(name)
    try:
        return _read(own_folder() / f"{name}{ENDING}")
    except FileNotFoundError:
        raise UnknownTemplate.of(name) from None


def digest_of(source: str) -> str:
    """The SHA-256 of a template, by which a reply's record knows it again."""
    import hashlib  # brings OpenSSL along, which a window that only lists its chats does not need

    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def _shipped() -> Path:
    return resources() / "templates"


def _names_in(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob(f"*{ENDING}")))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SOURCE_CHARS * _MAX_CHAR_BYTES + 1)
        source = content.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(path) from error
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise FileUnreadable(str(error), file=path.name, reason="it is not text in UTF-8") from error
    if len(source) > MAX_SOURCE_CHARS:
        raise FileUnreadable(file=path.name, reason="it is too long")
    return source
