"""Make pictures of the dialogs on the data: `python -m tests.pictures.data FOLDER [--dark]`; a display is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog

from app.core.data.backups import Backup, BackupKind
from app.core.data.data_errors import DataFolderNested
from app.core.file_errors import DiskFull
from app.ui.data_backups import BackupsDialog
from app.ui.data_errand import ErrandDialog
from app.ui.data_move import MoveDialog
from tests.pictures.dialogs import picture_dialogs

NOW = 1_795_521_600.0
PRESENT = Path("/home/ada/.local/share/parley")


def backups() -> QDialog:
    dialog = BackupsDialog()
    kinds = (BackupKind.MANUAL, BackupKind.DAILY, BackupKind.BEFORE_RESTORE, BackupKind.BEFORE_MIGRATION)
    made = [
        Backup(Path(f"{number}.sqlite3"), kinds[number % 4], NOW - number * 86_400, 84_000_000 - number, 1204 - number)
        for number in range(9)
    ]
    dialog.set_backups([*made, Backup(Path("x.sqlite3"), BackupKind.DAILY, NOW - 900_000, 4096, None)])
    dialog.show_made(made[0])
    return dialog


def question() -> QDialog:
    dialog = backups()
    assert isinstance(dialog, BackupsDialog)
    dialog.restore.click()
    return dialog


def none_yet() -> QDialog:
    dialog = BackupsDialog()
    dialog.set_backups([])
    return dialog


def move() -> QDialog:
    dialog = MoveDialog(PRESENT)
    dialog.show_target(Path("/media/ada/large-disk/Parley"))
    return dialog


def refused() -> QDialog:
    dialog = MoveDialog(PRESENT)
    dialog.show_error(DataFolderNested(folder=str(PRESENT / "inner"), present=str(PRESENT)))
    return dialog


def under_way() -> QDialog:
    dialog = ErrandDialog("Moving your data", lambda _progress: "", cancellable=True)
    dialog._advanced.emit(420)
    return dialog


def failed() -> QDialog:
    dialog = ErrandDialog("Moving your data", lambda _progress: "", cancellable=True)
    dialog._ended.emit(DiskFull(folder="/media/ada/large-disk"))
    return dialog


PICTURES: dict[str, Callable[[], QDialog]] = {
    "backups": backups,
    "backups-question": question,
    "backups-none": none_yet,
    "move": move,
    "move-refused": refused,
    "errand": under_way,
    "errand-failed": failed,
}


if __name__ == "__main__":
    picture_dialogs(__doc__, PICTURES)
