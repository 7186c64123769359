"""On the page “Privacy”: which servers Parley spoke with, and when.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core.program.ledger import LedgerEntry, Purpose
from app.ui.labels import wrapped_label
from app.ui.settings.words import speaks_of

MOST_SHOWN = 500


class LedgerView(QWidget):
    """Whom this machine spoke with, and what for; never what was said."""

    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said = wrapped_label(
            "small",
            self.tr(
                "Parley has no account and sends no statistics. Chats leave this machine only for servers that you "
                "added and chose. Else it speaks with a server only when you search for models, download one, or have "
                "it look for a newer version of itself. Each is noted here."
            ),
        )
        self.table = QTreeWidget()
        self.table.setProperty("kind", "rows")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setAccessibleName(self.tr("Servers Parley spoke with"))
        self.table.setHeaderLabels([self.tr("When"), self.tr("Server"), self.tr("For")])
        self.table.setMinimumHeight(220)
        header = self.table.header()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._none = QLabel(self.tr("Nothing yet."))
        self._none.setProperty("kind", "muted")
        self.clear = QPushButton(self.tr("Clear the list"))
        self.clear.setAutoDefault(False)
        self.clear.clicked.connect(self.clear_requested)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._said)
        column.addWidget(self._none)
        column.addWidget(self.table)
        column.addLayout(buttons)
        self.set_entries([])

    def matches(self, words: str) -> bool:
        """Whether it is what someone searches for."""
        return speaks_of(words, self._said.text(), self.table.accessibleName())

    def set_entries(self, entries: Sequence[LedgerEntry]) -> None:
        """Show these, the newest first."""
        names = {
            Purpose.SEARCH: self.tr("Search"),
            Purpose.DOWNLOAD: self.tr("Download"),
            Purpose.CHAT: self.tr("Chat"),
            Purpose.UPDATE: self.tr("Newer version"),
        }
        locale = QLocale()
        self.table.clear()
        for entry in entries[:MOST_SHOWN]:
            at = QDateTime.fromSecsSinceEpoch(int(entry.at))
            when = locale.toString(at, QLocale.FormatType.ShortFormat)
            self.table.addTopLevelItem(QTreeWidgetItem([when, entry.host, names[entry.purpose]]))
        for column in (0, 2):
            self.table.resizeColumnToContents(column)
        self.table.setVisible(bool(entries))
        self.clear.setVisible(bool(entries))
        self._none.setVisible(not entries)
