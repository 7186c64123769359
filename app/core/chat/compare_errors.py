"""Failures of giving a reply once more, to be compared with the one there is."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class ModelChanged(WorldError):
    """The model's file is not the one that wrote the reply."""

    text = "{name} has changed since this reply was written, so it cannot be run again exactly."
    advice = "Bring the old file back, or run it with the file there is now, as with another model."


class ModelNotKnownExactly(UserError):
    """The reply's record has no hash of the model's file."""

    text = "Which file of {name} wrote this reply was not noted, so it cannot be run again exactly."
    advice = "Run it with another model instead, and choose the same one."


class ModelNotHere(WorldError):
    """The model that wrote the reply is not among those that are known."""

    text = "{name}, which wrote this reply, is not on this machine any more."
    advice = "Open its file again, then run the reply once more."


class TemplateChanged(WorldError):
    """The user's template is not the one that made the reply's prompt."""

    text = "The chat template “{name}” has changed since this reply was written."
    advice = "To run the reply again exactly, bring the template's old text back."


class NothingToRepeat(UserError):
    """The message has no record of how a model wrote it, or the server that ran it cannot be asked exactly."""

    text = "This message cannot be run again exactly: no model on this machine wrote it."
    advice = "Choose a reply that a model on this machine wrote."
