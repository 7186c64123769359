"""The user's presets as the window uses them; runs on the window's thread, reads and writes on the lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.chat.presets import ChosenPreset, Preset, StoredPreset
from app.services.preferences import Preferences
from app.services.relay import Storage, ignore

if TYPE_CHECKING:
    from app.storage.stores import Stores

DEFAULT_KEY = "chat.default_preset"


class PresetLibrary(QObject):
    """All presets in the user's order, which one new chats begin with, and which one each folder has."""

    changed = Signal(list)  # list[StoredPreset]
    saved = Signal(object)  # StoredPreset: it was made or changed
    imported = Signal(list)  # list[StoredPreset] that a file brought
    exported = Signal(Path)
    problem = Signal(object)  # ParleyError

    def __init__(self, storage: Storage, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._storage = storage
        self._preferences = preferences
        self.presets: list[StoredPreset] = []
        self.of_folders: dict[int, int] = {}

    @property
    def default(self) -> StoredPreset | None:
        """What new chats begin with; None where that preset is gone."""
        return self._named(str(self._preferences.get(DEFAULT_KEY)))

    def chosen_for(self, folder_id: int | None) -> ChosenPreset | None:
        """The preset of a new chat in a folder, or outside of all."""
        number = self.of_folders.get(folder_id) if folder_id is not None else None
        stored = next((one for one in self.presets if one.id == number), None) or self.default
        return ChosenPreset(preset=stored.preset) if stored else None

    def refresh(self) -> None:
        """Read them; `changed` follows."""
        self._storage.call(_read, self._show, self.problem.emit)

    def save(self, preset: Preset, preset_id: int | None = None) -> None:
        """Make a preset, or change one; `saved` and `changed` follow."""
        old = next((one for one in self.presets if one.id == preset_id), None)

        def write(stores: Stores) -> StoredPreset:
            if preset_id is None:
                return stores.presets.add(preset)
            return stores.presets.change(preset_id, preset)

        def tell(stored: StoredPreset) -> None:
            if old is not None and old == self.default:
                self.make_default(stored)
            self.saved.emit(stored)

        self._change(write, tell)

    def duplicate(self, preset_id: int) -> None:
        """Add a copy after it; `saved` tells which."""
        self._change(lambda stores: stores.presets.duplicate(preset_id), self.saved.emit)

    def delete(self, preset_id: int) -> None:
        """Take it off the list; where new chats began with it, they begin with the first one that is left."""
        was_default = self.default is not None and self.default.id == preset_id

        def tell(_: None) -> None:
            if was_default and self.presets:
                self.make_default(self.presets[0])

        self._change(lambda stores: stores.presets.delete(preset_id), tell)

    def heir(self, preset_id: int) -> StoredPreset | None:
        """What new chats would begin with if this preset were deleted; None where that changes nothing."""
        if self.default is None or self.default.id != preset_id:
            return None
        return next((one for one in self.presets if one.id != preset_id), None)

    def arrange(self, order: Sequence[int]) -> None:
        """Give them another order."""
        self._change(lambda stores: stores.presets.arrange(order), ignore)

    def restore_builtins(self) -> None:
        """Bring back those that ship with Parley."""
        self._change(lambda stores: stores.presets.restore_builtins(), ignore)

    def make_default(self, stored: StoredPreset) -> None:
        """Begin new chats with it."""
        self._preferences.set(DEFAULT_KEY, stored.preset.name)
        self.changed.emit(self.presets)

    def set_for_folder(self, folder_id: int, preset_id: int | None) -> None:
        """Begin new chats of a folder with it; None: as everywhere."""
        self._change(lambda stores: stores.presets.set_for_folder(folder_id, preset_id), ignore)

    def import_file(self, path: Path) -> None:
        """Add the presets of a file; `imported` tells which."""

        def read(stores: Stores) -> list[StoredPreset]:
            from app.storage.preset_file import read_presets

            return list(stores.presets.add_all(read_presets(path)))

        self._change(read, self.imported.emit)

    def export_file(self, path: Path, presets: Sequence[Preset]) -> None:
        """Write presets into a file; `exported` follows."""

        def write(_: Stores) -> Path:
            from app.storage.preset_file import write_presets

            write_presets(path, presets)
            return path

        self._storage.call(write, self.exported.emit, self.problem.emit)

    def _named(self, name: str) -> StoredPreset | None:
        return next((one for one in self.presets if one.preset.name.casefold() == name.casefold()), None)

    def _change(self, write: Callable[[Stores], object], tell: Callable[..., object]) -> None:
        def work(stores: Stores) -> tuple[object, tuple[list[StoredPreset], dict[int, int]]]:
            return write(stores), _read(stores)

        def done(result: tuple[object, tuple[list[StoredPreset], dict[int, int]]]) -> None:
            self.presets, self.of_folders = result[1]
            tell(result[0])
            self.changed.emit(self.presets)

        self._storage.call(work, done, self.problem.emit)

    def _show(self, found: tuple[list[StoredPreset], dict[int, int]]) -> None:
        self.presets, self.of_folders = found
        self.changed.emit(self.presets)


def _read(stores: Stores) -> tuple[list[StoredPreset], dict[int, int]]:
    return stores.presets.list(), stores.presets.of_folders()
