"""Failures with options and settings."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class InvalidOption(UserError):
    """An option is out of its range or of the wrong type."""

    text = "{option} cannot be {value}: {reason}."
    advice = "Choose another value."


class SettingsDamaged(WorldError):
    """The settings file cannot be parsed."""

    text = "The settings file was damaged; Parley uses its defaults."
    advice = "What it held is kept as {file}."
