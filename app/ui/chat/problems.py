"""Which problem gets which notice, and what its buttons do.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.core.data.data_errors import DataFolderGone
from app.core.data.database_errors import DatabaseDamaged, DatabaseLocked, DatabaseReadOnly, DatabaseUnreachable
from app.core.engine.engine_errors import EngineBusy
from app.core.engine.model_errors import NoModel, OutOfMemory
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull
from app.ui.chat.notices import Notice, NoticeAction

_STORAGE_ERRORS = (DatabaseLocked, DatabaseReadOnly, DatabaseDamaged, DatabaseUnreachable, DataFolderGone, DiskFull)


class Problems(QObject):
    """Fills the notice; a problem of the model goes away once a model is ready."""

    find_model_requested = Signal()
    choose_model_requested = Signal()
    open_model_requested = Signal()
    load_requested = Signal()
    retry_storage_requested = Signal()
    backups_requested = Signal()
    salvage_requested = Signal()

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice)
        self._notice = notice
        self._of_model: ParleyError | None = None

    def show(self, error: ParleyError) -> None:
        """Tell of a problem that belongs to no reply."""
        actions = []
        if isinstance(error, NoModel):
            actions.append(NoticeAction(self.tr("Find a model…"), self.find_model_requested.emit))
            actions.append(NoticeAction(self.tr("Open a GGUF file…"), self.open_model_requested.emit))
        elif isinstance(error, _STORAGE_ERRORS):
            actions.append(NoticeAction(self.tr("Try again"), self._retry_storage))
        if isinstance(error, DatabaseDamaged):
            actions.append(NoticeAction(self.tr("Save what can be read"), self.salvage_requested.emit))
            actions.append(NoticeAction(self.tr("Restore a backup…"), self.backups_requested.emit))
        self._tell(error, actions)

    def show_file(self, error: ParleyError) -> None:
        """Tell that a file cannot be used as a model, or that the known ones cannot be read."""
        if isinstance(error, _STORAGE_ERRORS):
            self.show(error)
            return
        self._of_model = error
        self._tell(error, [NoticeAction(self.tr("Choose another…"), self.choose_model_requested.emit)])

    def show_load(self, error: ParleyError) -> None:
        """Tell that the chosen model did not load."""
        self._of_model = error
        actions = [
            NoticeAction(self.tr("Try again"), self._load_again),
            NoticeAction(self.tr("Choose another…"), self.choose_model_requested.emit),
        ]
        if isinstance(error, OutOfMemory):
            actions.insert(0, NoticeAction(self.tr("Find one that fits…"), self.find_model_requested.emit))
        self._tell(error, actions)

    def model_is_ready(self) -> None:
        """Forget a problem that a loaded model has solved."""
        if self._notice.error is not None and self._notice.error is self._of_model:
            self._notice.dismiss()

    def reply_has_ended(self) -> None:
        """Forget that something had to wait for it."""
        if isinstance(self._notice.error, EngineBusy):
            self._notice.dismiss()

    def report(self, error: ParleyError) -> None:
        """Show the technical side."""
        from app.ui.report import show_report

        show_report(error, self._notice.window())

    def _tell(self, error: ParleyError, actions: list[NoticeAction]) -> None:
        if error.detail:
            actions.append(NoticeAction(self.tr("Details"), lambda: self.report(error)))
        self._notice.show_problem(error, actions)

    def _load_again(self) -> None:
        self._notice.dismiss()
        self.load_requested.emit()

    def _retry_storage(self) -> None:
        self._notice.dismiss()
        self.retry_storage_requested.emit()
