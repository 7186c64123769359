"""The user's token for the Hub: in the system's keyring, or in a file that only the user can read.

Any process but the window's reads it; it is never logged, never in the database, and on no command line.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.hub import TokenPlace
from app.core.hub_errors import InvalidToken, TokenUnsaved

SERVICE = "parley"
ACCOUNT = "huggingface"
FILE_NAME = "hub-token"

_SHORTEST, _LONGEST = 4, 1024


@dataclass(frozen=True)
class FoundToken:
    """A token, empty if there is none, and where it was. Its text does not show it."""

    token: str
    place: TokenPlace

    def __repr__(self) -> str:
        return f"FoundToken({self.place})"


class TokenStore:
    """Keeps one token; `folder` is for the file where there is no keyring."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._file = folder / FILE_NAME
        self._environment = environment

    def find(self) -> FoundToken:
        """The first there is: `HF_TOKEN`, the one given to Parley, then that of the Hub's own client."""
        if token := _clean(self._environment.get("HF_TOKEN", "")):
            return FoundToken(token, TokenPlace.ENVIRONMENT)
        if token := _clean(_from_keyring()):
            return FoundToken(token, TokenPlace.KEYRING)
        for path, place in ((self._file, TokenPlace.FILE), (self._client_file(), TokenPlace.HUB_CLIENT)):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if token := _clean(path.read_text(encoding="utf-8")):
                    return FoundToken(token, place)
        return FoundToken("", TokenPlace.NONE)

    def keep(self, text: str) -> TokenPlace:
        """Keep a token in place of the last one.

        Raises:
            InvalidToken: it cannot be one.
            TokenUnsaved: neither the keyring nor the folder takes it.
        """
        token = checked_token(text)
        if _into_keyring(token):
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
            return TokenPlace.KEYRING
        self._write(token)
        return TokenPlace.FILE

    def clear(self) -> FoundToken:
        """Forget the token that was given to Parley; what still applies from elsewhere.

        Raises:
            TokenUnsaved: the file cannot be removed.
        """
        _out_of_keyring()
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise self._unsaved(error) from None
        return self.find()

    def _write(self, token: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=self._file.parent, prefix=".token-")  # made with mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(token)
            Path(unfinished).replace(self._file)
        except OSError as error:
            raise self._unsaved(error) from None

    def _unsaved(self, error: OSError) -> TokenUnsaved:
        return TokenUnsaved(reason=(error.strerror or "the disk refuses").lower(), folder=str(self._file.parent))

    def _client_file(self) -> Path:
        """Where `hf auth login` keeps its token, by the rules of `huggingface_hub`."""
        if path := self._environment.get("HF_TOKEN_PATH"):
            return Path(path).expanduser()
        cache = self._environment.get("XDG_CACHE_HOME") or "~/.cache"
        home = self._environment.get("HF_HOME") or f"{cache}/huggingface"
        return Path(home).expanduser() / "token"


def has_keyring() -> bool:
    """Whether there is a keyring that keeps secrets as a user expects it to."""
    import keyring

    return bool(keyring.core.recommended(keyring.get_keyring()))


def checked_token(text: str) -> str:
    """A token as it was entered, without the space around it.

    Raises:
        InvalidToken: it is empty, too long, or holds what no token does.
    """
    token = text.strip()
    if not token:
        raise InvalidToken(reason="nothing was entered")
    if not _clean(token):
        raise InvalidToken(reason="it holds spaces or other signs that no token has, or is of an unlikely length")
    return token


def _clean(text: str) -> str:
    """The token, or nothing if the text cannot be one: it must fit into a header."""
    token = text.strip()
    fits = _SHORTEST <= len(token) <= _LONGEST and all("!" <= sign <= "~" for sign in token)
    return token if fits else ""


def _from_keyring() -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, ACCOUNT) or ""
    except (KeyringError, OSError, RuntimeError):
        return ""


def _into_keyring(token: str) -> bool:
    """Whether a keyring took it; some say yes and keep nothing."""
    import keyring
    from keyring.errors import KeyringError

    if not has_keyring():
        return False
    try:
        keyring.set_password(SERVICE, ACCOUNT, token)
    except (KeyringError, OSError, RuntimeError):
        return False
    return _from_keyring() == token


def _out_of_keyring() -> None:
    import keyring
    from keyring.errors import KeyringError

    with contextlib.suppress(KeyringError, OSError, RuntimeError):
        keyring.delete_password(SERVICE, ACCOUNT)
