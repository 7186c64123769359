"""What a setting is: its type, its range, where it is shown, and which values it takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from app.core.language import said
from app.core.paths import expanded
from app.core.program.keys import check_keys
from app.core.program.setting_errors import InvalidOption

SettingValue = str | int | float | bool

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


class Page(StrEnum):
    """The pages of the settings, in their order."""

    APPEARANCE = "appearance"
    BEHAVIOUR = "behaviour"
    MODELS = "models"
    NETWORK = "network"
    PRIVACY = "privacy"
    SHORTCUTS = "shortcuts"
    DATA = "data"


class Form(StrEnum):
    """What a text means, which decides its field and what is checked of it."""

    TEXT = "text"
    FOLDERS = "folders"
    FILE = "file"
    ADDRESS = "address"
    KEYS = "keys"
    PRESET = "preset"


class Unit(StrEnum):
    """What a number counts."""

    NONE = ""
    PERCENT = "percent"
    MINUTES = "minutes"
    BYTES_PER_SECOND = "bytes per second"


class Effect(StrEnum):
    """From when on a change counts."""

    NOW = "now"
    NEXT_DOWNLOAD = "next download"
    NEXT_START = "next start"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting; the type of `default` is its type.

    `choices` are all values there are, if not empty, each with its name; `minimum` and `maximum` are
    inclusive. One without a `page` is Parley's own memory and no matter of the user's; neither is one that
    is not `available` in this build.
    """

    key: str
    default: SettingValue
    title: str
    help: str = ""
    page: Page | None = None
    choices: tuple[tuple[SettingValue, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    form: Form = Form.TEXT
    unit: Unit = Unit.NONE
    effect: Effect = Effect.NOW
    available: bool = True

    @property
    def hidden(self) -> bool:
        """Whether it has no place on any page."""
        return self.page is None or not self.available

    def checked(self, value: object) -> SettingValue:
        """The value, if it may be used.

        Raises:
            InvalidOption: it is of another type, not among the choices, out of range, or makes no sense.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self._invalid(value, f"expected {kind.__name__}")
        assert isinstance(value, str | int | float)
        if self.choices and value not in dict(self.choices):
            raise self._invalid(value, f"expected one of {', '.join(str(choice) for choice, _ in self.choices)}")
        if isinstance(value, str):
            return self._checked_text(value)
        if self.minimum is not None and not value >= self.minimum:
            raise self._invalid(value, said("expected at least {number}").format(number=f"{self.minimum:g}"))
        if self.maximum is not None and not value <= self.maximum:
            raise self._invalid(value, said("expected at most {number}").format(number=f"{self.maximum:g}"))
        return value

    def parsed(self, text: str) -> SettingValue:
        """The value that someone typed.

        Raises:
            InvalidOption: it is none of this setting's.
        """
        kind = type(self.default)
        if kind is bool:
            if text.strip().lower() in _TRUE | _FALSE:
                return text.strip().lower() in _TRUE
            raise self._invalid(text, said("expected on or off"))
        if kind is str:
            return self.checked(text)
        try:
            return self.checked(kind(text))
        except ValueError:
            raise self._invalid(text, said("expected a whole number")) from None

    def _checked_text(self, value: str) -> str:
        if self.form is Form.ADDRESS and value:
            self._check_address(value)
        if self.form is Form.KEYS and value not in ("", self.default) and (reason := check_keys(value)):
            raise self._invalid(value, reason)
        if self.form in (Form.FOLDERS, Form.FILE) and not all(map(_is_whole, value.splitlines())):
            raise self._invalid(value, said("expected the whole path, from the root on"))
        return value

    def _check_address(self, value: str) -> None:
        try:
            address = urlsplit(value)
            is_sound = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        except ValueError:
            is_sound = False
        if not is_sound or value.split() != [value]:
            raise self._invalid(value, said("expected an address such as http://name:port"))

    def _invalid(self, value: object, reason: str) -> InvalidOption:
        return InvalidOption(option=self.key, value=repr(value), reason=reason)


def _is_whole(path: str) -> bool:
    return not path.strip() or expanded(path.strip()).is_absolute()
