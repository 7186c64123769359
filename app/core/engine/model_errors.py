"""Failures with a model's file, from its first bytes until it is loaded."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class NotGguf(UserError):
    """A file does not begin with the GGUF magic."""

    text = "{file} is not a GGUF model."
    advice = "Choose a model file in GGUF format; its name usually ends in .gguf."


class GgufDamaged(WorldError):
    """A GGUF file is truncated or its header contradicts itself."""

    text = "{file} is damaged or incomplete: {reason}."
    advice = "Download it again, or choose another file."


class ArchitectureUnknown(UserError):
    """llama.cpp cannot run this architecture."""

    text = "{file} is of the architecture “{architecture}”, which this version of llama.cpp cannot run."
    advice = "Choose another model, or update Parley."


class ModelLoadFailed(WorldError):
    """llama.cpp refused a model for a reason of its own; `detail` holds its log."""

    text = "{file} could not be loaded."
    advice = "Look at the details; the file may be damaged, or too new for this version of Parley."


class OutOfMemory(WorldError):
    """A model needs more memory than there is."""

    text = "{file} needs about {need} of memory, but only {free} is free."
    advice = "Close other programs, choose a shorter context, or choose a smaller variant."


class NoModel(UserError):
    """A message was sent while no model was chosen."""

    text = "No model is chosen yet."
    advice = "Open a GGUF file first."
