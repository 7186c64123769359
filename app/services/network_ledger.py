"""The list of servers Parley spoke with, read and cleared on a thread of its own, for the window."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.program.ledger import LedgerEntry, ledger_path, read_entries
from app.services.relay import Relay, ignore


class NetworkLedger(QObject):
    """Children write the list; this shows it."""

    changed = Signal(list)  # list[LedgerEntry], the newest first

    def __init__(self, logs: Path, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = ledger_path(logs)
        self._relay = relay
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    def refresh(self) -> None:
        """Read it; `changed` follows."""
        self._relay.deliver(self._worker.submit(self._read), self.changed.emit, ignore)

    def clear(self) -> None:
        """Forget all; `changed` follows."""
        self._relay.deliver(self._worker.submit(self._clear), self.changed.emit, ignore)

    def shutdown(self) -> None:
        """Finish what is being done."""
        self._worker.shutdown()

    def _read(self) -> list[LedgerEntry]:
        try:
            return read_entries(self._path.read_bytes())
        except OSError:
            return []

    def _clear(self) -> list[LedgerEntry]:
        self._path.unlink(missing_ok=True)
        return []
