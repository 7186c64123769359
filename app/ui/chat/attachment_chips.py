"""The files that the next message takes along, each a chip with its size and its cost.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.core.sizes import format_bytes, format_count
from app.services.attaching import AttachedFile
from app.ui.elided_label import ElidedLabel
from app.ui.icons import Emblem, IconButton
from app.ui.labels import tip

_TWO_COLUMNS_FROM = 520
_LEAST_ROW = 44
_ROOM = 8
"""Pixels of a chip beside its two lines of text, the first of which is a little larger."""
_GAP = 8
_MOST_ROWS = 3


class Chip(QFrame):
    """One file; Delete takes it away."""

    remove_requested = Signal(str)  # key

    def __init__(self, file: AttachedFile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._key = file.key
        self._name = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._name.setText(file.name)
        self._name.setToolTip(tip(file.name))
        self._facts = QLabel()
        self._facts.setProperty("kind", "small")
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.remove = remove = IconButton("close", self.tr("Remove {name}").format(name=file.name))
        remove.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        remove.clicked.connect(lambda: self.remove_requested.emit(self._key))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._facts)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(10)
        row.addWidget(Emblem("file", 16, QPalette.ColorRole.PlaceholderText))
        row.addLayout(words, 1)
        row.addWidget(remove)
        self.show_file(file)

    @property
    def facts(self) -> str:
        """The size and the cost, as they are read."""
        return self._facts.text()

    def show_file(self, file: AttachedFile) -> None:
        """Say what is known of it by now."""
        self._facts.setText(self._cost(file))
        self.setAccessibleName(f"{file.name}, {self._facts.text()}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the file away."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_requested.emit(self._key)
        else:
            super().keyPressEvent(event)

    def _cost(self, file: AttachedFile) -> str:
        size = format_bytes(file.bytes)
        if file.attachment is None:
            return self.tr("{size} · reading…").format(size=size)
        if file.count is None:
            return self.tr("{size} · counting…").format(size=size)
        tokens = format_count(file.count.tokens)
        if file.count.is_exact:
            return self.tr("{size} · {tokens} tokens").format(size=size, tokens=tokens)
        return self.tr("{size} · about {tokens} tokens, estimated").format(size=size, tokens=tokens)


class AttachmentChips(QScrollArea):
    """All of them in one or two columns; hidden while there are none."""

    remove_requested = Signal(str)  # key

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Attached files"))
        self._inside = QWidget()
        self._inside.setProperty("kind", "clear")
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, _GAP)
        self._grid.setSpacing(_GAP)
        self._columns = 1
        self.chips: dict[str, Chip] = {}
        self.setWidget(self._inside)
        self.viewport().setAutoFillBackground(False)
        self.hide()

    def show_files(self, files: Sequence[AttachedFile]) -> None:
        """Show these."""
        wanted = {file.key: file for file in files}
        for key in [key for key in self.chips if key not in wanted]:
            chip = self.chips.pop(key)
            chip.hide()
            chip.deleteLater()
        for key, file in wanted.items():
            if key in self.chips:
                self.chips[key].show_file(file)
            else:
                self.chips[key] = Chip(file)
                self.chips[key].remove_requested.connect(self.remove_requested)
        self._arrange()
        self.setVisible(bool(files))

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab stops, in the order of the files."""
        return [stop for chip in self.chips.values() for stop in (chip, chip.remove)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column where there is no room for two."""
        super().resizeEvent(event)
        if (event.size().width() >= _TWO_COLUMNS_FROM) != (self._columns == 2):
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Larger text needs more room."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._arrange()

    def sizeHint(self) -> QSize:
        """As wide as it may be."""
        return QSize(super().sizeHint().width(), self.maximumHeight())

    def _arrange(self) -> None:
        height = max(_LEAST_ROW, 2 * self.fontMetrics().height() + _ROOM)
        self._columns = 2 if self.viewport().width() >= _TWO_COLUMNS_FROM and len(self.chips) > 1 else 1
        for number, chip in enumerate(self.chips.values()):
            chip.setFixedHeight(height)
            self._grid.addWidget(chip, number // self._columns, number % self._columns)
        for column in (0, 1):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)
        rows = min(-(-len(self.chips) // self._columns), _MOST_ROWS)
        self.setFixedHeight(rows * (height + _GAP))
