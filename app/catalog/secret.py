"""A secret of the user's: in the system's keyring, or in a file that only the user can read.

Any process but the window's reads it; it is never logged, never in the database, and on no command line.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from app.core.remote.servers import KeyPlace

SERVICE = "parley"


class Secret:
    """One secret: its name in the keyring, and the file where there is no keyring."""

    def __init__(self, account: str, file: Path) -> None:
        self._account = account
        self._file = file

    @property
    def folder(self) -> Path:
        """Where the file is, or would be."""
        return self._file.parent

    def find(self) -> tuple[str, KeyPlace]:
        """The secret and where it is; empty if there is none."""
        if kept := self._from_keyring():
            return kept, KeyPlace.KEYRING
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if kept := self._file.read_text(encoding="utf-8").strip():
                return kept, KeyPlace.FILE
        return "", KeyPlace.NONE

    def keep(self, text: str) -> KeyPlace:
        """Keep it in place of the last one.

        Raises:
            OSError: neither the keyring nor the folder takes it.
        """
        if self._into_keyring(text):
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
            return KeyPlace.KEYRING
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self._file.parent, prefix=".secret-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(unfinished).replace(self._file)
        return KeyPlace.FILE

    def forget(self) -> None:
        """Remove it.

        Raises:
            OSError: the file cannot be removed.
        """
        import keyring
        from keyring.errors import KeyringError

        with contextlib.suppress(KeyringError, OSError, RuntimeError):
            keyring.delete_password(SERVICE, self._account)
        self._file.unlink(missing_ok=True)

    def _from_keyring(self) -> str:
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(SERVICE, self._account) or ""
        except (KeyringError, OSError, RuntimeError):
            return ""

    def _into_keyring(self, text: str) -> bool:
        """Whether a keyring took it; some say yes and keep nothing."""
        import keyring
        from keyring.errors import KeyringError

        if not has_keyring():
            return False
        try:
            keyring.set_password(SERVICE, self._account, text)
        except (KeyringError, OSError, RuntimeError):
            return False
        return self._from_keyring() == text


def has_keyring() -> bool:
    """Whether there is a keyring that keeps secrets as a user expects it to."""
    import keyring

    return bool(keyring.core.recommended(keyring.get_keyring()))
