"""What the program consists of, as one value: what connects it and what opens its dialogs take it from here."""

from __future__ import annotations

from dataclasses import dataclass

from app.bootstrap.services import Chats, Engines, Ground, Models
from app.core.engine.models import ModelFile
from app.services.chat_tools import ChatTools
from app.ui.main_view import MainView
from app.ui.main_window import MainWindow


@dataclass(frozen=True)
class Parts:
    """The window, what it shows, and the services behind it, each group standing on those before it.

    The `guide` answers where no model was chosen.
    """

    window: MainWindow
    ground: Ground
    engines: Engines
    chats: Chats
    models: Models
    tools: ChatTools
    view: MainView
    guide: ModelFile | None
