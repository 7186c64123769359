"""Notes which servers are spoken with; in the children that do, and on the command line. Any thread."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from app.core.paths import Folders
from app.core.program.ledger import LedgerEntry, Purpose, ledger_path

MAX_BYTES = 256_000
_MINUTE = 60


class Ledger:
    """A file that every process appends to: a line for each server, purpose and minute."""

    def __init__(
        self, environment: Mapping[str, str], purpose: Purpose, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = ledger_path(Folders.of(environment).logs)
        self._purpose = purpose
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, int] = {}

    def note(self, host: str) -> None:
        """A request is about to be sent. That it cannot be noted stops nothing."""
        minute = int(self._clock() // _MINUTE)
        with self._lock:
            if self._noted.get(host) == minute:
                return
            self._noted[host] = minute
        line = msgspec.json.encode(LedgerEntry(float(minute * _MINUTE), host, self._purpose)) + b"\n"
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._append(line)

    def _append(self, line: bytes) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size > MAX_BYTES:
                lines = self._path.read_bytes().splitlines(keepends=True)
                partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.partial")
                partial.write_bytes(b"".join(lines[len(lines) // 2 :]))
                partial.replace(self._path)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
