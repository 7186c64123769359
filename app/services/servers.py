"""The user's servers as the window knows them: the list, what they answer, and whether text may go there.

Runs on the window's thread; a child process, started at the first question, talks with the servers and
keeps their keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.core.chat.conversations import Conversation
from app.core.engine.engine_errors import EngineLost
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.protocol import Event, Failed
from app.core.remote.server_frames import AskServer, FindServerKey, KeepServerKey, ServerKeyKept, ServerKnown
from app.core.remote.servers import KeyPlace, Server
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

IDLE_MS = 30_000
_Question = AskServer | KeepServerKey | FindServerKey


class ServerShelf(Protocol):
    """Where the list is kept; see `app.storage.servers.ServerFile`."""

    def list(self) -> tuple[Server, ...]:
        """All servers."""

    def add(self, server: Server) -> None:
        """Add one."""

    def replace(self, name: str, server: Server) -> None:
        """Put one in place of another."""

    def remove(self, name: str) -> Server:
        """Take one off the list."""


class ServerList(QObject):
    """The servers, and one child that ends when nothing was asked for a while.

    What changes the list raises the errors of `ServerFile`.
    """

    changed = Signal(tuple)  # tuple[Server, ...]
    known = Signal(str, tuple, float)  # the name of a server that answered, its models, seconds
    key_known = Signal(str, KeyPlace, bool)  # server, where its key is, whether there is a keyring
    failed = Signal(str, object)  # server, ParleyError
    problem = Signal(object)  # ParleyError: the list cannot be read

    def __init__(self, shelf: ServerShelf, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._last_id = 0
        self._open: dict[int, str] = {}
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._rest)
        self.servers: tuple[Server, ...] = ()

    def refresh(self) -> None:
        """Read the list anew; another process may have changed it."""
        try:
            self.servers = self._shelf.list()
        except ParleyError as error:
            self.problem.emit(error)
            return
        self.changed.emit(self.servers)

    def add(self, server: Server) -> None:
        """Add a server."""
        self._shelf.add(server)
        self.refresh()

    def replace(self, name: str, server: Server) -> None:
        """Change a server."""
        self._shelf.replace(name, server)
        self.refresh()

    def remove(self, server: Server) -> None:
        """Take a server off the list, and forget its key."""
        self.keep_key(server, "")
        self._shelf.remove(server.name)
        self.refresh()

    def ask(self, server: Server) -> None:
        """Ask a server for its models; `known` or `failed` follows."""
        self._ask(server.name, AskServer(id=self._next_id(), server=server))

    def keep_key(self, server: Server, key: str) -> None:
        """Keep a key, or forget it if it is empty; `key_known` or `failed` follows."""
        self._ask(server.name, KeepServerKey(id=self._next_id(), server=server, key=key))

    def find_key(self, server: Server) -> None:
        """Find out where the key is; `key_known` follows."""
        self._ask(server.name, FindServerKey(id=self._next_id(), server=server))

    def must_ask(self, file: ModelFile, conversation: Conversation | None) -> bool:
        """Whether the user does not know yet that this conversation's text leaves the machine to this server."""
        if file.server is None or file.server.is_loopback:
            return False
        name = file.server.name
        if any(server.name == name and server.is_trusted for server in self.servers):
            return False
        records = [message.record for message in conversation.path()] if conversation is not None else []
        return not any(record is not None and record.model.server == name for record in records)

    def trust(self, name: str) -> None:
        """Do not ask any more before text goes to a server."""
        self._note(name, is_trusted=True)

    def renew(self) -> None:
        """The network settings changed: ask the next question with them."""
        self._slot.drop()
        self._fail_all(EngineLost(reason="the network settings changed"))

    def shutdown(self) -> None:
        """End the child before the program exits; a key that is being kept is kept."""
        self._idle.stop()
        self._slot.finish()

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _ask(self, server: str, question: _Question) -> None:
        self._open[question.id] = server
        self._idle.start()
        self._slot.send(question)

    def _on_event(self, event: Event) -> None:
        name = self._open.pop(getattr(event, "id", 0), "")
        match event:
            case ServerKnown(models=models, seconds=seconds):
                self._note(name, models=models)
                self.known.emit(name, models, seconds)
            case ServerKeyKept(place=place, has_keyring=has_keyring):
                self.key_known.emit(name, place, has_keyring)
            case Failed(failure=failure) if name:
                self.failed.emit(name, failure.error())

    def _note(self, name: str, **facts: Any) -> None:
        """Keep what is new about a server, if it is still in the list."""
        server = next((one for one in self.servers if one.name == name), None)
        if server is None or (changed := msgspec.structs.replace(server, **facts)) == server:
            return
        try:
            self.replace(name, changed)
        except ParleyError as error:
            self.problem.emit(error)

    def _on_exit(self, outcome: Outcome) -> None:
        self._fail_all(EngineLost(reason=outcome.sentence))

    def _fail_all(self, error: ParleyError) -> None:
        names, self._open = list(self._open.values()), {}
        for name in names:
            self.failed.emit(name, error)

    def _rest(self) -> None:
        if self._open:
            self._idle.start()
        else:
            self._slot.close()
