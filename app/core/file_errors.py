"""Failures with files, whatever is in them."""

from __future__ import annotations

from app.core.errors import WorldError


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


class DiskFull(WorldError):
    """No space is left where something is to be written."""

    text = "The disk that holds {folder} is full."
    advice = "Free some space; Parley keeps what it has and goes on when there is room."
