"""The sidebar's own list: folders fold, and conversations and folders are dragged to where they belong.

Window process, interface thread.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)

from app.core.chat.listing import Folder
from app.ui.sidebar.model import CONVERSATIONS, FOLDER, ConversationModel
from app.ui.sidebar.painting import label_of
from app.ui.sidebar.rows import ConversationRow, FolderRow, HintRow, MoreRow
from app.ui.sidebar.view import RowView

_BESIDE = QPoint(-14, -8)
_EDGE = 0.3
"""The part of a folder's row, from above and from below, that stands for the place before and after it."""


class Side(Enum):
    """Where something is dropped, relative to a row."""

    INTO = auto()
    BEFORE = auto()
    AFTER = auto()


class Target(NamedTuple):
    """A row, and where by it; without a row: out of all folders."""

    place: QModelIndex
    side: Side


class ConversationView(RowView):
    """Emits where things are to go; moves nothing by itself."""

    fold_wanted = Signal(int, bool)  # folder id, open
    file_wanted = Signal(list, object)  # conversation ids, folder id or None
    folder_move_wanted = Signal(int, object, object)  # folder id, parent id or None, position or None

    def __init__(self, model: ConversationModel) -> None:
        super().__init__(model)
        self._list = model
        self._target: Target | None = None
        self.setAcceptDrops(True)
        self.setDragEnabled(True)
        self.setDropIndicatorShown(False)
        self.setDragDropMode(RowView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right fold; Alt with an arrow moves a folder among its neighbours."""
        row, key, editing = self.current_row, event.key(), self.state() is RowView.State.EditingState
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if not editing and event.modifiers() & Qt.KeyboardModifier.AltModifier and key in steps:
            if isinstance(row, FolderRow):
                self.shift_folder(row.folder, steps[Qt.Key(key)])
            return
        if not editing and not event.modifiers() and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            forward = (key == Qt.Key.Key_Right) == self.isLeftToRight()
            self._fold(forward=forward)
            return
        super().keyPressEvent(event)

    def shift_folder(self, folder: Folder, by: int) -> None:
        """Move a folder up or down among those beside it."""
        beside = [one.id for one in self._list.folders if one.parent_id == folder.parent_id]
        place = beside.index(folder.id) + by
        if 0 <= place < len(beside):
            self.folder_move_wanted.emit(folder.id, folder.parent_id, place)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag what is chosen; what belongs somewhere else is moved where it is dropped."""
        self.drag().exec(actions, Qt.DropAction.MoveAction)

    def drag(self) -> QDrag:
        """What is chosen, with a small card beside the pointer: the row that it is held over stays in sight."""
        indexes = [one for one in self.selectedIndexes() if one.flags() & Qt.ItemFlag.ItemIsDragEnabled]
        count = len(self.chosen_ids)
        text = str(indexes[0].data()) if len(indexes) == 1 else self.tr("{count} chats").format(count=count)
        drag = QDrag(self)
        drag.setMimeData(self.rows.mimeData(indexes))
        drag.setPixmap(label_of(text, self))
        drag.setHotSpot(_BESIDE)
        return drag

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take conversations and folders of this window; files are the window's affair."""
        if event.mimeData().hasFormat(CONVERSATIONS) or event.mimeData().hasFormat(FOLDER):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would go."""
        self._autoscroll_near(event.position().toPoint())
        self._show_target(self._target_at(event.position().toPoint(), event.mimeData()))
        if self._target is None:
            event.ignore()
        else:
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It goes nowhere."""
        self._show_target(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the move."""
        target, data = self._target_at(event.position().toPoint(), event.mimeData()), event.mimeData()
        self._show_target(None)
        if target is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)  # the list removes no row by itself
        event.accept()
        if data.hasFormat(FOLDER):
            self._drop_folder(_folder_in(data), target)
        else:
            row = self.rows.row(target.place)
            self.file_wanted.emit(_conversations_in(data), row.folder.id if isinstance(row, FolderRow) else None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the list, and where a dragged thing would go."""
        super().paintEvent(event)
        if self._target is None:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        rect = self.visualRect(self._target.place) if self._target.place.isValid() else self.viewport().rect()
        match self._target.side:
            case Side.INTO:
                painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
            case Side.BEFORE:
                painter.drawLine(rect.topLeft(), rect.topRight())
            case Side.AFTER:
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.end()

    def _fold(self, *, forward: bool) -> None:
        row = self.current_row
        if isinstance(row, FolderRow) and row.is_open != forward:
            self.fold_wanted.emit(row.folder.id, forward)
        elif not forward and isinstance(row, ConversationRow | FolderRow | MoreRow) and row.depth:
            self.setCurrentIndex(self._folder_above(self.currentIndex()))

    def _folder_above(self, index: QModelIndex) -> QModelIndex:
        """The folder that a row is in, or nothing."""
        row = self.rows.row(index)
        depth = getattr(row, "depth", 0)
        for number in range(index.row() - 1, -1, -1):
            above = self.rows.row(self.rows.index(number))
            if isinstance(above, FolderRow) and above.depth < depth:
                return self.rows.index(number)
        return QModelIndex()

    def _target_at(self, point: QPoint, data: QMimeData) -> Target | None:
        index = self.indexAt(point)
        row = self.rows.row(index)
        if not data.hasFormat(FOLDER):
            if isinstance(row, ConversationRow | MoreRow | HintRow) and row.depth:
                index = self._folder_above(index)
            elif not isinstance(row, FolderRow):
                index = QModelIndex()
            return Target(index, Side.INTO)
        return self._folder_target(point, index, _folder_in(data))

    def _folder_target(self, point: QPoint, index: QModelIndex, dragged_id: int) -> Target | None:
        """Folders nest one level: beside any folder of the same kind, or into one at the top."""
        row = self.rows.row(index)
        dragged = next((one for one in self._list.folders if one.id == dragged_id), None)
        if not isinstance(row, FolderRow) or dragged is None or row.folder.id == dragged_id:
            return None
        has_inner = any(one.parent_id == dragged_id for one in self._list.folders)
        rect = self.visualRect(index)
        part = (point.y() - rect.top()) / max(rect.height(), 1)
        side = Side.BEFORE if part < _EDGE else Side.AFTER if part > 1 - _EDGE else Side.INTO
        if side is Side.INTO and (row.depth or has_inner):
            side = Side.BEFORE if part < 0.5 else Side.AFTER
        if row.depth and has_inner:
            return None
        return Target(index, side)

    def _drop_folder(self, dragged_id: int, target: Target) -> None:
        row = self.rows.row(target.place)
        if not isinstance(row, FolderRow):
            return
        if target.side is Side.INTO:
            self.folder_move_wanted.emit(dragged_id, row.folder.id, None)
            return
        beside = [one.id for one in self._list.folders if one.parent_id == row.folder.parent_id]
        others = [one for one in beside if one != dragged_id]
        place = others.index(row.folder.id) + (target.side is Side.AFTER)
        self.folder_move_wanted.emit(dragged_id, row.folder.parent_id, place)

    def _show_target(self, target: Target | None) -> None:
        if target != self._target:
            self._target = target
            self.viewport().update()

    def _autoscroll_near(self, point: QPoint) -> None:
        margin, bar = self.autoScrollMargin(), self.verticalScrollBar()
        if point.y() < margin:
            bar.setValue(bar.value() - margin)
        elif point.y() > self.viewport().height() - margin:
            bar.setValue(bar.value() + margin)


def _folder_in(data: QMimeData) -> int:
    return int(json.loads(bytes(data.data(FOLDER).data())))


def _conversations_in(data: QMimeData) -> list[int]:
    return [int(number) for number in json.loads(bytes(data.data(CONVERSATIONS).data()))]
