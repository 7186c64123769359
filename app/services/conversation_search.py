"""Search as the user types: on a lane of its own, so that writes never wait for it, nor it for them.

Window process, interface thread. A search that runs is interrupted by the next one, and of those asked
for meanwhile only the last is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.chat.search import SearchQuery, SearchResult
from app.core.errors import Cancelled, ParleyError
from app.services.relay import Storage

if TYPE_CHECKING:
    from app.storage.stores import Stores


class ConversationSearch(QObject):
    """At most one search at a time; `found` belongs to the last `search`, none after `clear`."""

    found = Signal(object, object)  # SearchQuery, SearchResult
    problem = Signal(object)  # ParleyError

    def __init__(self, storage: Storage, parent: QObject | None = None) -> None:
        """`storage` has a lane of its own, which is opened at the first search and closed here."""
        super().__init__(parent)
        self._storage = storage
        self._wanted: SearchQuery | None = None
        self._running: SearchQuery | None = None

    def search(self, query: SearchQuery) -> None:
        """Look for something else now."""
        self._wanted = query
        if self._running is None:
            self._start()
        elif self._running != query:
            self._storage.lane.interrupt()

    def clear(self) -> None:
        """Look for nothing."""
        self._wanted = None
        if self._running is not None:
            self._storage.lane.interrupt()

    def shutdown(self) -> None:
        """End what runs."""
        self.clear()
        self._storage.lane.close()

    def _start(self) -> None:
        query = self._running = self._wanted
        if query is None:
            return

        def run(stores: Stores) -> SearchResult | None:
            try:
                return stores.search.search(query)
            except Cancelled:
                return None

        self._storage.call(run, self._finish, self._fail)

    def _finish(self, result: SearchResult | None) -> None:
        query, self._running = self._running, None
        if query == self._wanted and result is not None:
            self._wanted = None
            self.found.emit(query, result)
        self._start()

    def _fail(self, error: ParleyError) -> None:
        query, self._running = self._running, None
        if query == self._wanted:
            self._wanted = None
            self.problem.emit(error)
        self._start()
