"""The dialogs on the data as a whole, and what follows from them; made when the first is asked for.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject

from app.bootstrap.errand import Errand, moving, restoring, salvaging
from app.core.data.backups import Backup
from app.services.backups import BackupKeeper
from app.services.data_folder import DataFolder
from app.ui.data_backups import BackupsDialog
from app.ui.data_move import MoveDialog
from app.ui.front import in_front
from app.ui.main_window import MainWindow


class DataDesk(QObject):
    """Backups, salvage and the data folder's place; `leave` closes the window for an errand."""

    def __init__(
        self,
        window: MainWindow,
        keeper: BackupKeeper,
        folder: DataFolder,
        environment: Mapping[str, str],
        leave: Callable[[Errand], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._keeper = keeper
        self._folder = folder
        self._environment = environment
        self._leave = leave

    def show_backups(self) -> BackupsDialog:
        """List the backups."""
        dialog = BackupsDialog(in_front(self._window))
        keeper = self._keeper
        keeper.changed.connect(dialog.set_backups)
        keeper.made.connect(dialog.show_made)
        keeper.problem.connect(dialog.show_error)
        dialog.backup_requested.connect(keeper.back_up_now)
        dialog.restore_requested.connect(self._restore)
        keeper.refresh()
        dialog.open()
        return dialog

    def show_move(self) -> MoveDialog:
        """Choose another data folder."""
        dialog = MoveDialog(self._folder.folders.data, in_front(self._window))
        self._folder.suited.connect(dialog.show_target)
        self._folder.unsuited.connect(dialog.show_error)
        dialog.check_requested.connect(self._folder.check)
        dialog.move_requested.connect(self._move)
        dialog.open()
        return dialog

    def salvage(self) -> None:
        """Save what can be read of the damaged database."""
        self._leave(salvaging(self._folder.folders))

    def _restore(self, backup: Backup) -> None:
        self._leave(restoring(self._folder.folders, backup.path))

    def _move(self, target: Path) -> None:
        self._leave(moving(self._folder.folders, self._environment, target))
