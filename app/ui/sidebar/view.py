"""A list of rows by mouse and keyboard: one is opened, several are chosen.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView

from app.ui.sidebar.model import RowModel
from app.ui.sidebar.painting import RowDelegate
from app.ui.sidebar.rows import ConversationRow, Row, key_of

_SELECT = QItemSelectionModel.SelectionFlag
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class RowView(QListView):
    """Enter or a click activates a row; with Ctrl or Shift rows are chosen, Delete and the Menu key act on them."""

    row_activated = Signal(object)  # Row
    choice_changed = Signal()
    delete_wanted = Signal()
    menu_wanted = Signal(QPoint)  # on the screen; what it is about is current or chosen
    left_upwards = Signal()

    def __init__(self, model: RowModel, *, with_notes: bool = False) -> None:
        super().__init__()
        self.rows = model
        self.delegate = RowDelegate(self, with_notes=with_notes)
        self._pressed = QModelIndex()
        self._kept: tuple[list[object], object, int, int] = ([], None, 0, 0)
        self._name: str | None = None  # what was being written in the place of the current row
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setProperty("kind", "conversations")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        model.about_to_change.connect(self._keep_place)
        model.rows_changed.connect(self._find_place)
        self.selectionModel().selectionChanged.connect(self._on_selection)

    @property
    def chosen(self) -> list[Row]:
        """The rows that are selected, from the top."""
        places = sorted(self.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return [row for row in map(self.rows.row, places) if row is not None]

    @property
    def chosen_ids(self) -> list[int]:
        """The conversations among them."""
        return [row.conversation.id for row in self.chosen if isinstance(row, ConversationRow)]

    @property
    def current_row(self) -> Row | None:
        """The row that keys act on."""
        return self.rows.row(self.currentIndex())

    def make_current(self, key: object) -> None:
        """Go to a row without asking for anything, unless several are chosen; where it is not listed, choose none."""
        index = self.rows.index_of(key)
        if len(self.selectionModel().selectedIndexes()) > 1:
            return
        if index.isValid():
            self.setCurrentIndex(index)
        else:
            self.clearSelection()

    def enter(self) -> bool:
        """Take the focus, at the current row or the first one; false when there is none."""
        current = self.currentIndex()
        if not current.flags() & Qt.ItemFlag.ItemIsEnabled:
            current = self._nearest(0)
        if not current.isValid():
            return False
        self.setCurrentIndex(current)
        self.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def edit_row(self, key: object) -> None:
        """Let the user rename a row."""
        index = self.rows.index_of(key)
        if index.isValid():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.setCurrentIndex(index)
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with Enter or Space, delete with Delete; Up goes from the first row to what is above."""
        if self.state() is QListView.State.EditingState:
            super().keyPressEvent(event)
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        row = self.current_row
        if event.key() in _ENTER and plain:
            if row is not None:
                self.row_activated.emit(row)
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        elif event.key() == Qt.Key.Key_Escape and len(self.chosen) > 1:
            self.choose_only(self.currentIndex())
        elif event.key() == Qt.Key.Key_Up and plain and self.currentIndex() == self._nearest(0):
            self.left_upwards.emit()
        else:
            super().keyPressEvent(event)

    def choose_only(self, index: QModelIndex) -> None:
        """Let one row be selected, and no other."""
        self.selectionModel().setCurrentIndex(index, _SELECT.ClearAndSelect)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is chosen in view when the bar for it takes room."""
        super().resizeEvent(event)
        if self.delegate.marks_choice:
            self.scrollTo(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click began; the right button leaves a choice as it is."""
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.RightButton:
            if index.isValid() and not self.selectionModel().isSelected(index):
                self.choose_only(index)
            return
        self._pressed = index
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click without a modifier opens."""
        index, pressed, self._pressed = self.indexAt(event.position().toPoint()), self._pressed, QModelIndex()
        super().mouseReleaseEvent(event)
        clicked = event.button() is Qt.MouseButton.LeftButton and index.isValid() and index == pressed
        if clicked and not event.modifiers() and index.flags() & Qt.ItemFlag.ItemIsEnabled:
            row = self.rows.row(index)
            if row is not None:
                self.row_activated.emit(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A menu for what is chosen; from the keyboard, at the current row."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            rect = self.visualRect(self.currentIndex()).intersected(self.viewport().rect())
            self.menu_wanted.emit(self.viewport().mapToGlobal(rect.center()))
            return
        if not self.indexAt(event.pos()).isValid():
            self.selectionModel().clear()
        self.menu_wanted.emit(event.globalPos())

    def select_keys(self, keys: Iterable[object]) -> None:
        """Let these be selected, as far as they are listed."""
        for key in keys:
            self.selectionModel().select(self.rows.index_of(key), _SELECT.Select)

    def _nearest(self, number: int) -> QModelIndex:
        """The first row from a number on that can be chosen, or else the last one before."""
        places = [*range(number, self.rows.rowCount()), *range(min(number, self.rows.rowCount()) - 1, -1, -1)]
        indexes = (self.rows.index(place) for place in places)
        return next((index for index in indexes if index.flags() & Qt.ItemFlag.ItemIsEnabled), QModelIndex())

    def _keep_place(self) -> None:
        current = self.current_row
        keys = [key_of(row) for row in self.chosen]
        scrolled = self.verticalScrollBar().value()
        self._kept = (keys, None if current is None else key_of(current), self.currentIndex().row(), scrolled)
        editor = self.indexWidget(self.currentIndex())
        self._name = editor.text() if isinstance(editor, QLineEdit) else None

    def _find_place(self) -> None:
        keys, current, number, scrolled = self._kept
        if current is not None:
            index = self.rows.index_of(current)
            index = index if index.isValid() else self._nearest(number)
            self.selectionModel().setCurrentIndex(index, _SELECT.NoUpdate)
        self.select_keys(keys)
        self.doItemsLayout()
        self.verticalScrollBar().setValue(scrolled)
        self._on_selection()
        if self._name is not None:
            self._go_on_naming(current, self._name)

    def _go_on_naming(self, key: object, name: str) -> None:
        """Let the user write on what was written when the rows changed."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.rows.index_of(key).isValid():
            return
        self.edit_row(key)
        editor = self.indexWidget(self.currentIndex())
        if isinstance(editor, QLineEdit) and editor.text() != name:
            editor.setText(name)
            editor.setModified(True)

    def _on_selection(self) -> None:
        self.delegate.marks_choice = len(self.selectionModel().selectedIndexes()) > 1
        self.viewport().update()
        self.choice_changed.emit()
