"""Failures a user can meet, told apart by type, and their form on the wire.

Four kinds exist: `UserError` (the input is wrong: say what to change), `WorldError` (the machine
or a file is at fault: say what to do next), `Cancelled` (silent), and anything else, which is a
bug and reaches the user as `Bug` with a report to copy.  A subclass states its sentence and its
advice once, as templates, so that any process can say them again, in the user's language.
"""

from __future__ import annotations

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


class EmptyPrompt(UserError):
    """There is nothing to answer."""

    text = "The message is empty."
    advice = "Write something first."


class MessageTooLarge(UserError):
    """A message is larger than any model's context."""

    text = "The message has {characters} characters, but Parley takes at most {limit}."
    advice = "Send it in parts, or only the part that matters."


class PromptTooLong(UserError):
    """The system prompt and the last message alone exceed the context."""

    text = "This message needs at least {tokens} tokens, but the model reads at most {limit} at once."
    advice = "Shorten the message, or load the model with a longer context."


class PinsTooLong(UserError):
    """The system prompt and the last message would fit, but not together with what is pinned."""

    text = "With the pinned messages this comes to {tokens} tokens, but the model reads at most {limit} at once."
    advice = "Unpin some of them, or load the model with a longer context."


class InvalidOption(UserError):
    """An option is out of its range or of the wrong type."""

    text = "{option} cannot be {value}: {reason}."
    advice = "Choose another value."


class TemplateFailed(UserError):
    """A chat template raised, looped, or does not parse."""

    text = "The chat template “{template}” cannot render this conversation: {reason}."
    advice = "Choose another template for this model, or edit this one in the load options."


class GrammarInvalid(UserError):
    """llama.cpp refused a GBNF grammar."""

    text = "The grammar cannot be parsed."
    advice = "Check its rules: it needs one called “root”."


class FileGone(WorldError):
    """A file is no longer where it was."""

    text = "{file} is no longer at {folder}."
    advice = "Put it back, or choose the file where it is now."


class FileUnreadable(WorldError):
    """The system refuses to open a file for reading."""

    text = "{file} cannot be read: {reason}."
    advice = "Check the file's permissions, or choose another file."
    words = (
        *("no such file or directory", "permission denied", "is a directory", "not a directory"),
        *("input/output error", "no space left on device", "read-only file system", "file exists"),
        *("connection refused", "connection reset by peer", "network is unreachable", "no route to host"),
        *("name or service not known", "temporary failure in name resolution", "timed out"),
    )


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


class ProtocolBroken(WorldError):
    """A child process sent something that is not a frame of this version."""

    text = "A background process answered in a way Parley does not understand."
    advice = "Restart Parley; if you have just updated it, this is enough."


class DatabaseLocked(WorldError):
    """Another program holds the database."""

    text = "Your conversations at {folder} are in use by another program."
    advice = "Close the other program and try again."


class DatabaseReadOnly(WorldError):
    """The data folder cannot be written to."""

    text = "Parley cannot write to {folder}."
    advice = "Check the folder's permissions, or set PARLEY_HOME to another folder."


class DatabaseNewer(WorldError):
    """A later version of Parley wrote the database."""

    text = "Your conversations were saved by a newer version of Parley."
    advice = "They can be read, but not changed. Update Parley to go on writing."


class DatabaseDamaged(WorldError):
    """SQLite finds the file malformed."""

    text = "The database {file} is damaged."
    advice = "It is kept as it is. Move it away to start anew, or put a copy of yours in its place."


class DatabaseUnreachable(WorldError):
    """The system refuses to open the database, or its disk fails."""

    text = "The database {file} cannot be opened or read."
    advice = "Check that its disk is connected and that you may read it, then try again."


class DiskFull(WorldError):
    """No space is left where something is to be written."""

    text = "The disk that holds {folder} is full."
    advice = "Free some space; Parley keeps what it has and goes on when there is room."


class UnknownConversation(UserError):
    """No conversation has this number."""

    text = "There is no chat {id}."
    advice = "See “parley chats list” for those there are."


class UnknownMessage(UserError):
    """No message has this number, or it belongs to another conversation."""

    text = "There is no message {id} in this chat."
    advice = "It may have been deleted meanwhile; open the chat again."


class SettingsDamaged(WorldError):
    """The settings file cannot be parsed."""

    text = "The settings file was damaged; Parley uses its defaults."
    advice = "What it held is kept as {file}."


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
        known = _REGISTRY.get(self.code)
        if known is None:
            return Bug(f"{self.code} {self.values} {self.detail}")
        return known(self.detail, **self.values)
