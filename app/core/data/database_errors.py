"""What can go wrong with the database, and where it may lie."""

from __future__ import annotations

from app.core.errors import WorldError


class DatabaseLocked(WorldError):
    """Another program holds the database."""

    text = "Your chats at {folder} are in use by another program."
    advice = "Close the other program and try again."


class DatabaseReadOnly(WorldError):
    """The data folder cannot be written to."""

    text = "Parley cannot write to {folder}."
    advice = "Check the folder's permissions, or set PARLEY_HOME to another folder."


class DatabaseNewer(WorldError):
    """A later version of Parley wrote the database."""

    text = "Your chats were saved by a newer version of Parley."
    advice = "They can be read, but not changed. Update Parley to go on writing."


class DatabaseDamaged(WorldError):
    """SQLite finds the file malformed."""

    text = "The database {file} is damaged."
    advice = "It is kept as it is. Move it away to start anew, or put a copy of yours in its place."


class DatabaseUnreachable(WorldError):
    """The system refuses to open the database, or its disk fails."""

    text = "The database {file} cannot be opened or read."
    advice = "Check that its disk is connected and that you may read it, then try again."
