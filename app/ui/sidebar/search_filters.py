"""What a search is narrowed to: who wrote it, when, with which model, in which folder.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.core.chat.listing import Folder
from app.core.chat.search import SearchQuery
from app.core.engine.messages import Role
from app.ui.icons import ComboBox
from app.ui.sidebar.menus import paths

_DAYS = (None, 1, 7, 30, 365)


class SearchFilters(QWidget):
    """Four choices; each begins with the one that narrows nothing."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: list[str] = []
        self.role = self._box(self.tr("Who wrote it"), (self.tr("Anyone"), self.tr("You"), self.tr("Models")))
        ages = (self.tr("Any time"), self.tr("Today"), self.tr("7 days"), self.tr("30 days"), self.tr("One year"))
        self.age = self._box(self.tr("When it was written"), ages)
        self.model = self._box(self.tr("Which model wrote it"), (self.tr("Any model"),))
        self.folder = self._box(self.tr("In which folder"), (self.tr("Any folder"),))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for number, box in enumerate(self.boxes):
            grid.addWidget(box, number // 2, number % 2)

    @property
    def boxes(self) -> tuple[ComboBox, ...]:
        """The choices, as they are read."""
        return self.role, self.age, self.model, self.folder

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return any(box.currentIndex() > 0 for box in self.boxes)

    def clear(self) -> None:
        """Leave nothing out."""
        for box in self.boxes:
            box.blockSignals(True)
            box.setCurrentIndex(0)
            box.blockSignals(False)

    def query(self, text: str, now: datetime) -> SearchQuery:
        """The words with what they are narrowed to; days end at midnight."""
        days = _DAYS[self.age.currentIndex()]
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return SearchQuery(
            text,
            model=self.model.currentText() if self.model.currentIndex() > 0 else "",
            folder_id=self.folder.currentData(),
            since=None if days is None else (midnight - timedelta(days=days - 1)).timestamp(),
            role=(None, Role.USER, Role.ASSISTANT)[self.role.currentIndex()],
        )

    def add_models(self, names: Sequence[str]) -> None:
        """Offer these too."""
        new = [name for name in dict.fromkeys(names) if name and name not in self._models]
        self._models += new
        self.model.addItems(new)

    def set_folders(self, folders: Sequence[Folder]) -> None:
        """Offer these; the one that is chosen stays, if it is still there."""
        chosen = self.folder.currentData()
        self.folder.blockSignals(True)
        while self.folder.count() > 1:
            self.folder.removeItem(1)
        for folder, name in paths(folders):
            self.folder.addItem(name, folder.id)
        place = self.folder.findData(chosen) if chosen is not None else 0
        self.folder.setCurrentIndex(max(place, 0))
        self.folder.blockSignals(False)
        if chosen is not None and place < 0:
            self.changed.emit()

    def _box(self, name: str, choices: Sequence[str]) -> ComboBox:
        box = ComboBox()
        box.setProperty("kind", "filter")
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.addItems(list(choices))
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        box.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(4)
        box.currentIndexChanged.connect(lambda _: self.changed.emit())
        return box
