"""The list of presets with what can be done to each.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.core.chat.presets import StoredPreset
from app.ui.icons import IconButton
from app.ui.labels import tip
from app.ui.plain_list import PlainList
from app.ui.preset_words import shown_description, shown_name

_ID = Qt.ItemDataRole.UserRole


class PresetListPane(QWidget):
    """Chosen by click or arrow, ordered by dragging or with Alt and an arrow."""

    chosen = Signal(int)
    new_requested = Signal()
    duplicate_requested = Signal(int)
    delete_requested = Signal(int)
    default_requested = Signal(int)
    arranged = Signal(list)  # list[int]
    import_requested = Signal()
    export_requested = Signal(bool)  # all of them, or the chosen one
    restore_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = _OrderedList(self.tr("Presets"))
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.currentItemChanged.connect(lambda item, _: self.chosen.emit(item.data(_ID)) if item else None)
        self.list.model().rowsMoved.connect(lambda *_: self.arranged.emit(self.order))
        self.list.moved.connect(self._move)
        self._new = IconButton("plus", self.tr("New preset"))
        self._new.clicked.connect(self.new_requested)
        self._copy = IconButton("copy", self.tr("Duplicate"))
        self._copy.clicked.connect(lambda: self.duplicate_requested.emit(self.current))
        self._delete = IconButton("trash", self.tr("Delete"))
        self._delete.clicked.connect(lambda: self.delete_requested.emit(self.current))
        self.more = IconButton("dots", self.tr("More"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self._new, self._copy, self._delete):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 16, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.list, 1)
        column.addLayout(row)

    @property
    def current(self) -> int:
        """The number of the chosen preset, 0 if none is."""
        item = self.list.currentItem()
        return int(item.data(_ID)) if item else 0

    def show_presets(self, presets: Sequence[StoredPreset], default: str, unsaved: Collection[int]) -> None:
        """List these; a mark tells the one of new chats, a dot those with unsaved changes."""
        current = self.current
        self.list.blockSignals(True)
        self.list.clear()
        for stored in presets:
            name = shown_name(stored.preset)
            if stored.preset.name.casefold() == default.casefold():
                name = self.tr("{name} (new chats)").format(name=name)
            item = QListWidgetItem(f"{name} •" if stored.id in unsaved else name)
            item.setData(_ID, stored.id)
            item.setToolTip(tip(shown_description(stored.preset)))
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.choose(current)
        for button in (self._copy, self._delete):
            button.setEnabled(bool(presets))

    def choose(self, preset_id: int) -> None:
        """Go to a preset without telling of it; to the first one where that is gone."""
        order = self.order
        self.list.blockSignals(True)
        self.list.setCurrentRow(order.index(preset_id) if preset_id in order else 0)
        self.list.blockSignals(False)

    @property
    def order(self) -> list[int]:
        """The numbers of all presets, from the top."""
        return [int(self.list.item(row).data(_ID)) for row in range(self.list.count())]

    def _move(self, by: int) -> None:
        order, row = self.order, self.list.currentRow()
        target = row + by
        if row >= 0 and 0 <= target < len(order):
            order.insert(target, order.pop(row))
            self.arranged.emit(order)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Begin new chats with it"), lambda: self.default_requested.emit(self.current))
        menu.addAction(self.tr("Move up") + "\tAlt+↑", lambda: self._move(-1))
        menu.addAction(self.tr("Move down") + "\tAlt+↓", lambda: self._move(1))
        menu.addSeparator()
        menu.addAction(self.tr("Import…"), self.import_requested.emit)
        menu.addAction(self.tr("Export…"), lambda: self.export_requested.emit(False))
        menu.addAction(self.tr("Export all…"), lambda: self.export_requested.emit(True))
        menu.addSeparator()
        menu.addAction(self.tr("Bring back Parley's own"), self.restore_requested.emit)
        return menu


class _OrderedList(PlainList):
    """Alt and an arrow moves the chosen item."""

    moved = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, or go on."""
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if by is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(by)
        else:
            super().keyPressEvent(event)
