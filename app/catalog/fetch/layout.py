"""Where the files of a repo belong below a folder of models; pure, so that any process may ask."""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath

from app.core.catalog.download_errors import NameRefused, UnsafePath

_NO_NAME_ON_WINDOWS = re.compile(
    r'.*[:*?"<>|].*|.*[. ]|(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?', re.IGNORECASE
)
"""Signs that mean something else there, ends that Windows takes away, and devices, whatever their ending."""

_MARK_LENGTH = 8


def folder_for(models: Path, repo: str, branch: str) -> Path:
    """Where the files of a branch belong: `owner/name`, or `owner/name@branch` for another than main.

    Where no folder can have the branch's name, its own has a mark that no branch can have: no two share a folder.
    """
    owner, _, name = repo.rpartition("/")
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in branch).rstrip(".")
    if plain != branch:
        import hashlib  # the window needs it for nothing else

        plain += f"~{hashlib.sha256(branch.encode()).hexdigest()[:_MARK_LENGTH]}"
    return models / owner / (name if branch == "main" else f"{name}@{plain}")


def target_of(folder: Path, path: str, *, platform: str = sys.platform) -> Path:
    """Where a file of a repo belongs below a folder.

    Raises:
        UnsafePath: it would lie outside.
        NameRefused: this platform does not take such a name.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or not path.isprintable():
        raise UnsafePath(file=path)
    if platform == "win32" and any(map(_NO_NAME_ON_WINDOWS.fullmatch, parts)):
        raise NameRefused(file=path)
    return folder.joinpath(*parts)
