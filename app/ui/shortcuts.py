"""The window's shortcuts, as the settings say.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.core.program.setting import Form
from app.core.program.settings import SETTINGS
from app.services.preferences import Preferences

_PREFIX = "shortcuts."


class Shortcuts(QObject):
    """One `QShortcut` for each action; its keys change with the setting."""

    def __init__(self, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._preferences = preferences
        self._window = window
        self._made: dict[str, QShortcut] = {}
        preferences.changed.connect(self._on_change)

    def add(self, name: str, act: Callable[[], object]) -> None:
        """Do something at the keys of the setting `shortcuts.NAME`."""
        shortcut = QShortcut(QKeySequence(str(self._preferences.get(_PREFIX + name))), self._window)
        shortcut.activated.connect(act)
        self._made[_PREFIX + name] = shortcut

    def trigger(self, name: str) -> None:
        """Do what the keys of this name do."""
        self._made[_PREFIX + name].activated.emit()

    def keys(self, name: str) -> str:
        """What to press, as the system writes it; nothing if the user took the keys away."""
        return native(str(self._preferences.get(_PREFIX + name)))

    def _on_change(self, key: str, value: object) -> None:
        if key in self._made:
            self._made[key].setKey(QKeySequence(str(value)))


def native(keys: str) -> str:
    """Keys as the system writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def listed(preferences: Preferences) -> list[tuple[str, str]]:
    """Every shortcut that has keys, with what it does, in the user's language."""
    rows = ((str(preferences.get(key)), one.title) for key, one in SETTINGS.items() if one.form is Form.KEYS)
    return [(keys, QCoreApplication.translate("Settings", title)) for keys, title in rows if keys]
