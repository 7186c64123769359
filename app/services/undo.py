"""What the user can take back, the last first; runs on the window's thread, takes back on the storage lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.core.errors import ParleyError, UserError
from app.services.relay import Storage, ignore

if TYPE_CHECKING:
    from app.storage.stores import Stores

MOST_KEPT = 50


class Deed(Enum):
    """What was done; the window has the words for it."""

    RENAMED = auto()
    PINNED = auto()
    UNPINNED = auto()
    ARCHIVED = auto()
    UNARCHIVED = auto()
    FILED = auto()
    TRASHED = auto()
    FOLDER_RENAMED = auto()
    FOLDER_MOVED = auto()
    FOLDER_DELETED = auto()
    MESSAGE_DELETED = auto()
    BRANCH_DELETED = auto()


class _Entry(NamedTuple):
    deed: Deed
    inverse: Callable[[Stores], Any]
    storage: Storage
    then: Callable[[Any], object]


class UndoStack(QObject):
    """The last deeds, each with the operation that takes it back."""

    pushed = Signal(Deed)
    undone = Signal(Deed)
    problem = Signal(object)  # ParleyError

    def __init__(self, storage: Storage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._storage = storage
        self._entries: deque[_Entry] = deque(maxlen=MOST_KEPT)

    def push(
        self,
        deed: Deed,
        inverse: Callable[[Stores], Any],
        *,
        storage: Storage | None = None,
        then: Callable[[Any], object] = ignore,
    ) -> None:
        """Remember a deed; `inverse` takes it back in its storage, and `then` gets what that gave."""
        self._entries.append(_Entry(deed, inverse, storage or self._storage, then))
        self.pushed.emit(deed)

    def undo(self) -> None:
        """Take back the last deed; `undone` follows, or `problem`.

        It can be tried again where the machine was at fault. What is gone for good is forgotten, so that it does
        not stand before older deeds.
        """
        if not self._entries:
            return
        entry = self._entries.pop()

        def finish(result: object) -> None:
            entry.then(result)
            self.undone.emit(entry.deed)

        def failed(error: ParleyError) -> None:
            if not isinstance(error, UserError):
                self._entries.append(entry)
            self.problem.emit(error)

        entry.storage.call(entry.inverse, finish, failed)
