"""Servers that run models elsewhere, as the user named them. Plain values; any process and thread."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from app.core.program.network import is_loopback
from app.core.remote.server_errors import InvalidServer, UnknownServer

MAX_NAME = 60
DEFAULT_TIMEOUT_SECONDS = 120.0
_DEFAULT_PORTS = {"http": 80, "https": 443}


class KeyPlace(StrEnum):
    """Where a server's key is."""

    NONE = "none"
    KEYRING = "keyring"
    FILE = "file"


class Server(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A server that speaks the OpenAI API.

    `base_url` is what the paths of the API are put behind, such as `http://127.0.0.1:8000/v1`. `ca_file`
    names certificate authorities that are trusted besides the system's. After `timeout_seconds` of silence
    a request is given up. `models` are those the server listed when it was last asked, `typed_models` those the user
    named besides. The user is not asked any more before text goes to one that `is_trusted`. The key is kept
    elsewhere, by `key_account`.
    """

    name: str
    base_url: str
    ca_file: str = ""
    timeout_seconds: Annotated[float, Meta(ge=1, le=3600)] = DEFAULT_TIMEOUT_SECONDS
    models: tuple[str, ...] = ()
    typed_models: tuple[str, ...] = ()
    is_trusted: bool = False

    @property
    def offered(self) -> tuple[str, ...]:
        """All models that can be chosen."""
        return (*self.models, *(name for name in self.typed_models if name not in self.models))

    @property
    def host(self) -> str:
        """The host's name alone."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key belongs to."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine, so that no text leaves it."""
        return is_loopback(self.host)

    @property
    def key_account(self) -> str:
        """The name of its key in a keyring: with another host under the same name there is no key."""
        return f"server {self.name} {self.origin}"


def checked_server(
    name: str,
    base_url: str,
    ca_file: str = "",
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    typed_models: Iterable[str] = (),
) -> Server:
    """A server as the user enters it.

    Raises:
        InvalidServer: a value cannot be used.
    """
    name, address = name.strip(), base_url.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidServer(reason=f"its name must have 1 to {MAX_NAME} characters")
    if "://" not in address:
        address = f"http://{address}"
    address = address.rstrip("/") if not address.endswith("://") else address
    try:
        parts = urlsplit(address)
        usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable() or " " in address:
        raise InvalidServer(reason="its address must look like http://host:8000/v1")
    if parts.username or parts.password:
        raise InvalidServer(reason="a key does not belong into the address; it is entered apart")
    if parts.query or parts.fragment:
        raise InvalidServer(reason="its address must end with its path, usually /v1")
    if not parts.path:
        address = f"{address}/v1"
    try:
        fields = {"name": name, "base_url": address, "ca_file": ca_file.strip(), "timeout_seconds": timeout_seconds}
        typed = dict.fromkeys(model.strip() for model in typed_models if model.strip())
        return msgspec.convert({**fields, "typed_models": tuple(typed)}, Server)
    except msgspec.ValidationError:
        raise InvalidServer(reason="its timeout must be 1 to 3600 seconds") from None


def server_named(servers: Iterable[Server], name: str) -> Server:
    """The server of a name; upper and lower case do not matter.

    Raises:
        UnknownServer: there is none.
    """
    for server in servers:
        if server.name.casefold() == name.strip().casefold():
            return server
    raise UnknownServer(name=name)
