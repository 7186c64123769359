"""Files that are whole or not there at all, and names for them that every system takes."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.data.exchange_errors import ExportFailed, ExportTargetExists
from app.core.file_errors import DiskFull

_MAX_NAME = 80
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)


@contextmanager
def written(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """A new file beside the target to be written, which takes its place once all went well.

    Raises:
        ExportTargetExists: the target is there, and is not to be overwritten.
        DiskFull: there is no room.
        ExportFailed: the system refuses.
    """
    if not overwrite and target.exists():
        raise ExportTargetExists(file=target.name)
    partial = target.with_name(f".{uuid.uuid4().hex}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(exist_ok=False)
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise _failure(target, error) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def file_name(title: str, suffix: str) -> str:
    """A title as a file's name, without what some system does not take in one."""
    name = " ".join(_UNFIT.sub(" ", title).split()).lstrip(" .")[:_MAX_NAME].rstrip(" .")
    if _RESERVED.match(name):
        name = f"_{name}"
    while len(name.encode()) > 2 * _MAX_NAME:
        name = name[:-1]
    return f"{name or 'chat'}{suffix}"


class Names:
    """File names, each given once, also where letters' cases do not count."""

    def __init__(self, taken: Iterator[str] | None = None) -> None:
        self._taken = {name.casefold() for name in taken or ()}
        self._numbers: dict[str, int] = {}  # the last that was given to those that would have this name

    def of(self, title: str, suffix: str) -> str:
        """A name for a title, with a number if another has it."""
        name = file_name(title, suffix)
        wanted = name.casefold()
        number = self._numbers.get(wanted, 1)
        while name.casefold() in self._taken:
            number += 1
            name = file_name(title, f" ({number}){suffix}")
        self._numbers[wanted] = number
        self._taken.add(name.casefold())
        return name


def _failure(target: Path, error: OSError) -> DiskFull | ExportFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(str(error), folder=str(target.parent))
    return ExportFailed(str(error), file=target.name, reason=(error.strerror or str(error)).lower())
