"""Where the data lies, and whether it could lie elsewhere.

Window process, interface thread; folders are looked at on a thread of its own, since a disk may be slow.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.errors import ParleyError
from app.core.paths import Folders
from app.services.relay import Relay


class DataFolder(QObject):
    """The present folder, and the check of another one."""

    suited = Signal(object)  # Path: the folder that the data would go to
    unsuited = Signal(object)  # ParleyError: why a folder cannot be used

    def __init__(self, folders: Folders, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders = folders
        self._relay = relay
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="data-folder")
        self._asked = Path()

    def check(self, chosen: Path) -> None:
        """See whether the data could go to a folder; of several questions the last one is answered."""
        self._asked = chosen

        def answer(target: Path) -> None:
            if chosen == self._asked:
                self.suited.emit(target)

        def refuse(error: ParleyError) -> None:
            if chosen == self._asked:
                self.unsuited.emit(error)

        self._relay.deliver(self._worker.submit(self._destination, chosen), answer, refuse)

    def shutdown(self) -> None:
        """End the thread."""
        self._worker.shutdown()

    def _destination(self, chosen: Path) -> Path:
        from app.storage.faults import translated
        from app.storage.move import destination

        with translated(chosen / "data"):
            return destination(chosen, self.folders)
