"""The keyboard's shortcuts.

Window process, interface thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui.fitting_dialog import BoundedDialog

_COLUMNS = 2


class ShortcutsDialog(BoundedDialog):
    """Keys, and beside them what they do; in columns, so that a small screen has room for them."""

    def __init__(self, shortcuts: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(12)
        rows = math.ceil(len(shortcuts) / _COLUMNS)
        for number, (keys, meaning) in enumerate(shortcuts):
            shown = QLabel(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            shown.setProperty("kind", "key")
            column, row = divmod(number, rows)
            grid.addWidget(shown, row, 2 * column, Qt.AlignmentFlag.AlignLeading)
            grid.addWidget(QLabel(meaning), row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 24, 24, 16)
        whole.setSpacing(24)
        whole.addLayout(grid)
        whole.addWidget(buttons)
