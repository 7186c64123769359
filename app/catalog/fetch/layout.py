"""Where the files of a repo belong below a folder of models; pure, so that any process may ask."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from app.core.catalog.download_errors import UnsafePath

_FORBIDDEN = frozenset('\\:*?"<>|')


def folder_for(models: Path, repo: str, branch: str) -> Path:
    """Where the files of a branch belong: `owner/name`, or `owner/name@branch` for another than main."""
    owner, _, name = repo.rpartition("/")
    plain = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in branch)
    return models / owner / (name if branch == "main" else f"{name}@{plain}")


def target_of(folder: Path, path: str) -> Path:
    """Where a file of a repo belongs below a folder.

    Raises:
        UnsafePath: it would lie outside.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or not path.isprintable() or _FORBIDDEN & set(path):
        raise UnsafePath(file=path)
    return folder.joinpath(*parts)
