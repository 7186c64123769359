"""What a settings page offers besides settings: a title, a remark, and a button that does something.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from app.ui.settings.words import speaks_of


class ActionRow(QWidget):
    """Looks like a setting, but opens or does something."""

    def __init__(
        self, title: str, remark: str, button: str, act: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words = f"{title} {remark} {button}"
        name, said = QLabel(title), QLabel(remark)
        name.setProperty("kind", "body")
        said.setProperty("kind", "small")
        for label in (name, said):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton(button)
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(f"{title}: {button}")
        self.button.clicked.connect(act)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 10, 0, 10)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.addWidget(name, 0, 0)
        grid.addWidget(said, 1, 0)
        grid.addWidget(self.button, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(0, 1)

    def matches(self, words: str) -> bool:
        """Whether it is what someone searches for."""
        return speaks_of(words, self._words)
