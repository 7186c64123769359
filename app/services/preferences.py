"""The user's settings as the window uses them: in force at once, read and written by a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal

from app.core.errors import ParleyError
from app.core.program.settings import SETTINGS, SettingValue, check_conflict
from app.services.relay import Relay
from app.storage.settings import SettingsFile, check_file


class Preferences(QObject):
    """Values are validated by the settings table; `notice` is what the user should know of reading them."""

    changed = Signal(str, object)  # key, value
    problem = Signal(object)  # ParleyError: a value is in force, but could not be written

    def __init__(self, file: SettingsFile, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._relay = relay
        self._values = {key: file.get(key) for key in SETTINGS}
        self._ahead: dict[str, object] = {}  # a mark for each change that the file does not have, or not yet
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="settings")
        self._watcher: QFileSystemWatcher | None = None

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

    def follow(self) -> None:
        """Have what other processes write, such as `parley settings set`, in force as soon as it is written."""
        folder = self._file.path.parent
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            self._watcher = QFileSystemWatcher([str(folder)], self)
            self._watcher.directoryChanged.connect(self._look)

    def set(self, key: str, value: object) -> None:
        """Change a value.

        Raises:
            InvalidOption: it is of the wrong type or out of range.
            ShortcutTaken: these keys are another action's already.
        """
        checked = SETTINGS[key].checked(value)
        if checked != self._values[key]:
            check_conflict(key, checked, self._values)
            check_file(key, checked)
            self._change(key, checked)
            self._write(key, partial(self._file.set, key, checked))

    def reset(self, key: str) -> None:
        """Go back to the default.

        Raises:
            ShortcutTaken: the default keys are another action's by now.
        """
        default = SETTINGS[key].default
        if default != self._values[key]:
            check_conflict(key, default, self._values)
            self._change(key, default)
            self._write(key, partial(self._file.reset, key))

    def shutdown(self) -> None:
        """Finish what is being written."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.directoryChanged.disconnect(self._look)
        self._writer.shutdown()

    def _change(self, key: str, value: SettingValue) -> None:
        self._values[key] = value
        self.changed.emit(key, value)

    def _write(self, key: str, write: Callable[[], None]) -> None:
        mark = self._ahead[key] = object()

        def written(_: None) -> None:
            if self._ahead.get(key) is mark:
                del self._ahead[key]

        self._relay.deliver(self._writer.submit(write), written, self.problem.emit)

    def _look(self, _folder: str) -> None:
        self._relay.deliver(self._writer.submit(self._file.read_again), self._take, self.problem.emit)

    def _take(self, found: Mapping[str, SettingValue]) -> None:
        """What was changed here and is not in the file stays."""
        for key, value in found.items():
            if value != self._values[key] and key not in self._ahead:
                self._change(key, value)
