"""Failures of the engine while it answers."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class GrammarInvalid(UserError):
    """llama.cpp refused a GBNF grammar."""

    text = "The grammar cannot be parsed."
    advice = "Check its rules: it needs one called “root”."


class EngineBusy(UserError):
    """A reply was asked for while another one is being written."""

    text = "The model is still busy with another reply."
    advice = "Wait for it, or stop it first."


class EngineLost(WorldError):
    """The engine's process ended by itself; `reason` says how."""

    text = "The engine stopped: {reason}."
    advice = "What it had written is kept. Send a message or try again to start it anew."


class EngineFailed(WorldError):
    """llama.cpp returned an error while it computed."""

    text = "The model stopped with an error while {activity}."
    advice = "Try again; if it happens again, load the model with a shorter context."
    words = ("reading", "writing")
