"""A list of folders with what can be done to it.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from app.ui.file_dialogs import ask_folder

_ROWS = 4


class FoldersEdit(QWidget):
    """The first folder is where new things go; every change is told as lines of text."""

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setProperty("kind", "rows")
        self._list.setAccessibleName(name)
        self._list.setFixedHeight(self._list.fontMetrics().height() * _ROWS + 40)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._list.currentRowChanged.connect(lambda _: self._judge())
        self._add = self._button(self.tr("Add a folder…"), self._choose)
        self._first = self._button(self.tr("Use for new models"), self._put_first)
        self._remove = self._button(self.tr("Remove"), self._take_away)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._add)
        buttons.addStretch(1)
        buttons.addWidget(self._first)
        buttons.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._list)
        column.addLayout(buttons)
        self.setFocusProxy(self._list)
        self._judge()

    def set_folders(self, lines: str) -> None:
        """Show these folders, one on each line."""
        folders = [line.strip() for line in lines.splitlines() if line.strip()]
        if folders != self._folders():
            self._list.clear()
            self._list.addItems(folders)
        self._judge()

    def _folders(self) -> list[str]:
        return [self._list.item(row).text() for row in range(self._list.count())]

    def _button(self, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _judge(self) -> None:
        row = self._list.currentRow()
        self._first.setEnabled(row > 0)
        self._remove.setEnabled(row >= 0)

    def _choose(self) -> None:
        ask_folder(self.window(), self.tr("A folder for models"), lambda folder: self.add(str(folder)))

    def add(self, folder: str) -> None:
        """Add a folder unless it is there already."""
        if folder and folder not in self._folders():
            self._list.addItem(folder)
            self._tell()

    def _put_first(self) -> None:
        item = self._list.takeItem(self._list.currentRow())
        self._list.insertItem(0, item)
        self._list.setCurrentRow(0)
        self._tell()

    def _take_away(self) -> None:
        self._list.takeItem(self._list.currentRow())
        self._tell()

    def _tell(self) -> None:
        self._judge()
        self.edited.emit("\n".join(self._folders()))
