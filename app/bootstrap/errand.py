"""Work on the data that needs every window, child and connection closed; between two windows.

Only what the user asked for in the window before: restoring a backup, salvaging, moving the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.core.paths import Folders
from app.core.sizes import format_count
from app.services.single_instance import SingleInstance

Progress = Callable[[int, int], None]

_MOST_NAMED = 5


@dataclass(frozen=True)
class Errand:
    """One piece of work; `title` says it to the user, and `work` what there is to read when it is done."""

    title: str
    work: Callable[[Progress], str]
    cancellable: bool = False


def restoring(folders: Folders, backup: Path) -> Errand:
    """Put a backup in the place of the database."""

    def work(progress: Progress) -> str:
        from app.storage.restore import restore

        damaged = restore(folders.database, backup, progress=progress).damaged
        return "" if damaged is None else _kept(damaged)

    return Errand(_tr("Restoring your chats"), work)


def salvaging(folders: Folders) -> Errand:
    """Save what can be read of a damaged database."""

    def work(progress: Progress) -> str:
        from app.storage.salvage import salvage

        done = salvage(folders.database, progress=progress)
        saved = _tr("Saved: {chats} chats, {messages} messages.").format(
            chats=format_count(done.rows.get("conversations", 0)), messages=format_count(done.rows.get("messages", 0))
        )
        gaps = _tr("At {count} places something could not be read.").format(count=format_count(done.gaps))
        return " ".join((saved, *([gaps] if done.gaps else ()), _kept(done.kept)))

    return Errand(_tr("Saving what can be read"), work)


def moving(folders: Folders, environment: Mapping[str, str], target: Path) -> Errand:
    """Move the data folder."""

    def work(progress: Progress) -> str:
        from app.storage.move import move_data

        left = move_data(folders, Folders.usual(environment), target, progress=progress).left
        if not left:
            return ""
        return _tr("Your data is at its new place. These files could not be removed from the old one:\n{files}").format(
            files="\n".join(map(str, left[:_MOST_NAMED])) + ("\n…" if len(left) > _MOST_NAMED else "")
        )

    return Errand(_tr("Moving your data"), work, cancellable=True)


def run(errand: Errand, instance: SingleInstance) -> Path | None:
    """Do it, in a process that has a `QApplication` and no window; returns when it is over.

    Who starts Parley once more meanwhile is led here; the model that was to be opened is returned, if one was.
    """
    from app.ui.data_errand import ErrandDialog

    dialog = ErrandDialog(errand.title, errand.work, cancellable=errand.cancellable)
    asked: list[Path | None] = [None]

    def answer(model: Path | None) -> None:
        asked.append(model or asked[-1])
        dialog.come_forward()

    instance.called.connect(answer)
    dialog.exec()
    return asked[-1]


def _kept(damaged: Path) -> str:
    return _tr("The damaged database is kept as {file}.").format(file=damaged)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Errand", text)
