"""How a chat begins: with which preset, and whether anything of it stays. On the window's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.chat_session import ChatSession
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary

_TEMPORARY = "chat.temporary"


class NewChats(QObject):
    """Begins chats as the settings and the folders say; one that has not begun yet follows the settings."""

    def __init__(
        self,
        session: ChatSession,
        presets: PresetLibrary,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._presets = presets
        self._preferences = preferences
        preferences.changed.connect(self._follow)
        if preferences.get(_TEMPORARY):
            self._follow(_TEMPORARY)

    def begin(self, *, temporary: bool | None = None) -> None:
        """Show a new chat that is in no folder; `temporary` or not, or as the settings say."""
        wanted = self._preferences.get(_TEMPORARY) if temporary is None else temporary
        self._session.new_conversation(self._presets.chosen_for(None), temporary=bool(wanted))

    def begin_in(self, folder_id: int) -> None:
        """Show a new chat that will be in a folder, and so is kept."""
        self._session.new_conversation(self._presets.chosen_for(folder_id), folder_id=folder_id)

    def _follow(self, key: str) -> None:
        session = self._session
        has_begun = session.conversation is not None or session.is_answering
        if key == _TEMPORARY and not has_begun and session.folder_id is None:
            session.new_conversation(session.preset, temporary=bool(self._preferences.get(_TEMPORARY)))
