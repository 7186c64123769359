"""The keys of the user's servers; any process but the window's."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.catalog.secret import Secret
from app.core.remote.server_errors import InvalidKey, KeyUnsaved
from app.core.remote.servers import KeyPlace, Server

_LONGEST = 4096


class ServerKeys:
    """A key belongs to a name and a host; `folder` is for files where there is no keyring."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, server: Server) -> tuple[str, KeyPlace]:
        """The server's key and where it is; empty if there is none."""
        return self._secret(server).find()

    def keep(self, server: Server, text: str) -> KeyPlace:
        """Keep a key, or forget the one there is if `text` is empty.

        Raises:
            InvalidKey: it cannot be one.
            KeyUnsaved: neither the keyring nor the folder takes it, or it cannot be removed.
        """
        key, secret = text.strip(), self._secret(server)
        if len(key) > _LONGEST or not all("!" <= sign <= "~" for sign in key):
            raise InvalidKey(reason="it holds spaces or other signs that no key has, or is too long")
        try:
            if key:
                return secret.keep(key)
            secret.forget()
        except OSError as error:
            reason = (error.strerror or "the disk refuses").lower()
            raise KeyUnsaved(str(error), reason=reason, folder=str(secret.folder)) from None
        return secret.find()[1]

    def _secret(self, server: Server) -> Secret:
        name = hashlib.sha256(server.key_account.encode()).hexdigest()[:24]
        return Secret(server.key_account, self._folder / f"server-key-{name}")
