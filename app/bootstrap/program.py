"""The services and the view, made together; not imported before the window's frame was painted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

from PySide6.QtGui import QGuiApplication

from app.bootstrap.collector import Collector
from app.bootstrap.desks import Desks
from app.bootstrap.frame import Frame
from app.bootstrap.parts import Parts
from app.bootstrap.services import (
    Chats,
    Engines,
    Ground,
    Models,
    make_chats,
    make_engines,
    make_ground,
    make_models,
    make_tools,
)
from app.bootstrap.wiring import connect
from app.core.chat.conversations import ConversationSummary
from app.core.engine.models import ModelFile
from app.services.chat_tools import ChatTools
from app.services.idle_unload import IdleUnload
from app.services.relay import ignore
from app.storage.integrity import was_left_open
from app.ui.main_view import MainView

_PROBE_AFTER_MS = 300


class Program(Parts):
    """Starts and ends its parts."""

    @cached_property
    def desks(self) -> Desks:
        """What the larger dialogs are opened by."""
        return Desks(self)

    def start(self, model: Path | None = None) -> None:
        """Fill the view: conversations, known models, and the one to use, which is loaded when it is needed."""
        self.ground.preferences.follow()
        self.ground.backups.start(was_left_open(self.ground.data_folder.folders.database))
        self.chats.refresh()
        self.models.library.refresh()
        self.engines.servers.refresh()
        self.engines.measurements.refresh()
        self.models.imports.restore()
        self.models.downloads.restore()
        if model is not None:
            self.models.library.open(model)
        else:
            self.models.last_model.find(self._choose)
        self._reopen_last()
        self.engines.probe.ask_after(_PROBE_AFTER_MS)
        self._collect_when_idle()

    def close(self) -> None:
        """Store what a running reply has, and end every child and thread."""
        self.chats.session.shutdown()
        self.engines.shutdown()
        self.tools.preview.shutdown()
        self.models.shutdown()
        self.chats.shutdown()
        self.ground.shutdown()

    def _reopen_last(self) -> None:
        """Show the chat that was shown at the end, if the user wants that and it is still there."""
        preferences, session = self.ground.preferences, self.chats.session
        last = int(preferences.get("chat.last"))
        if not last or not preferences.get("chat.reopen_last"):
            return

        def show(found: ConversationSummary) -> None:
            if session.conversation is None and found.trashed_at is None:
                session.open(found.id)

        self.ground.storage.call(lambda stores: stores.conversations.summary(last), show, ignore)

    def _choose(self, last: ModelFile | None) -> None:
        file, engine = last or self.guide, self.engines.engine
        if engine.file is None and file is not None:
            engine.choose(file)

    def _collect_when_idle(self) -> None:
        application = cast(QGuiApplication, QGuiApplication.instance())
        Collector(application, lambda: self.chats.session.is_answering, self.window).start()


def furnish(frame: Frame, child_command: Sequence[str] | None = None, *, guide: ModelFile | None = None) -> Program:
    """Make the services and the view, connect them, and put the view into the window.

    `child_command` starts the children instead of this program itself.
    """
    ground = make_ground(frame, child_command)
    engines = make_engines(ground)
    chats = make_chats(ground, engines)
    models = make_models(ground, engines)
    tools = make_tools(ground, engines, chats)
    IdleUnload(engines.engine, ground.preferences, lambda: chats.session.is_answering, frame.window)
    view = _view(ground, engines, chats, models, tools)
    program = Program(frame.window, ground, engines, chats, models, tools, view, guide)
    connect(program, program.desks)
    frame.window.setCentralWidget(view)
    view.show()  # Qt would do so later; a window that becomes active before that gives the focus to nobody
    view.page.composer.edit.setFocus()
    return program


def _view(ground: Ground, engines: Engines, chats: Chats, models: Models, tools: ChatTools) -> MainView:
    return MainView(
        chats.session,
        engines.engine,
        chats.conversations,
        models.library,
        ground.preferences,
        engines.probe,
        chats.presets,
        chats.new_chats,
        tools,
        ground.window.theme,
    )
