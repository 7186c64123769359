"""The services and the view, made together; not imported before the window's frame was painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QGuiApplication

from app.bootstrap.collector import Collector
from app.bootstrap.desks import Desks
from app.bootstrap.frame import Frame
from app.bootstrap.services import (
    Chats,
    Engines,
    Ground,
    Models,
    make_chats,
    make_engines,
    make_ground,
    make_models,
)
from app.bootstrap.wiring import connect
from app.core.chat.conversations import ConversationSummary
from app.core.engine.models import ModelFile
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.attaching import Attaching
from app.services.chat_tools import ChatTools, CompareKit
from app.services.idle_unload import IdleUnload
from app.services.message_room import MessageRoom
from app.services.message_tree import MessageTree
from app.services.prompt_preview import PromptPreview
from app.services.relay import ignore
from app.services.token_counter import TokenCounter
from app.storage.integrity import was_left_open
from app.ui.main_view import MainView

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.services.compare import Candidate, Comparison, Question

_PROBE_AFTER_MS = 300


@dataclass(frozen=True)
class Program(Models, Chats, Engines, Ground):
    """The window, what it shows, and what stands behind it."""

    view: MainView
    attaching: Attaching
    preview: PromptPreview
    collector: Collector
    guide: ModelFile | None

    @cached_property
    def desks(self) -> Desks:
        """What the larger dialogs are opened by."""
        return Desks(self)

    def start(self, model: Path | None = None) -> None:
        """Fill the view: conversations, known models, and the one to use, which is loaded when it is needed."""
        self.backups.start(was_left_open(self.data_folder.folders.database))
        self.conversations.refresh_folders()
        self.conversations.refresh()
        self.conversations.watch()
        self.library.refresh()
        self.servers.refresh()
        self.presets.refresh()
        self.measurements.refresh()
        self.imports.restore()
        self.downloads.restore()
        if model is not None:
            self.library.open(model)
        else:
            self.last_model.find(self._choose)
        self._reopen_last()
        self.probe.ask_after(_PROBE_AFTER_MS)
        self.collector.start()

    def close(self) -> None:
        """Store what a running reply has, and end every child and thread."""
        self.session.shutdown()
        self.engine.shutdown()
        self.preview.shutdown()
        self.probe.shutdown()
        self.typesetter.shutdown()
        self.hub.shutdown()
        self.servers.shutdown()
        self.downloads.shutdown()
        self.imports.shutdown()
        self.disk.shutdown()
        self.library.shutdown()
        self.preferences.shutdown()
        self.backups.shutdown()
        self.data_folder.shutdown()
        self.exchange.shutdown()
        self.reader.shutdown()
        self.temporary.lane.close()
        self.conversations.shutdown()
        self.search.shutdown()
        self.storage.close()

    def _reopen_last(self) -> None:
        """Show the chat that was shown at the end, if the user wants that and it is still there."""
        last = int(self.preferences.get("chat.last"))
        if not last or not self.preferences.get("chat.reopen_last"):
            return

        def show(found: ConversationSummary) -> None:
            if self.session.conversation is None and found.trashed_at is None:
                self.session.open(found.id)

        self.storage.call(lambda stores: stores.conversations.summary(last), show, ignore)

    def _choose(self, last: ModelFile | None) -> None:
        file = last or self.guide
        if self.engine.file is None and file is not None:
            self.engine.choose(file)


def build(folders: Folders, child_command: Sequence[str] | None = None, *, guide: ModelFile | None = None) -> Program:
    """Make the whole program at once; `child_command` starts its children instead of this program itself."""
    return furnish(Frame.build(folders), child_command, guide=guide)


def furnish(frame: Frame, child_command: Sequence[str] | None = None, *, guide: ModelFile | None = None) -> Program:
    """Make the services and the view, and put it into the window; the `guide` answers where no model was chosen."""
    ground = make_ground(frame, child_command)
    engines = make_engines(ground)
    chats = make_chats(ground, engines)
    models = make_models(ground, engines)
    tools = _tools(ground, engines, chats)
    view = _view(ground, engines, chats, models, tools)
    IdleUnload(engines.engine, ground.preferences, lambda: chats.session.is_answering, ground.window)
    program = Program(
        **vars(ground),
        **vars(engines),
        **vars(chats),
        **vars(models),
        view=view,
        attaching=tools.attaching,
        preview=tools.preview,
        collector=_collector(ground, chats),
        guide=guide,
    )
    connect(program)
    program.window.setCentralWidget(view)
    view.page.composer.edit.setFocus()
    return program


def _collector(ground: Ground, chats: Chats) -> Collector:
    application = cast(QGuiApplication, QGuiApplication.instance())
    return Collector(application, lambda: chats.session.is_answering, ground.window)


def _tools(ground: Ground, engines: Engines, chats: Chats) -> ChatTools:
    window, engine, session, undo = ground.window, engines.engine, chats.session, chats.conversations.undo
    start = ground.starter(ChildRole.PROBE)
    counter = TokenCounter(engine, lambda: session.is_answering, window)
    return ChatTools(
        tree=MessageTree(session, undo, window),
        attaching=Attaching(chats.reader, counter, window),
        room=MessageRoom(engine, counter, window),
        undo=undo,
        counter=counter,
        preview=PromptPreview(start, engine, lambda: session.is_answering, ground.relay, window),
        compare=_compare_kit(ground),
    )


def _compare_kit(ground: Ground) -> CompareKit:
    def compare(question: Question, candidates: Sequence[Candidate], parent: QObject) -> Comparison:
        from app.services.compare import Comparison

        engines, probes = ground.starter(ChildRole.ENGINE), ground.starter(ChildRole.PROBE)
        return Comparison(engines, probes, ground.relay, question, candidates, parent)

    return CompareKit(compare, lambda: str(ground.preferences.get("chat.user_name")))


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
