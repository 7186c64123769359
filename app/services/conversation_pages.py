"""A list of conversations, a page at a time.

Window process, interface thread; it is read on the storage lane.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from app.core.chat.listing import Listing, Page, Place
from app.services.relay import Storage

PAGE = 100


class ConversationPages(QObject):
    """What is listed, as far as it was asked for.

    `changed` has the pages read so far, from the top; `load_more` brings the next one through `extended`.
    """

    changed = Signal(list)  # list[ConversationSummary], pinned first, then newest first
    extended = Signal(list)  # list[ConversationSummary] that follow those there are
    problem = Signal(object)  # ParleyError

    def __init__(
        self,
        storage: Storage,
        parent: QObject | None = None,
        *,
        listing: Listing = Listing(),  # noqa: B008 - it is immutable
    ) -> None:
        super().__init__(parent)
        self._storage = storage
        self._after: Place | None = None
        self._loading = False
        self._shown = 0
        self._was_read = False
        self.listing = listing

    @property
    def has_more(self) -> bool:
        """Whether there are conversations that were not read yet."""
        return self._after is not None

    def show(self, listing: Listing) -> None:
        """List something else, from its first page."""
        self.listing, self._shown = listing, 0
        self.refresh()

    def refresh(self, contains: str | None = None) -> None:
        """Read what is shown anew; `contains` filters titles, None keeps the filter there is."""
        if contains is not None and contains != self.listing.contains:
            self.listing, self._shown = msgspec.structs.replace(self.listing, contains=contains), 0
        wanted, limit = self.listing, max(PAGE, self._shown)
        self._was_read = True

        def show(page: Page) -> None:
            if wanted == self.listing:
                self._after, self._shown = page.after, len(page.conversations)
                self.changed.emit(list(page.conversations))

        self._storage.call(lambda stores: stores.listing.page(wanted, limit=limit), show, self.problem.emit)

    def refresh_if_read(self) -> None:
        """Read it anew, unless nobody has asked for it yet."""
        if self._was_read:
            self.refresh()

    def put_away(self) -> None:
        """Nobody looks at it for now: do not read it anew, and begin at the top the next time."""
        self._was_read, self._shown = False, 0

    def load_more(self) -> None:
        """Read the next page, unless it is on its way."""
        after, wanted = self._after, self.listing
        if after is None or self._loading:
            return
        self._loading = True

        def extend(page: Page) -> None:
            self._loading = False
            if wanted == self.listing and after == self._after:
                self._after = page.after
                self._shown += len(page.conversations)
                self.extended.emit(list(page.conversations))

        def failed(error: object) -> None:
            self._loading = False
            self.problem.emit(error)

        self._storage.call(lambda stores: stores.listing.page(wanted, after, PAGE), extend, failed)
