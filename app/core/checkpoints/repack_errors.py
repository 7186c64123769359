"""Failures while a safetensors checkpoint is turned into GGUF, each with what to do.

Whichever occurs, nothing appears under the result's final name, and a checkpoint that was on the disk is as it was.
"""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class NoCheckpoint(UserError):
    """A folder holds no model that could be repacked."""

    text = "{folder} holds no model in safetensors: {reason}."
    advice = "Choose a folder with a config.json and its .safetensors files."


class PickleRefused(UserError):
    """The weights are pickled, which is a program that would be run to read them."""

    text = "{file} is a pickle: reading it would run a program that somebody else wrote."
    advice = "Look for a variant of this model in safetensors or GGUF."


class CheckpointIncomplete(WorldError):
    """A file that the checkpoint needs is not there, or its index names another."""

    text = "{folder} is incomplete: {reason}."
    advice = "Download the missing files, then try again."


class IndexWrong(WorldError):
    """The index of a sharded checkpoint contradicts its files."""

    text = "{file} does not agree with the files it lists: {reason}."
    advice = "Download the model again; its files seem to be of different versions."


class ConfigUnusable(UserError):
    """config.json, or what says how the weights are quantized, makes no sense."""

    text = "{file} cannot be used: {reason}."
    advice = "Download it again, or look for another repo of this model."


class TensorMissing(WorldError):
    """A weight that the architecture needs is not in any file."""

    text = "The checkpoint lacks {tensor}."
    advice = "Nothing was made of it, since a model with a made-up weight would talk nonsense. Download it again."


class TensorLeftOver(WorldError):
    """The files hold weights that the architecture has no place for."""

    text = "The checkpoint holds {tensor}, for which this architecture has no place ({count} of this kind)."
    advice = "Nothing was made of it. It may be of a newer form than this version of Parley knows."


class TensorWrong(WorldError):
    """A weight has another shape or type than it must have."""

    text = "{tensor} {reason}."
    advice = "Nothing was made of it. Download the model again, or look for another repo of it."


class QuantizationMismatch(WorldError):
    """What the configuration says of the packing is not what the tensors are."""

    text = "{tensor} is not packed as the configuration says: {reason}."
    advice = "Download config.json and quantize_config.json again; those here may belong to another branch."


class ScalesNotFinite(WorldError):
    """A scale is not a number, or infinite."""

    text = "{tensor} holds values that are not finite numbers."
    advice = "Nothing was made of it. Download it again, or look for another repo of this model."


class QuantizationUnknown(UserError):
    """The weights are quantized by a method that Parley does not repack."""

    text = "Models quantized by {method} cannot be repacked."
    advice = "Choose a GGUF, GPTQ, AWQ or bitsandbytes variant of this model, or the unquantized one."


class ArchitectureNotRepacked(UserError):
    """No table exists for this architecture."""

    text = "The architecture {architecture} cannot be repacked; Parley knows {known}."
    advice = "Look for a GGUF variant of this model."


class TokenizerUnknown(UserError):
    """The tokenizer is of a kind that llama.cpp would read differently, or that is not understood."""

    text = "The tokenizer of this model cannot be carried over: {reason}."
    advice = "Look for a GGUF variant of this model."


class RopeUnknown(UserError):
    """The positions are scaled in a way that llama.cpp has no name for."""

    text = "This model scales its positions by “{kind}”, which cannot be carried over."
    advice = "Look for a GGUF variant of this model."


class TypeNotOffered(UserError):
    """A type was asked for that is not made here, or for weights that are quantized already."""

    text = "The type {type} cannot be made of this checkpoint: {reason}."
    advice = "Leave the type out, or choose one of {known} for an unquantized model."


class SourceChanged(WorldError):
    """A file of the checkpoint was written to while it was read."""

    text = "{file} changed while it was read."
    advice = "Wait until whatever writes to the folder is done, then try again."


class RepackUnsound(WorldError):
    """The result does not say what the checkpoint says."""

    text = "The result was thrown away, since {tensor} in it differs from the checkpoint: {reason}."
    advice = "Nothing was made of it. Try again; if it happens again, please report it."


class RepackElsewhere(UserError):
    """Another process makes the same file."""

    text = "{file} is already being made by another window or command."
    advice = "Wait for it, or stop it there."


class ResultInTheWay(UserError):
    """A file has the name of the result."""

    text = "{file} is already in {folder}."
    advice = "Use it, or move it away to have it made anew."


class RepackerLost(WorldError):
    """The child that repacks ended by itself."""

    text = "The preparation of the model stopped: {reason}."
    advice = "What was done is kept. Try again to go on from there."


class OriginalStays(WorldError):
    """The result is there, but the checkpoint could not be removed."""

    text = "The model is ready, but its original {file} could not be removed: {reason}."
    advice = "Delete it with your file manager."


class PreparationsUnsaved(WorldError):
    """The list of preparations could not be written."""

    text = "The list of preparations could not be saved: {reason}."
    advice = "Make room on the disk; otherwise an unfinished preparation is forgotten when the window closes."
