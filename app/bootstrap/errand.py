"""Work on the data that needs every window, child and connection closed; between two windows.

Only what the user asked for in the window before: restoring a backup, salvaging, moving the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.core.paths import Folders

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Errand:
    """One piece of work; `title` says it to the user."""

    title: str
    work: Callable[[Progress], object]
    cancellable: bool = False


def restoring(folders: Folders, backup: Path) -> Errand:
    """Put a backup in the place of the database."""

    def work(progress: Progress) -> object:
        from app.storage.restore import restore

        return restore(folders.database, backup, progress=progress)

    return Errand(_tr("Restoring your conversations"), work)


def salvaging(folders: Folders) -> Errand:
    """Save what can be read of a damaged database."""

    def work(progress: Progress) -> object:
        from app.storage.salvage import salvage

        return salvage(folders.database, progress=progress)

    return Errand(_tr("Saving what can be read"), work)


def moving(folders: Folders, environment: Mapping[str, str], target: Path) -> Errand:
    """Move the data folder."""

    def work(progress: Progress) -> object:
        from app.storage.move import move_data

        return move_data(folders, Folders.usual(environment), target, progress=progress)

    return Errand(_tr("Moving your data"), work, cancellable=True)


def run(errand: Errand) -> None:
    """Do it, in a process that has a `QApplication` and no window; returns when it is over."""
    from app.ui.data_errand import ErrandDialog

    ErrandDialog(errand.title, errand.work, cancellable=errand.cancellable).exec()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Errand", text)
