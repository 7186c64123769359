"""The user's folders for models, as the settings have them.

Runs on the window's thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.catalog.shelf.named import model_folders, with_folder, without_folder
from app.core.paths import Folders
from app.services.preferences import Preferences

_KEY = "models.folders"


class ModelFolders(QObject):
    """New models go into the first one; without any there is one in Parley's own folder."""

    changed = Signal()

    def __init__(self, preferences: Preferences, folders: Folders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._folders = folders
        preferences.changed.connect(self._on_preference)

    @property
    def now(self) -> list[Path]:
        """The folders as they are now, from the root."""
        return [folder.absolute() for folder in model_folders(self._setting, self._folders)]

    def add(self, folder: Path, *, first: bool = False) -> None:
        """Look for models there too; `first` puts new ones there.

        Raises:
            FolderUnusable: see `with_folder`.
        """
        self._preferences.set(_KEY, with_folder(self._setting, folder, self._folders, first=first))

    def remove(self, folder: Path) -> None:
        """Look there no more; its files stay.

        Raises:
            FolderNotNamed: it is not one of them.
        """
        self._preferences.set(_KEY, without_folder(self._setting, folder, self._folders))

    @property
    def _setting(self) -> str:
        return str(self._preferences.get(_KEY))

    def _on_preference(self, key: str) -> None:
        if key == _KEY:
            self.changed.emit()
