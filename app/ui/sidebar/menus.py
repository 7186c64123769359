"""The menus of the sidebar's lists.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder
from app.core.chat.presets import StoredPreset
from app.ui import icons
from app.ui.preset_words import shown_name


class Menus(QObject):
    """What can be done with conversations and folders; each choice is one signal."""

    open_wanted = Signal(int)
    rename_wanted = Signal(object)  # key of the row
    pin_wanted = Signal(list, bool)
    archive_wanted = Signal(list, bool)
    file_wanted = Signal(list, object)  # ids, folder id or None
    new_folder_wanted = Signal(object, list)  # parent id or None, ids to put into it
    duplicate_wanted = Signal(int)
    export_wanted = Signal(list)  # list[ConversationSummary]
    trash_wanted = Signal(list)
    shift_wanted = Signal(object, int)  # Folder, steps
    folder_move_wanted = Signal(int, object, object)  # folder id, parent id or None, position or None
    folder_delete_wanted = Signal(int)
    new_here_wanted = Signal(int)  # folder id
    preset_wanted = Signal(int, object)  # folder id, preset id or None

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner = parent
        self._presets: Sequence[StoredPreset] = ()
        self._of_folders: Mapping[int, int] = {}

    def show_conversations(self, chosen: Sequence[ConversationSummary], folders: Sequence[Folder], at: QPoint) -> None:
        """For one conversation or for several, in use or in the archive."""
        menu = self._menu()
        ids, first = [one.id for one in chosen], chosen[0]
        if len(chosen) == 1:
            menu.addAction(self.tr("Open"), lambda: self.open_wanted.emit(first.id))
            if not first.archived:
                key = ("conversation", first.id)
                menu.addAction(self.tr("Rename"), QKeySequence(Qt.Key.Key_F2), lambda: self.rename_wanted.emit(key))
        pinned = all(one.pinned for one in chosen)
        if not first.archived:
            words = self.tr("Unpin") if pinned else self.tr("Pin")
            menu.addAction(words, lambda: self.pin_wanted.emit(ids, not pinned))
            self._add_move(menu, chosen, folders)
        if len(chosen) == 1:
            menu.addAction(self.tr("Duplicate"), lambda: self.duplicate_wanted.emit(first.id))
        menu.addAction(self.tr("Export…"), lambda: self.export_wanted.emit(list(chosen)))
        menu.addSeparator()
        words = self.tr("Take out of the archive") if first.archived else self.tr("Archive")
        menu.addAction(words, lambda: self.archive_wanted.emit(ids, not first.archived))
        menu.addAction(self.tr("Delete"), QKeySequence(Qt.Key.Key_Delete), lambda: self.trash_wanted.emit(ids))
        menu.popup(at)

    def show_move(self, chosen: Sequence[ConversationSummary], folders: Sequence[Folder], at: QPoint) -> None:
        """Only where to move them."""
        menu = self._menu()
        self._fill_move(menu, chosen, folders)
        menu.popup(at)

    def set_presets(self, presets: Sequence[StoredPreset], of_folders: Mapping[int, int]) -> None:
        """Offer these presets for the new chats of a folder, and know those that are chosen."""
        self._presets, self._of_folders = presets, of_folders

    def show_folder(self, folder: Folder, folders: Sequence[Folder], at: QPoint) -> None:
        """For a folder; folders nest one level."""
        menu = self._menu()
        key = ("folder", folder.id)
        menu.addAction(self.tr("New chat here"), lambda: self.new_here_wanted.emit(folder.id))
        self._add_presets(menu, folder.id)
        menu.addSeparator()
        menu.addAction(self.tr("Rename"), QKeySequence(Qt.Key.Key_F2), lambda: self.rename_wanted.emit(key))
        if folder.parent_id is None:
            menu.addAction(self.tr("New folder inside"), lambda: self.new_folder_wanted.emit(folder.id, []))
        beside = [one.id for one in folders if one.parent_id == folder.parent_id]
        place = beside.index(folder.id)
        menu.addSeparator()
        up = menu.addAction(self.tr("Move up"), QKeySequence("Alt+Up"), lambda: self.shift_wanted.emit(folder, -1))
        up.setEnabled(place > 0)
        down = menu.addAction(self.tr("Move down"), QKeySequence("Alt+Down"), lambda: self.shift_wanted.emit(folder, 1))
        down.setEnabled(place < len(beside) - 1)
        self._add_nesting(menu, folder, folders)
        menu.addSeparator()
        menu.addAction(
            self.tr("Delete the folder, keep its chats"),
            QKeySequence(Qt.Key.Key_Delete),
            lambda: self.folder_delete_wanted.emit(folder.id),
        )
        menu.popup(at)

    def show_empty(self, at: QPoint) -> None:
        """Where there is nothing."""
        menu = self._menu()
        menu.addAction(self.tr("New folder"), lambda: self.new_folder_wanted.emit(None, []))
        menu.popup(at)

    def _menu(self) -> QMenu:
        menu = QMenu(self._owner)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add_move(self, menu: QMenu, chosen: Sequence[ConversationSummary], folders: Sequence[Folder]) -> None:
        inner = menu.addMenu(self.tr("Move to"))
        self._fill_move(inner, chosen, folders)

    def _fill_move(self, menu: QMenu, chosen: Sequence[ConversationSummary], folders: Sequence[Folder]) -> None:
        ids = [one.id for one in chosen]
        now = {one.folder_id for one in chosen}
        out = menu.addAction(self.tr("No folder"), lambda: self.file_wanted.emit(ids, None))
        out.setEnabled(now != {None})
        for folder, name in paths(folders):
            move = menu.addAction(name.replace("&", "&&"), self._filing(ids, folder.id))
            move.setEnabled(now != {folder.id})
        menu.addSeparator()
        menu.addAction(self.tr("New folder…"), lambda: self.new_folder_wanted.emit(None, ids))

    def _filing(self, ids: list[int], folder_id: int) -> Callable[[], None]:
        return lambda: self.file_wanted.emit(ids, folder_id)

    def _add_presets(self, menu: QMenu, folder_id: int) -> None:
        inner = menu.addMenu(self.tr("Preset of its new chats"))
        chosen = self._of_folders.get(folder_id)
        choices = [(None, self.tr("As everywhere")), *((one.id, shown_name(one.preset)) for one in self._presets)]
        for number, name in choices:
            action = inner.addAction(name.replace("&", "&&"), self._presetting(folder_id, number))
            if number == chosen:
                action.setIcon(icons.icon("check", self._owner))

    def _presetting(self, folder_id: int, preset_id: int | None) -> Callable[[], None]:
        return lambda: self.preset_wanted.emit(folder_id, preset_id)

    def _add_nesting(self, menu: QMenu, folder: Folder, folders: Sequence[Folder]) -> None:
        if folder.parent_id is not None:
            menu.addAction(
                self.tr("Move out of its folder"), lambda: self.folder_move_wanted.emit(folder.id, None, None)
            )
            return
        others = [one for one in folders if one.parent_id is None and one.id != folder.id]
        if not others or any(one.parent_id == folder.id for one in folders):
            return
        inner = menu.addMenu(self.tr("Move into"))
        for other in others:
            inner.addAction(other.name.replace("&", "&&"), self._nesting(folder.id, other.id))

    def _nesting(self, folder_id: int, parent_id: int) -> Callable[[], None]:
        return lambda: self.folder_move_wanted.emit(folder_id, parent_id, None)


def paths(folders: Sequence[Folder]) -> list[tuple[Folder, str]]:
    """Every folder in the order of the list, with those above it in its name."""
    below: dict[int | None, list[Folder]] = {}
    for folder in folders:
        below.setdefault(folder.parent_id, []).append(folder)

    def walk(parent_id: int | None, before: str) -> list[tuple[Folder, str]]:
        found: list[tuple[Folder, str]] = []
        for folder in below.get(parent_id, ()):
            found.append((folder, before + folder.name))
            found += walk(folder.id, f"{before}{folder.name} / ")
        return found

    return walk(None, "")
