"""The row of buttons at the foot of a dialog: what is done beside it at the left, how it ends at the right.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QPushButton


def foot_row(leading: Sequence[QPushButton], trailing: Sequence[QPushButton]) -> QHBoxLayout:
    """Lay them out; none becomes the default by having the focus."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for button in leading:
        row.addWidget(button)
    row.addStretch(1)
    for button in trailing:
        row.addWidget(button)
    for button in (*leading, *trailing):
        button.setAutoDefault(False)
    return row
