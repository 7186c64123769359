"""The dialog “Folders for models”: which there are, and which one new models go into.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.core.errors import ParleyError
from app.core.paths import is_folder
from app.services.model_folders import ModelFolders
from app.ui.file_dialogs import ask_folder
from app.ui.fitting_dialog import FittingDialog
from app.ui.labels import plain_label


class FoldersDialog(FittingDialog):
    """A card for each folder."""

    def __init__(self, folders: ModelFolders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folders = folders
        self.rows: dict[Path, QFrame] = {}
        self.setWindowTitle(self.tr("Folders for models"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        intro = plain_label(
            "muted", self.tr("Parley looks for models in these folders. A folder that you remove here keeps its files.")
        )
        intro.setWordWrap(True)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._problem = plain_label("bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(intro)
        column.addLayout(self._cards)
        column.addWidget(self._problem)
        column.addStretch(1)
        column.addLayout(self._buttons())
        folders.changed.connect(self._show)
        self._show()

    def add(self, folder: Path, *, first: bool = False) -> None:
        """Look there too."""
        self._try(lambda: self._folders.add(folder, first=first))

    def remove(self, folder: Path) -> None:
        """Look there no more."""
        self._try(lambda: self._folders.remove(folder))

    def _try(self, act: Callable[[], None]) -> None:
        self._problem.hide()
        try:
            act()
        except ParleyError as error:
            self._problem.setText(f"{error.sentence} {error.next_step}")
            self._problem.show()

    def _buttons(self) -> QHBoxLayout:
        add = QPushButton(self.tr("Add a folder…"))
        add.setAutoDefault(False)
        add.clicked.connect(self._choose)
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(add)
        buttons.addStretch(1)
        buttons.addWidget(close)
        return buttons

    def _show(self) -> None:
        for row in self.rows.values():
            self._cards.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        folders = self._folders.now
        for place, folder in enumerate(folders):
            self.rows[folder] = row = self._row(folder, place == 0, len(folders))
            self._cards.addWidget(row)

    def _row(self, folder: Path, first: bool, count: int) -> QFrame:
        card = QFrame()
        card.setProperty("kind", "card")
        remark = self.tr("New models go here") if first else ""
        if not is_folder(folder):
            remark = self.tr("Made with the first download") if first else self.tr("Not there: is its disk connected?")
        heads = QVBoxLayout()
        heads.setSpacing(2)
        heads.addWidget(plain_label("heading", str(folder)))
        if remark:
            heads.addWidget(plain_label("small", remark))
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 10, 10, 10)
        row.setSpacing(4)
        row.addLayout(heads, 1)
        if not first:
            row.addWidget(self._button(self.tr("Use for new models"), folder, lambda: self.add(folder, first=True)))
        if count > 1:
            row.addWidget(self._button(self.tr("Remove"), folder, lambda: self.remove(folder)))
        return card

    def _button(self, text: str, folder: Path, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setAutoDefault(False)
        button.setAccessibleName(f"{text}: {folder}")
        button.clicked.connect(lambda: act())
        return button

    def _choose(self) -> None:
        start = str(self._folders.now[0].parent)
        ask_folder(self, self.tr("Add a folder for models"), self.add, start=start)
