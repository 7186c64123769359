"""Presets: a named manner of answering. The system prompt, the sampling, and what else a reply is made with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from app.core.engine.sampling import Sampling, invalid_option
from app.core.engine.templates import template_names
from app.core.errors import UserError
from app.core.program.setting_errors import InvalidOption

KNOWN_VARIABLES = ("date", "time", "user", "model")
MAX_NAME = 80
NOBODY = "the user"

_VARIABLE = re.compile(r"\{\{\s*([^\W\d]\w*)\s*\}\}")


class UnknownPreset(UserError):
    """No preset has this name."""

    text = "There is no preset “{name}”."
    advice = "See “parley presets list” for those there are."


class PresetNameTaken(UserError):
    """Names are unique, whatever their case."""

    text = "There is a preset “{name}” already."
    advice = "Choose another name."


class PresetNameUnfit(InvalidOption):
    """A preset has no name, or one that is too long."""

    text = "A preset needs a name of at most {most} characters."
    advice = "Give it one."


class PresetFileInvalid(UserError):
    """A file of presets cannot be read as one."""

    text = "{file} is not a file of presets: {reason}."
    advice = "Choose a file that Parley exported, or compare it with one."


class VariablesMissing(UserError):
    """A preset asks for values that were not given."""

    text = "The preset “{name}” needs a value for {variables}."
    advice = "Give it, on the command line as --var NAME=VALUE."


class Reasoning(StrEnum):
    """Whether a model that can think first is to do so; `AUTO` leaves it to the model's template."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Preset(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """How to answer.

    `template` names a chat template in place of the model's own, or is empty. `context_limit` is how many
    tokens of the conversation the model is given at most; None means as many as it was loaded for.
    """

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    description: str = ""
    system: str = ""
    sampling: Sampling = Sampling()
    template: str = ""
    reasoning: Reasoning = Reasoning.AUTO
    context_limit: Annotated[int, Meta(ge=64)] | None = None

    @property
    def free_variables(self) -> tuple[str, ...]:
        """The variables of the system prompt that the user is asked for, in their order."""
        return tuple(name for name in variables_in(self.system) if name not in KNOWN_VARIABLES)

    @property
    def template_variables(self) -> dict[str, str | bool | int]:
        """What a chat template is told besides the messages."""
        return {} if self.reasoning is Reasoning.AUTO else {"enable_thinking": self.reasoning is Reasoning.ON}

    @staticmethod
    def checked(options: Mapping[str, object]) -> Preset:
        """Build from outside input, such as a file or a form.

        Raises:
            PresetNameUnfit: it has no name, or a long one.
            InvalidOption: a value is of the wrong type or out of its range, or there is no such template.
        """
        named = dict(options)
        if isinstance(name := named.get("name"), str):
            named["name"] = name = " ".join(name.split())
            if not 0 < len(name) <= MAX_NAME:
                raise PresetNameUnfit(most=MAX_NAME)
        try:
            preset = msgspec.convert(named, Preset, str_keys=True)
        except msgspec.ValidationError as error:
            raise invalid_option(error, named) from None
        if preset.template and preset.template not in template_names():
            reason = f"there are {', '.join(template_names())}"
            raise InvalidOption(option="template", value=repr(preset.template), reason=reason)
        return preset


class ChosenPreset(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a conversation keeps of its preset, which may be changed or deleted later.

    `values` are the user's answers to the free variables. `system` is the prompt with everything filled in,
    None as long as nothing was sent with it.
    """

    preset: Preset
    values: dict[str, str] = {}
    system: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The free variables without a value."""
        return tuple(name for name in self.preset.free_variables if name not in self.values)

    def begun(self, user: str, model: str, now: datetime) -> ChosenPreset:
        """The same with its prompt filled in, once and for all.

        Raises:
            VariablesMissing: a free variable has no value.
        """
        if self.system is not None:
            return self
        if self.missing:
            raise VariablesMissing(name=self.preset.name, variables=", ".join(self.missing))
        values = {**known_values(user, model, now), **self.values}
        return msgspec.structs.replace(self, system=filled(self.preset.system, values))


class StoredPreset(msgspec.Struct, frozen=True, kw_only=True):
    """A preset of the user's list; `builtin` is the key of the one that ships with Parley, or empty."""

    id: int
    preset: Preset
    builtin: str = ""


def variables_in(text: str) -> tuple[str, ...]:
    """The names in double braces, each once, in their order; nothing else in braces is one."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with values in place of their names; a name without a value stays."""
    return _VARIABLE.sub(lambda match: values.get(match.group(1), match.group()), text)


def known_values(user: str, model: str, now: datetime) -> dict[str, str]:
    """What the known variables stand for."""
    return {
        "date": now.strftime("%Y-%m-%d"),
        "time": now.strftime("%H:%M"),
        "user": user or NOBODY,
        "model": model,
    }


def unused_name(wanted: str, taken: Mapping[str, object] | set[str]) -> str:
    """The name, with a number after it if there is one like it already; `taken` is casefolded."""
    name, number = wanted[:MAX_NAME], 1
    while name.casefold() in taken:
        number += 1
        ending = f" {number}"
        name = wanted[: MAX_NAME - len(ending)] + ending
    return name
