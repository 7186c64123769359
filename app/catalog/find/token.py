"""The user's token for the Hub: in the system's keyring, or in a file that only the user can read.

Any process but the window's reads it; it is never logged, never in the database, and on no command line.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.catalog.secret import Secret
from app.core.catalog.hub import TokenPlace
from app.core.catalog.hub_errors import InvalidToken, TokenUnsaved

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
        self._secret = Secret(ACCOUNT, folder / FILE_NAME)
        self._environment = environment

    def find(self) -> FoundToken:
        """The first there is: `HF_TOKEN`, the one given to Parley, then that of the Hub's own client."""
        if token := _clean(self._environment.get("HF_TOKEN", "")):
            return FoundToken(token, TokenPlace.ENVIRONMENT)
        kept, place = self._secret.find()
        if token := _clean(kept):
            return FoundToken(token, TokenPlace(place.value))
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if token := _clean(self._client_file().read_text(encoding="utf-8")):
                return FoundToken(token, TokenPlace.HUB_CLIENT)
        return FoundToken("", TokenPlace.NONE)

    def keep(self, text: str) -> TokenPlace:
        """Keep a token in place of the last one.

        Raises:
            InvalidToken: it cannot be one.
            TokenUnsaved: neither the keyring nor the folder takes it.
        """
        token = checked_token(text)
        try:
            return TokenPlace(self._secret.keep(token).value)
        except OSError as error:
            raise self._unsaved(error) from None

    def clear(self) -> FoundToken:
        """Forget the token that was given to Parley; what still applies from elsewhere.

        Raises:
            TokenUnsaved: the file cannot be removed.
        """
        try:
            self._secret.forget()
        except OSError as error:
            raise self._unsaved(error) from None
        return self.find()

    def _unsaved(self, error: OSError) -> TokenUnsaved:
        return TokenUnsaved(reason=(error.strerror or "the disk refuses").lower(), folder=str(self._secret.folder))

    def _client_file(self) -> Path:
        """Where `hf auth login` keeps its token, by the rules of `huggingface_hub`."""
        if path := self._environment.get("HF_TOKEN_PATH"):
            return Path(path).expanduser()
        cache = self._environment.get("XDG_CACHE_HOME") or "~/.cache"
        home = self._environment.get("HF_HOME") or f"{cache}/huggingface"
        return Path(home).expanduser() / "token"


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
