"""Opens the places of the window that the Guide's links lead to.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.core.program.guide_links import GuideLink, Place
from app.ui.main_view import MainView
from app.ui.server_desk import ServerDesk

if TYPE_CHECKING:
    from app.ui.models.desk import ModelDesk
    from app.ui.settings.desk import SettingsDesk


class Places(QObject):
    """What is opened is made when it is first asked for."""

    def __init__(
        self,
        view: MainView,
        servers: ServerDesk,
        models: Callable[[], ModelDesk],
        settings: Callable[[], SettingsDesk],
    ) -> None:
        super().__init__(view)
        self._view = view
        self._servers = servers
        self._models = models
        self._settings = settings
        view.page.place_requested.connect(self.open)

    def open(self, link: GuideLink) -> None:
        """Show what a link leads to."""
        match link.place:
            case Place.MODELS:
                self._models().choose_model(link.query)
            case Place.LIBRARY:
                self._models().show_library()
            case Place.DOWNLOADS:
                self._models().show_downloads()
            case Place.IMPORT:
                self._models().choose_folder()
            case Place.PRESETS:
                self._settings().show_presets()
            case Place.SETTINGS:
                self._settings().show_settings(link.page, link.key)
            case Place.SERVERS:
                self._servers.show_servers()
            case Place.SHORTCUTS:
                self._view.shortcuts.trigger("help")
            case Place.NEW_CHAT:
                self._view.shortcuts.trigger("new_chat")
