"""Where Parley keeps what: the user's folders, and the files that ship with the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

import platformdirs

_POINTER = "data-folder"


class Home(Enum):
    """What decides where the folders are."""

    PLATFORM = auto()
    PORTABLE = auto()
    ENVIRONMENT = auto()


@dataclass(frozen=True)
class Folders:
    """The four folders of one user; nothing is written outside them unless the user asks.

    `moved` says that the data folder is where the user moved it, so that it must be there.
    """

    data: Path
    cache: Path
    config: Path
    logs: Path
    home: Home = Home.PLATFORM
    moved: bool = False

    @staticmethod
    def of(environment: Mapping[str, str]) -> Folders:
        """Where they are for this user: where the data was moved to, if it was.

        Else all under `PARLEY_HOME` when that is set, or under a folder `data` beside the program
        when there is one, or where the platform wants them.
        """
        folders = Folders.usual(environment)
        chosen = _read_pointer(folders.pointer)
        return folders if chosen is None else replace(folders, data=chosen, moved=True)

    @staticmethod
    def usual(environment: Mapping[str, str]) -> Folders:
        """Where they are as long as the data was not moved."""
        named = environment.get("PARLEY_HOME")
        if named:
            return _all_under(expanded(named).absolute(), Home.ENVIRONMENT)
        portable = portable_folder()
        if portable is not None and portable.is_dir():
            return _all_under(portable, Home.PORTABLE)
        dirs = platformdirs.PlatformDirs("parley", appauthor=False)
        return Folders(dirs.user_data_path, dirs.user_cache_path, dirs.user_config_path, dirs.user_log_path)

    @property
    def database(self) -> Path:
        """The SQLite file that holds every conversation."""
        return self.data / "parley.sqlite3"

    @property
    def templates(self) -> Path:
        """The chat templates that the user has written."""
        return self.data / "templates"

    @property
    def reachable(self) -> bool:
        """Whether the data folder may be made where it is missing, or is there."""
        return not self.moved or self.data.is_dir()

    @property
    def pointer(self) -> Path:
        """The file that names the data folder after it was moved."""
        return self.config / _POINTER


def portable_folder() -> Path | None:
    """Where a `data` folder makes Parley portable: beside the executable, or in a checkout beside `app`."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).resolve().parent
        # On macOS the executable lies in Parley.app/Contents/MacOS.
        return (program.parents[2] if program.parent.name == "Contents" else program) / "data"
    checkout = Path(__file__).parents[2]
    return checkout / "data" if (checkout / "pyproject.toml").is_file() else None


def _all_under(root: Path, home: Home) -> Folders:
    return Folders(root / "data", root / "cache", root / "config", root / "logs", home)


def _read_pointer(pointer: Path) -> Path | None:
    try:
        named = Path(pointer.read_text(encoding="utf-8", errors="surrogateescape").strip())
    except (OSError, ValueError):
        return None
    return named if named.is_absolute() else None


def expanded(path: str | Path) -> Path:
    """The path with the home folder in place of `~`; as it is where there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - raises where there is no such user


def is_file(path: str) -> bool:
    """Whether a file is there; one the system does not let us look for is not."""
    return os.path.isfile(path)  # noqa: PTH113 - raises where a folder may not be entered


def is_folder(path: Path) -> bool:
    """Whether a folder is there; one the system does not let us look for is not."""
    return os.path.isdir(path)  # noqa: PTH112 - raises where a folder may not be entered, or has no possible name


def resources() -> Path:
    """The folder of templates and icons: in a bundle, in an installed package, or in a checkout."""
    package = Path(__file__).parent.parent
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return Path(bundle) / "resources"
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def about_texts() -> tuple[Path, Path]:
    """The changes of the versions, and the licences of all that is shipped, which only a bundle has."""
    checkout = Path(__file__).parents[2]
    folder = checkout if (checkout / "pyproject.toml").is_file() else resources()
    return folder / "CHANGELOG.md", resources() / "licences.txt"
