"""Which models are gone, or lack a part: asked on a thread of its own, since a path may lie on a slow disk."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.catalog.shelf.library import missing_parts


class FilePresence(QObject):
    """`missing` holds the paths of models that were not there as a whole when last checked."""

    checked = Signal(object)  # frozenset[str]

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="file-presence")
        self.missing: frozenset[str] = frozenset()
        self.checked.connect(self._keep)

    def check(self, paths: Iterable[str]) -> None:
        """Look anew; `checked` follows."""
        self._looker.submit(_missing, tuple(paths)).add_done_callback(self._report)

    def shutdown(self) -> None:
        """End the thread."""
        self._looker.shutdown(wait=False, cancel_futures=True)

    def _report(self, found: Future[frozenset[str]]) -> None:
        # A signal emitted on another thread is delivered on the receiver's.
        if not found.cancelled():
            self.checked.emit(found.result())

    def _keep(self, missing: frozenset[str]) -> None:
        self.missing = missing


def _missing(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(path for path in paths if missing_parts(Path(path)))
