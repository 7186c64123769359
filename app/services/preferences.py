"""The user's settings as the window uses them: in force at once, written by a thread of their own."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal

from app.core.errors import ParleyError
from app.core.program.settings import SETTINGS, SettingValue, check_conflict
from app.services.relay import Relay, ignore
from app.storage.settings import SettingsFile


class Preferences(QObject):
    """Values are validated by the settings table; `notice` is what the user should know of reading them."""

    changed = Signal(str, object)  # key, value
    problem = Signal(object)  # ParleyError: a value is in force, but could not be written

    def __init__(self, file: SettingsFile, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._relay = relay
        self._values = {key: file.get(key) for key in SETTINGS}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="settings")

    @property
    def notice(self) -> ParleyError | None:
        """Why the settings could not be read as they were, if so."""
        return self._file.notice

    @property
    def values(self) -> Mapping[str, SettingValue]:
        """All values in force."""
        return MappingProxyType(self._values)

    def get(self, key: str) -> SettingValue:
        """The value in force."""
        return self._values[key]

    def set(self, key: str, value: object) -> None:
        """Change a value.

        Raises:
            InvalidOption: it is of the wrong type or out of range.
            ShortcutTaken: these keys are another action's already.
        """
        checked = SETTINGS[key].checked(value)
        if checked != self._values[key]:
            check_conflict(key, checked, self._values)
            self._values[key] = checked
            self.changed.emit(key, checked)
            self._relay.deliver(self._writer.submit(self._file.set, key, checked), ignore, self.problem.emit)

    def reset(self, key: str) -> None:
        """Go back to the default.

        Raises:
            ShortcutTaken: the default keys are another action's by now.
        """
        default = SETTINGS[key].default
        if default != self._values[key]:
            check_conflict(key, default, self._values)
            self._values[key] = default
            self.changed.emit(key, default)
            self._relay.deliver(self._writer.submit(self._file.reset, key), ignore, self.problem.emit)

    def shutdown(self) -> None:
        """Finish what is being written."""
        self._writer.shutdown()
