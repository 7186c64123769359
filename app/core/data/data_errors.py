"""What can go wrong with the data folder as a whole: its backups, its place, its repair."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class DataMoved(WorldError):
    """Another process moved the data folder while this one was about to open it."""

    text = "Your chats were moved from {folder} to another folder."
    advice = "Start Parley again; it knows the new place."


class DataFolderGone(WorldError):
    """The folder that the data was moved to is not there."""

    text = "Your chats are kept in {folder}, but they are not there now."
    advice = "Connect its disk and try again. To begin anew in the usual folder, delete {pointer}."


class DataFolderTaken(UserError):
    """The folder chosen for the data holds something already."""

    text = "{folder} is not empty."
    advice = "Choose an empty folder, or one that does not exist yet."


class DataFolderNested(UserError):
    """The old and the new data folder would lie in one another, or are the same."""

    text = "{folder} and the present data folder lie in one another."
    advice = "Choose a folder outside {present}."


class DataFolderPortable(UserError):
    """Parley runs with a data folder beside the program."""

    text = "Parley keeps its data beside the program, in {folder}."
    advice = "Move the program's whole folder instead."


class DataNotMoved(WorldError):
    """A file or folder of the move cannot be read or made."""

    text = "The data cannot be moved to {folder}: {reason}."
    advice = "Nothing was changed. Check the disk, or choose another folder."


class NoRoom(WorldError):
    """A copy would not fit on its disk."""

    text = "There is not enough room in {folder}: {need} are needed, {free} are free."
    advice = "Free some space, or choose another disk."


class DataCopyDiffers(WorldError):
    """A copied file is not what was read."""

    text = "{file} could not be copied faithfully."
    advice = "Nothing was changed. Check the disk you copy to, or choose another."


class BackupSkipped(WorldError):
    """There was no room for a backup: the daily one, one the user asked for, or that of what is to be replaced."""

    text = "There is no room for a backup of your chats: {need} are needed, {free} are free."
    advice = "Free some space on the disk that holds {folder}, then try again. The daily backup tries every hour."


class BackupDamaged(WorldError):
    """A file among the backups is no sound database of Parley."""

    text = "The backup {file} is damaged, or is not one of Parley."
    advice = "Choose another one; nothing was changed."


class TemplateCopiesDamaged(WorldError):
    """The chat templates of a backup cannot be read; its conversations are in another file."""

    text = "{file}, which holds the chat templates of this backup, is damaged."
    advice = "Nothing was changed. Delete that file to restore the chats without them, or choose another backup."


class BackupNewer(WorldError):
    """A backup was made by a later version."""

    text = "The backup {file} was made by a newer version of Parley."
    advice = "Update Parley first, or choose an older backup."


class UnknownBackup(UserError):
    """No backup has this name."""

    text = "There is no backup {name}."
    advice = "See “parley backups list” for those there are."


class NothingToBackUp(UserError):
    """There is no database yet."""

    text = "There is nothing to back up yet."
    advice = "Begin a chat first."


class NothingSalvaged(WorldError):
    """Not one table of a damaged database can be read."""

    text = "Nothing in {file} can be read any more."
    advice = "It is kept as it is. Restore a backup instead."
