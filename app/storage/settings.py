"""The settings file, `settings.json` in the config folder; small enough for any thread.

One flat object: keys of `core.program.settings` and their values. Keys that this version does not know are
kept, so that an older Parley does not undo what a newer one wrote.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from app.core.data.database_errors import DatabaseReadOnly
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull, FileUnreadable
from app.core.language import said
from app.core.paths import expanded
from app.core.program.setting import Form
from app.core.program.setting_errors import InvalidOption, SettingsDamaged
from app.core.program.settings import SETTINGS, SettingValue, check_conflict, setting_of

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PEM = b"-----BEGIN CERTIFICATE-----"
_MOST_READ = 4_000_000


class SettingsFile:
    """The values in force; a change is on disk when `set` returns.

    `notice` is what the user should know of how reading went, or None.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; none, or one that cannot be read, means the defaults."""
        self.path = path
        self.notice: ParleyError | None = None
        self._values: dict[str, Any] = {}
        try:
            self._read()
        except OSError as error:
            self.notice = FileUnreadable(str(error), file=path.name, reason=error.strerror or "")

    def get(self, key: str) -> SettingValue:
        """The value in force: the file's if it is valid, else the default.

        Raises:
            InvalidOption: there is no such setting.
        """
        setting = setting_of(key)
        try:
            return setting.checked(self._values.get(key, setting.default))
        except InvalidOption:
            return setting.default

    def read_again(self) -> dict[str, SettingValue]:
        """All values in force, now with what other processes wrote; as they were where the file cannot be read."""
        with suppress(OSError):
            self._read()
        return {key: self.get(key) for key in SETTINGS}

    def set(self, key: str, value: object) -> None:
        """Change a value and write the file; what another process changed meanwhile is kept.

        Raises:
            InvalidOption: there is no such setting, or the value may not be used.
            ShortcutTaken: these keys are another action's already.
            DiskFull: there is no room; the value is in force all the same.
            DatabaseReadOnly: the folder cannot be written to; the value is in force all the same.
        """
        checked = setting_of(key).checked(value)
        check_conflict(key, checked, {other: self.get(other) for other in SETTINGS})
        check_file(key, checked)
        try:
            self._read()
            self._values[key] = checked
            self._write()
        except OSError as error:
            self._values[key] = checked
            raise self._unwritten(error) from error

    def reset(self, key: str) -> None:
        """Go back to the default, which a later version may change.

        Raises:
            InvalidOption: there is no such setting.
            ShortcutTaken: the default keys are another action's by now.
            DiskFull, DatabaseReadOnly: as `set`.
        """
        setting = setting_of(key)
        check_conflict(key, setting.default, {other: self.get(other) for other in SETTINGS})
        try:
            self._read()
            if self._values.pop(key, None) is not None:
                self._write()
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> ParleyError:
        kind = DiskFull if error.errno in _FULL else DatabaseReadOnly
        return kind(str(error), folder=str(self.path.parent))

    def _read(self) -> None:
        try:
            self._values = msgspec.json.decode(self.path.read_bytes(), type=dict[str, Any])
        except (FileNotFoundError, NotADirectoryError):
            return
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            kept = self.path.with_name(f"{self.path.stem}.damaged{self.path.suffix}")
            self.path.replace(kept)
            self.notice = SettingsDamaged(str(error), file=kept.name)

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.partial")
        text = msgspec.json.format(msgspec.json.encode(self._values, order="sorted"))
        try:
            with partial.open("wb") as stream:
                stream.write(text + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)


def check_file(key: str, value: SettingValue) -> None:
    """Refuse a file of certificates that would be passed over in silence.

    Raises:
        InvalidOption: it is not there, or holds none.
    """
    if not value or SETTINGS[key].form is not Form.FILE:
        return
    try:
        with expanded(str(value)).open("rb") as file:
            found = _PEM in file.read(_MOST_READ)
    except OSError:
        raise InvalidOption(option=key, value=repr(value), reason=said("there is no such file")) from None
    if not found:
        raise InvalidOption(option=key, value=repr(value), reason=said("it holds no certificate in PEM format"))
