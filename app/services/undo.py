"""What the user can take back, the last first; runs on the window's thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

MOST_KEPT = 50


class UndoStack(QObject):
    """Each entry says what was done and how it is taken back, which is the entry's own business."""

    added = Signal(str)  # what was done, in the user's language

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: deque[Callable[[], object]] = deque(maxlen=MOST_KEPT)

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self._entries)

    def add(self, done: str, take_back: Callable[[], object]) -> None:
        """Remember how to take back what was just done."""
        self._entries.append(take_back)
        self.added.emit(done)

    def undo(self) -> None:
        """Take back the last entry."""
        if self._entries:
            self._entries.pop()()
