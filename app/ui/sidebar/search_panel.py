"""Search as the user types: filters, what was found, and what is said when nothing was.

Window process, interface thread. Asks for each search as soon as a letter is typed; the service drops
those that nobody waits for any more.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.core.chat.search import SearchQuery, SearchResult
from app.core.sizes import format_count
from app.ui.sidebar.painting import INSET
from app.ui.sidebar.search_filters import SearchFilters
from app.ui.sidebar.search_results import HitModel, HitView

_PATIENCE_MS = 400


class SearchPanel(QWidget):
    """In the list's place while there are words in the search field."""

    search_wanted = Signal(object)  # SearchQuery
    hit_chosen = Signal(object)  # Hit

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._query = SearchQuery("")
        self.filters = SearchFilters()
        self.filters.changed.connect(self._ask)
        self._model = HitModel(self)
        self.view = HitView(self._model)
        self.view.setAccessibleName(self.tr("Found in your chats"))
        self.view.hit_chosen.connect(self.hit_chosen)
        self.status = QLabel()
        self.status.setProperty("kind", "muted")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setWordWrap(True)
        self.status.setContentsMargins(INSET, 4, INSET, 4)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(lambda: self.status.setText(self.tr("Searching…")))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.filters)
        column.addWidget(self.status)
        column.addWidget(self.view, 1)

    def look_for(self, text: str) -> None:
        """Search for other words."""
        self._query = SearchQuery(text)
        self._ask()

    def end(self) -> None:
        """Nobody searches any more."""
        self._patience.stop()
        self._query = SearchQuery("")
        self._model.set_hits(())
        self.status.clear()
        self.filters.clear()

    def show_result(self, query: SearchQuery, result: SearchResult) -> None:
        """Show what was found, unless something else is looked for by now."""
        if query != self._query or not query.text:
            return
        self._patience.stop()
        self.filters.add_models([hit.model for hit in result.hits])
        self._model.set_hits(result.hits)
        self.view.scrollToTop()
        self.status.setText(self._said(query.text, result))

    def failed(self) -> None:
        """The search ended with a problem, which is told elsewhere."""
        self._patience.stop()
        self._model.set_hits(())
        self.status.setText(self.tr("The search did not succeed."))

    def _ask(self) -> None:
        text = self._query.text
        if text:
            self._query = self.filters.query(text, datetime.now().astimezone())
            self._patience.start()
            self.search_wanted.emit(self._query)

    def _said(self, text: str, result: SearchResult) -> str:
        count = len(result.hits)
        if not count and self.filters.is_narrow:
            return self.tr("Nothing says “{text}” within these limits.").format(text=text)
        if not count:
            return self.tr("Nothing says “{text}”. Parley looks for the beginnings of words.").format(text=text)
        if count == 1:
            return self.tr("1 place")
        if result.more:
            return self.tr("The best {count} places").format(count=format_count(count))
        return self.tr("{count} places").format(count=format_count(count))
