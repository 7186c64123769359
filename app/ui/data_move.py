"""Chooses another folder for the data.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from app.core.errors import ParleyError
from app.ui.file_dialogs import ask_folder
from app.ui.fitting_dialog import FittingDialog
from app.ui.foot_row import foot_row
from app.ui.labels import wrapped_label


class MoveDialog(FittingDialog):
    """The folder of now, the one to come, and whether it can be used."""

    check_requested = Signal(object)  # Path
    move_requested = Signal(object)  # Path

    def __init__(self, present: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Move the data folder"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        self._target: Path | None = None
        self._present = wrapped_label("body", str(present))
        self._next = wrapped_label("body", self.tr("None chosen yet"))
        self._problem = wrapped_label("muted")
        self._problem.hide()
        self.choose = QPushButton(self.tr("Choose a folder…"))
        self.choose.clicked.connect(self._choose)
        self.move_there = QPushButton(self.tr("Move"))
        self.move_there.setDefault(True)
        self.move_there.setEnabled(False)
        self.move_there.clicked.connect(self._confirm)
        self._lay_out()

    def show_target(self, target: Path) -> None:
        """The chosen folder can be used; the data goes there."""
        self._target = target
        self._next.setText(str(target))
        self._problem.hide()
        self.move_there.setEnabled(True)
        self.move_there.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_error(self, error: ParleyError) -> None:
        """The chosen folder cannot be used."""
        self._target = None
        self._next.setText(self.tr("None chosen yet"))
        self._problem.setText(str(error))
        self._problem.show()
        self.move_there.setEnabled(False)

    def _choose(self) -> None:
        ask_folder(self, self.tr("A folder for your data"), self.check_requested.emit)

    def _confirm(self) -> None:
        if self._target is not None:
            self.move_requested.emit(self._target)
            self.accept()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for row, (name, value) in enumerate(((self.tr("Now"), self._present), (self.tr("Then"), self._next))):
            grid.addWidget(wrapped_label("small", name), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
        grid.setColumnStretch(1, 1)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(wrapped_label("heading", self.tr("Keep your data in another folder")))
        column.addWidget(
            wrapped_label(
                "muted",
                self.tr(
                    "Chats, backups and the models in Parley's own folder move together. Everything is copied "
                    "and compared first; only then the old folder is emptied. Parley closes while it works."
                ),
            )
        )
        column.addLayout(grid)
        column.addWidget(self._problem)
        column.addSpacing(8)
        column.addLayout(foot_row([self.choose], [cancel, self.move_there]))
