"""Other machines that hold a part of a model: how llama.cpp's RPC servers are named. Pure functions, any process."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.core.program.network import is_loopback
from app.core.remote.rpc_errors import InvalidRpcHost

DEFAULT_PORT = 50052
"""Where llama.cpp's `rpc-server` listens unless it is told otherwise."""

MAX_HOSTS = 16
"""`GGML_RPC_MAX_SERVERS` of ggml-rpc.h."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}")
_MAX_HOST = 253
_MAX_PORT = 65_535


def checked_rpc_hosts(entered: Iterable[str]) -> tuple[str, ...]:
    """The hosts as the user enters them, each as `host:port` and once.

    The connection is by IPv4 (`socket_t::connect` of llama.cpp's RPC transport), so that an address is never one
    with colons.

    Raises:
        InvalidRpcHost: one cannot be a host and a port, or there are too many.
    """
    found = tuple(dict.fromkeys(_checked(text.strip()) for text in entered))
    if len(found) > MAX_HOSTS:
        raise InvalidRpcHost(host=found[MAX_HOSTS], reason=f"there can be {MAX_HOSTS} at most")
    return found


def address_of(host: str) -> tuple[str, int]:
    """Name and port of a checked host."""
    name, _, port = host.rpartition(":")
    return name, int(port)


def is_this_machine(host: str) -> bool:
    """Whether a checked host is this machine, so that nothing leaves it."""
    return is_loopback(address_of(host)[0])


def _checked(text: str) -> str:
    name, _, port = text.partition(":") if ":" in text else (text, "", str(DEFAULT_PORT))
    usable = _HOST.fullmatch(name) and len(name) <= _MAX_HOST and _PORT.fullmatch(port)
    if not usable or not 0 < int(port) <= _MAX_PORT:
        raise InvalidRpcHost(host=text, reason="it must look like 192.168.1.20:50052")
    return f"{name.lower()}:{int(port)}"
