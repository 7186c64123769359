"""Failures while conversations are exported and imported."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class NotAChatExport(UserError):
    """Nothing in a file or folder is a conversation that Parley knows how to read."""

    text = "No chat that Parley can read is in {file}."
    advice = (
        "It reads its own JSON, the exports of ChatGPT, Claude and Open WebUI, and the chats of LM Studio, "
        "Jan and GPT4All."
    )


class ImportUnreadable(WorldError):
    """The system refuses to open or read what is to be imported."""

    text = "{file} cannot be read: {reason}."
    advice = "Check that it is there and that you may read it, then try again."


class ArchiveDamaged(WorldError):
    """A zip archive is cut off, encrypted, or contradicts itself."""

    text = "The archive {file} cannot be read: {reason}."
    advice = "Download it again, or unpack it and import its folder."


class ArchiveTooLarge(UserError):
    """An archive unpacks to far more than it should; sizes are formatted."""

    text = "{file} unpacks to more than {limit}, which no export of chats does."
    advice = "If you trust it, unpack it and import its folder."


class FileCutOff(WorldError):
    """A JSON document ends too early, or is no JSON from some place on; what stood before has come in."""

    text = "{file} is damaged or incomplete after {count} chats."
    advice = "What stood before came in. Export it again and import it once more; nothing comes in twice."


class NestedTooDeep(UserError):
    """A JSON document is nested deeper than any export is."""

    text = "{file} is nested more than {limit} levels deep."
    advice = "It is not an export of chats, or it was damaged."


class TooManyFiles(UserError):
    """A folder or an archive holds more files than an import looks into; the first of them were read."""

    text = "{file} holds more than {limit} files that may be chats; the others were not read."
    advice = "What the first ones hold came in. Import the folders inside it one by one; nothing comes in twice."


class RecordInvalid(UserError):
    """One conversation cannot be made sense of."""

    text = "This chat could not be read: {reason}."
    advice = "The others are not affected."


class FormatNewer(UserError):
    """A file was written by a later version of the program it comes from."""

    text = "{file} has version {version} of its format; Parley reads up to {known}."
    advice = "Update Parley, or save it with an older version of the program."


class ExportTargetExists(UserError):
    """A file would be overwritten."""

    text = "{file} is there already."
    advice = "Choose another name, or say that it may be overwritten."


class ExportTargetUnfit(UserError):
    """Many conversations of this format do not go into one file."""

    text = "{count} chats cannot be written as one {format} file."
    advice = "Choose a folder, or a file whose name ends in .zip."


class ExportFailed(WorldError):
    """The system refuses to write the file."""

    text = "{file} cannot be written: {reason}."
    advice = "Choose another place, or check that you may write there."


class PrintFailed(WorldError):
    """The child that makes PDF pages came to nothing."""

    text = "The PDF could not be made: {reason}."
    advice = "Try again, or export as HTML and print it from a browser."


class ExchangeLost(WorldError):
    """The child that exports and imports ended by itself."""

    text = "The work stopped: {reason}."
    advice = "Nothing is half done: start it again, and it goes on with what is missing."
