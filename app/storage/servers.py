"""The user's servers, in `servers.json` in the config folder; small enough for any thread.

Several processes may change it at once: each change reads the file anew under a lock. Keys are not in it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.core.data.database_errors import DatabaseReadOnly
from app.core.file_errors import DiskFull
from app.core.remote.server_errors import ServerExists, ServersUnreadable
from app.core.remote.servers import Server, server_named

FILE_NAME = "servers.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LOCK_SECONDS = 10


class ServerFile:
    """The list of servers; every change is on disk when it returns.

    All methods raise `ServersUnreadable` when the file is damaged, and those that change it also
    `DiskFull` and `DatabaseReadOnly`.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def list(self) -> tuple[Server, ...]:
        """All servers, by name."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=tuple[Server, ...])
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unreadable(error.strerror or "") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._unreadable(str(error)) from error
        return tuple(sorted(found, key=lambda server: server.name.casefold()))

    def get(self, name: str) -> Server:
        """The server of this name.

        Raises:
            UnknownServer: there is none.
        """
        return server_named(self.list(), name)

    def add(self, server: Server) -> None:
        """Add one.

        Raises:
            ServerExists: there is one of this name.
        """

        def add(servers: tuple[Server, ...]) -> tuple[Server, ...]:
            if any(_same(other.name, server.name) for other in servers):
                raise ServerExists(name=server.name)
            return (*servers, server)

        self._change(add)

    def replace(self, name: str, server: Server) -> None:
        """Put a server in place of the one of this name.

        Raises:
            UnknownServer: there is none.
            ServerExists: the new name is another one's.
        """

        def replace(servers: tuple[Server, ...]) -> tuple[Server, ...]:
            server_named(servers, name)
            others = tuple(other for other in servers if not _same(other.name, name))
            if any(_same(other.name, server.name) for other in others):
                raise ServerExists(name=server.name)
            return (*others, server)

        self._change(replace)

    def remove(self, name: str) -> Server:
        """Take one off the list; it is returned.

        Raises:
            UnknownServer: there is none.
        """
        removed = self.get(name)
        self._change(lambda servers: tuple(other for other in servers if not _same(other.name, name)))
        return removed

    def _change(self, change: Callable[[tuple[Server, ...]], tuple[Server, ...]]) -> None:
        from filelock import FileLock  # with the first change: a list that is read needs no lock

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_SECONDS):
                self._write(change(self.list()))
        except OSError as error:
            kind = DiskFull if error.errno in _FULL else DatabaseReadOnly
            raise kind(str(error), folder=str(self._path.parent)) from error

    def _write(self, servers: tuple[Server, ...]) -> None:
        partial = self._path.with_name(f"{FILE_NAME}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as stream:
                stream.write(msgspec.json.format(msgspec.json.encode(servers)) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)

    def _unreadable(self, reason: str) -> ServersUnreadable:
        return ServersUnreadable(file=str(self._path), reason=reason[:1].lower() + reason[1:])


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()
