"""The frames about servers that run models elsewhere: to an engine child, and to the servers' child."""

from __future__ import annotations

import msgspec

from app.core.remote.servers import KeyPlace, Server


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Connect(_Frame, frozen=True, tag="connect"):
    """Let an engine answer with a server's model, in place of what is loaded. `ModelInfo` follows."""

    server: Server
    model: str


class _Numbered(_Frame, frozen=True, kw_only=True):
    id: int


class AskServer(_Numbered, frozen=True, tag="ask-server"):
    """Ask a server for its models, and where its key is. `ServerKnown` follows, or `Failed` with this id."""

    server: Server


class KeepServerKey(_Numbered, frozen=True, tag="keep-server-key"):
    """Keep a server's key, or forget it if it is empty. `ServerKeyKept` follows."""

    server: Server
    key: str = ""

    def __repr__(self) -> str:
        """Without the key: this may end in a log."""
        return f"KeepServerKey({self.id}, {self.server.name!r})"


class FindServerKey(_Numbered, frozen=True, tag="find-server-key"):
    """Tell where a server's key is. `ServerKeyKept` follows."""

    server: Server


class ServerKnown(_Numbered, frozen=True, tag="server-known"):
    """A server answered: the ids of its models, and the seconds it took."""

    server: str
    models: tuple[str, ...]
    seconds: float


class ServerKeyKept(_Numbered, frozen=True, tag="server-key-kept"):
    """Where a server's key is now, which itself stays in the child, and whether there is a keyring."""

    server: str
    place: KeyPlace
    has_keyring: bool = False


ServerCommand = Connect | AskServer | KeepServerKey | FindServerKey
ServerEvent = ServerKnown | ServerKeyKept
