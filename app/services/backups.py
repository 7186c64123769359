"""Keeps the daily backup and looks after the database's health, beside the window.

Window process, interface thread; the work happens on a thread of its own that reads the database
through its own connection, so that neither the window nor the storage lane waits for it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.errors import Cancelled, ParleyError
from app.services.relay import Relay, ignore

if TYPE_CHECKING:
    from app.core.data.backups import Backup

_FIRST_MS = 5_000
_EVERY_MS = 3_600_000


class BackupKeeper(QObject):
    """Makes a backup a day, and checks a database that was not closed."""

    changed = Signal(list)  # list[Backup], the newest first
    made = Signal(object)  # Backup: the one the user asked for
    problem = Signal(object)  # ParleyError

    def __init__(self, database: Path, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._relay = relay
        self._stopping = Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="backups")
        self._told: type[ParleyError] | None = None
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.keep)

    def start(self, left_open: bool) -> None:
        """Begin a while after the start; `left_open`: the last process did not close the database."""
        QTimer.singleShot(_FIRST_MS, self, lambda: self._begin(left_open))

    def keep(self) -> None:
        """Make today's backup, if there is none yet."""
        self._relay.deliver(self._worker.submit(self._make_daily), self._on_kept, self._on_problem)

    def check(self) -> None:
        """Look through the whole database."""
        self._relay.deliver(self._worker.submit(self._check), ignore, self._on_problem)

    def back_up_now(self) -> None:
        """Make a backup of this moment; `made` or `problem` tells how it went."""
        self._relay.deliver(self._worker.submit(self._make), self._on_made, self.problem.emit)

    def refresh(self) -> None:
        """Have `changed` tell the backups there are."""
        self._relay.deliver(self._worker.submit(self._list), self.changed.emit, self.problem.emit)

    def shutdown(self) -> None:
        """End what is under way; a backup that is not whole leaves nothing."""
        self._timer.stop()
        self._stopping.set()
        self._worker.shutdown()

    def _begin(self, left_open: bool) -> None:
        if self._stopping.is_set():
            return
        self._timer.start()
        if left_open:
            self.check()
        self.keep()

    def _on_kept(self, _made: bool) -> None:
        self._told = None

    def _on_made(self, backup: Backup) -> None:
        self.made.emit(backup)
        self.refresh()

    def _on_problem(self, error: ParleyError) -> None:
        """Tell of it once, not every hour."""
        if type(error) is not self._told and not self._stopping.is_set():
            self._told = type(error)
            self.problem.emit(error)

    def _go_on(self, _done: int = 0, _total: int = 0) -> None:
        if self._stopping.is_set():
            raise Cancelled

    def _make_daily(self) -> bool:
        from app.storage.backup import make_daily

        return make_daily(self._database, progress=self._go_on)

    def _make(self) -> Backup:
        from app.core.data.backups import BackupKind
        from app.storage.backup import make_backup

        return make_backup(self._database, BackupKind.MANUAL, progress=self._go_on)

    def _list(self) -> list[Backup]:
        from app.storage.backup import list_backups

        return list_backups(self._database)

    def _check(self) -> None:
        from app.storage.integrity import check_live

        check_live(self._database, lambda: not self._stopping.is_set())
