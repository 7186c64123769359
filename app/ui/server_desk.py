"""What the chat page has to do with servers: their models in the menu, their dialog, the question before sending.

Window process, interface thread. The dialogs are imported when they are first needed.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.core.engine.models import ModelFile
from app.services.chat_session import ChatSession
from app.services.engine_host import EngineHost
from app.services.preferences import Preferences
from app.services.servers import ServerList
from app.ui.chat.chat_page import ChatPage

_NETWORK = "network."


class ServerDesk(QObject):
    """Wires the list of servers with the page."""

    def __init__(
        self,
        page: ChatPage,
        session: ChatSession,
        engine: EngineHost,
        servers: ServerList,
        preferences: Preferences,
    ) -> None:
        super().__init__(page)
        self._page = page
        self._engine = engine
        self._servers = servers
        button = page.header.model
        servers.changed.connect(button.set_servers)
        servers.problem.connect(page.problems.show)
        button.about_to_show.connect(servers.refresh)
        button.servers_requested.connect(self.show_servers)
        session.consent_needed.connect(self._ask)
        preferences.changed.connect(self._on_preference)

    def show_servers(self) -> None:
        """Open the list of servers."""
        from app.ui.servers_dialog import ServersDialog

        ServersDialog(self._servers, self._page.window()).open()

    def _ask(self, file: ModelFile, then: Callable[[], None]) -> None:
        from app.ui.server_consent import ConsentDialog

        server = file.server
        if server is None:
            return
        dialog = ConsentDialog(server, file.identity.name, self._page.window())

        def go_on() -> None:
            if dialog.remember.isChecked():
                self._servers.trust(server.name)
            then()

        dialog.accepted.connect(go_on)
        dialog.open()

    def _on_preference(self, key: str, _: object) -> None:
        """Other network settings count for the next request: the children that have the old ones end."""
        if not key.startswith(_NETWORK):
            return
        self._servers.renew()
        file = self._engine.file
        if file is not None and file.server is not None:
            self._engine.choose(file)
