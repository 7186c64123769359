"""The model to begin with: the one that was chosen last, a file of this machine or one on a server.

Runs on the window's thread. Files are remembered by the library; this remembers the others.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.core.engine.models import ModelFile
from app.core.remote.server_errors import UnknownServer
from app.core.remote.servers import server_named
from app.services.engine_host import EngineHost
from app.services.model_library import ModelLibrary
from app.services.preferences import Preferences
from app.services.servers import ServerList

_KEY = "models.last_remote"


class LastModel(QObject):
    """Follows the engine; a model that was unloaded, or that is built in, takes no other one's place."""

    def __init__(
        self,
        engine: EngineHost,
        library: ModelLibrary,
        servers: ServerList,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._library = library
        self._servers = servers
        self._preferences = preferences
        engine.state_changed.connect(lambda _: self._note())

    def find(self, then: Callable[[ModelFile | None], None]) -> None:
        """Hand over the model that was chosen last and is there, or None; the servers have been read."""
        name, _, model = str(self._preferences.get(_KEY)).partition("\n")
        try:
            server = server_named(self._servers.servers, name)
        except UnknownServer:
            self._library.last(then)
        else:
            then(ModelFile.on(server, model))

    def _note(self) -> None:
        file = self._engine.file
        if file is not None and not file.identity.built_in:
            remote = f"{file.server.name}\n{file.identity.name}" if file.server is not None else ""
            self._preferences.set(_KEY, remote)
