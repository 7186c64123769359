"""One page of the settings: its heading and its rows, of which a search may leave some.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.core.program.setting import Page
from app.ui.settings.actions import ActionRow
from app.ui.settings.ledger import LedgerView
from app.ui.settings.row import SettingRow
from app.ui.settings.words import page_name, speaks_of

Row = SettingRow | ActionRow | LedgerView


class PageView(QWidget):
    """Rows with thin lines between them."""

    def __init__(self, page: Page, rows: Sequence[Row], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = page
        self.rows = rows
        self._lines: list[QFrame] = []
        heading = QLabel(page_name(page))
        heading.setProperty("kind", "title")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 24)
        column.setSpacing(0)
        column.addWidget(heading)
        column.addSpacing(8)
        for row in rows:
            line = QFrame()
            line.setProperty("kind", "line")
            line.setFixedHeight(1)
            self._lines.append(line)
            column.addWidget(line)
            column.addWidget(row)
        self._show_lines()

    def show_all(self) -> None:
        """Show every row."""
        for row in self.rows:
            row.show()
        self._show_lines()
        self.show()

    def show_matching(self, words: str) -> int:
        """Show the rows that are searched for, or all by the page's name; the page only if there are any. How many."""
        is_named = speaks_of(words, page_name(self.page))
        found = 0
        for row in self.rows:
            matches = is_named or row.matches(words)
            row.setVisible(matches)
            found += matches
        self._show_lines()
        self.setVisible(found > 0)
        return found

    def _show_lines(self) -> None:
        first = True
        for line, row in zip(self._lines, self.rows, strict=True):
            shown = not row.isHidden()
            line.setVisible(shown and not first)
            first = first and not shown
