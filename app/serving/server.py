"""Listens at one address and holds the connections that come; on the event loop."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

from app.serving.connection import Connection, Handler, Limits
from app.serving.errors import AddressUnavailable

_FAREWELL_SECONDS = 1.0


@dataclass(frozen=True)
class Address:
    """Where to listen, as the system understands it; `ip` is what the name `host` leads to."""

    host: str
    ip: str
    port: int

    @property
    def on_loopback(self) -> bool:
        """Whether this machine alone reaches it."""
        return ipaddress.ip_address(self.ip.partition("%")[0]).is_loopback

    @property
    def base_url(self) -> str:
        """What clients put before the paths of the API."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/v1"


def resolved(host: str, port: int) -> Address:
    """The address that a name leads to first.

    Raises:
        AddressUnavailable: it leads nowhere.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _unavailable(host, port, error) from None
    return Address(host, str(found[0][4][0]), port)


class Server:
    """Open from `start` to `close`."""

    def __init__(self, handler: Handler, limits: Limits) -> None:
        self._handler = handler
        self._limits = limits
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, address: Address) -> Address:
        """Listen; the address with the port that was taken.

        Raises:
            AddressUnavailable: the system refuses.
        """
        try:
            self._listener = await asyncio.start_server(self._meet, address.ip, address.port)
        except OSError as error:
            raise _unavailable(address.host, address.port, error) from None
        return Address(address.host, address.ip, self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more, and leave every client."""
        if self._listener is not None:
            self._listener.close()
        for _ in range(2):  # the second time to those that do not take what is left for them
            for task in self._connections:
                task.cancel()
            if self._connections:
                await asyncio.wait(self._connections, timeout=_FAREWELL_SECONDS)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client came; where there are too many already, it is told to come later by the connection's end."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= self._limits.connections:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await Connection(reader, writer, self._handler, self._limits).serve()
        except asyncio.CancelledError:
            pass  # the end of this task in any case, which asyncio would report as an error
        finally:
            self._connections.discard(task)


def _unavailable(host: str, port: int, error: Exception) -> AddressUnavailable:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return AddressUnavailable(str(error), address=f"{host}:{port}", reason=reason)
