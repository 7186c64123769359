"""The user's folders for models as a setting names them, a line each; pure but for a look at what is added."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.core.catalog.download_errors import FolderNotNamed, FolderUnusable
from app.core.paths import Folders


def model_folders(setting: str, folders: Folders) -> list[Path]:
    """The user's folders, a line of the setting each; without any, one in Parley's own."""
    named = [Path(line.strip()).expanduser() for line in setting.splitlines() if line.strip()]
    return named or [folders.data / "models"]


def with_folder(setting: str, folder: Path, folders: Folders, *, first: bool = False) -> str:
    """The setting with one more folder, or with one of them `first`, where new models go.

    Raises:
        FolderUnusable: its path cannot be remembered.
    """
    if not folder.is_dir():
        raise FolderUnusable(folder=str(folder), reason="it is not there")
    if not str(folder).isprintable():
        raise FolderUnusable(folder=str(folder).encode("utf-8", "replace").decode(), reason="its name cannot be shown")
    others = [other for other in model_folders(setting, folders) if other != folder]
    if not first and len(others) < len(model_folders(setting, folders)):
        return setting
    return _lines([folder, *others] if first else [*others, folder])


def without_folder(setting: str, folder: Path, folders: Folders) -> str:
    """The setting without a folder; its files stay where they are.

    Raises:
        FolderNotNamed: it is not in the setting.
    """
    named = model_folders(setting, folders)
    if folder not in named or not setting.strip():
        raise FolderNotNamed(folder=str(folder))
    return _lines([other for other in named if other != folder])


def _lines(folders: Iterable[Path]) -> str:
    return "\n".join(map(str, folders))
