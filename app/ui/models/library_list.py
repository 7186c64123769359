"""The library's rows, one below the other; a row stays as long as what it shows is the same.

Window process, interface thread. Shows what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui.models.library_row import LibraryRow


class LibraryList(QScrollArea):
    """`rows` are by the paths of their models; `following` is what Tab leads to after the last one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, LibraryRow] = {}
        self.following: Sequence[QWidget] = ()
        self._shown: Mapping[str, object] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inner)

    def show_rows(self, contents: Mapping[str, object], make: Callable[[str], LibraryRow]) -> None:
        """Make rows of what is new or changed; all others stay, with an open menu and the focus."""
        shown, self._shown = self._shown, contents
        focused = self._focused
        order = [*self.rows]
        over = {path: self.rows.pop(path) for path in [*self.rows] if contents.get(path) != shown[path]}
        for place, path in enumerate(contents):
            if path not in self.rows:
                self.rows[path] = make(path)
            if self._column.indexOf(self.rows[path]) != place:
                self._column.insertWidget(place, self.rows[path])
                self.rows[path].show()  # at once, so that it can take the focus
        self.rows = {path: self.rows[path] for path in contents}
        if focused in over:
            self._give_focus(focused, order.index(focused))
        for row in over.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._order_tabs()

    @property
    def _focused(self) -> str:
        """The path of the row that has the focus."""
        widget = self.window().focusWidget()
        return next((path for path, row in self.rows.items() if widget is not None and row.isAncestorOf(widget)), "")

    def _give_focus(self, path: str, place: int) -> None:
        """The focus goes to the new row of the same model, or to the one that has taken its place."""
        paths = [path] if path in self.rows else [*self.rows][: place + 1][-1:]
        for successor in paths:
            self.rows[successor].take_focus()

    def _order_tabs(self) -> None:
        """From row to row as they stand."""
        widgets = [widget for row in self.rows.values() for widget in row.in_order]
        for one, other in pairwise([*widgets, *self.following]):
            QWidget.setTabOrder(one, other)
