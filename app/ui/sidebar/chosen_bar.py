"""What can be done with several conversations at once, below the list while several are chosen.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.core.sizes import format_count
from app.ui.icons import IconButton


class ChosenBar(QFrame):
    """How many, and a button for each deed."""

    move_wanted = Signal(QPoint)
    archive_wanted = Signal()
    export_wanted = Signal()
    delete_wanted = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "strip")
        self._count = QLabel()
        self.move_button = IconButton("folder", self.tr("Move to a folder"))
        self.move_button.clicked.connect(
            lambda: self.move_wanted.emit(self.move_button.mapToGlobal(self.move_button.rect().bottomLeft()))
        )
        acts = (
            ("archive", self.tr("Archive"), self.archive_wanted),
            ("export", self.tr("Export…"), self.export_wanted),
            ("trash", self.tr("Delete"), self.delete_wanted),
        )
        close = IconButton("close", self.tr("Choose none"))
        close.clicked.connect(self.dismissed)
        upper = QHBoxLayout()
        upper.addWidget(self._count, 1)
        upper.addWidget(close)
        lower = QHBoxLayout()
        lower.setSpacing(4)
        lower.addWidget(self.move_button)
        for icon, name, signal in acts:
            button = IconButton(icon, name)
            button.clicked.connect(signal)
            lower.addWidget(button)
        lower.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 4, 4)
        column.setSpacing(0)
        column.addLayout(upper)
        lower.setContentsMargins(0, 0, 0, 0)
        column.addLayout(lower)
        self.hide()

    def show_count(self, count: int) -> None:
        """Show the bar for two or more."""
        self._count.setText(self.tr("{count} chats chosen").format(count=format_count(count)))
        self.setVisible(count > 1)
