"""Backups as values: what kinds there are, how their files are named, and which may go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

KEPT_DAYS = 7
KEPT_WEEKS = 4
KEPT_BEFORE = 3

_STAMP = "%Y%m%d-%H%M%S"
_NAME = re.compile(r"(?P<kind>[a-z-]+)-(?P<stamp>\d{8}-\d{6})\.sqlite3")
_BEFORE_MIGRATION = re.compile(r".+\.before-\d+\.sqlite3")


class BackupKind(StrEnum):
    """Why a backup was made."""

    DAILY = "daily"
    MANUAL = "manual"
    BEFORE_MIGRATION = "before-migration"
    BEFORE_RESTORE = "before-restore"


@dataclass(frozen=True)
class Backup:
    """One file: when it was made in Unix seconds, its size in bytes, and what it holds.

    `conversations` is None when the file cannot be read.
    """

    path: Path
    kind: BackupKind
    made_at: float
    bytes: int
    conversations: int | None

    @property
    def name(self) -> str:
        """What it is called where the user names it."""
        return self.path.stem


def backup_name(kind: BackupKind, made_at: float) -> str:
    """The file's name, such as `daily-20261121-031200.sqlite3`, by the user's clock."""
    return f"{kind}-{datetime.fromtimestamp(made_at).strftime(_STAMP)}.sqlite3"


def kind_and_time(name: str, modified: float) -> tuple[BackupKind, float] | None:
    """What the name of a file says; `modified` is the time of one whose name has none. None: it is no backup."""
    if _BEFORE_MIGRATION.fullmatch(name):
        return BackupKind.BEFORE_MIGRATION, modified
    found = _NAME.fullmatch(name)
    if found is None or found["kind"] not in set(BackupKind):
        return None
    try:
        return BackupKind(found["kind"]), datetime.strptime(found["stamp"], _STAMP).timestamp()
    except ValueError:
        return None


def superfluous(backups: Iterable[Backup]) -> list[Backup]:
    """Those that the rotation drops; the user's own stay until the user deletes them.

    Days and weeks are counted by the backups there are, so that a clock that jumps drops nothing.
    """
    newest_first = sorted(backups, key=lambda backup: backup.made_at, reverse=True)
    daily = [backup for backup in newest_first if backup.kind is BackupKind.DAILY]
    kept = _first_of_each(daily, "%Y-%j", KEPT_DAYS) | _first_of_each(daily, "%G-%V", KEPT_WEEKS)
    dropped = [backup for backup in daily if backup.path not in kept]
    for kind in (BackupKind.BEFORE_MIGRATION, BackupKind.BEFORE_RESTORE):
        dropped += [backup for backup in newest_first if backup.kind is kind][KEPT_BEFORE:]
    return dropped


def _first_of_each(newest_first: list[Backup], period: str, periods: int) -> set[Path]:
    found: dict[str, Path] = {}
    for backup in newest_first:
        found.setdefault(datetime.fromtimestamp(backup.made_at).strftime(period), backup.path)
    return set(list(found.values())[:periods])
