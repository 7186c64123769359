"""The services and the view, made together; not imported before the window's frame was painted."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.desks import Desks
from app.bootstrap.frame import Frame
from app.bootstrap.starting import Starter, child_starter
from app.bootstrap.wiring import connect
from app.catalog.shelf.library import identify
from app.core.conversations import ConversationSummary
from app.core.listing import Listing, Shelf
from app.core.models import ModelFile
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.attaching import Attaching
from app.services.backups import BackupKeeper
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools, CompareKit
from app.services.conversation_list import ConversationList
from app.services.conversation_search import ConversationSearch
from app.services.data_folder import DataFolder
from app.services.disk_library import DiskLibrary
from app.services.download_queue import DownloadQueue
from app.services.engine_host import ChildFactory, EngineHost
from app.services.exchange import AttachmentReader, ExchangeService
from app.services.hub_service import HubService
from app.services.idle_unload import IdleUnload
from app.services.last_model import LastModel
from app.services.machine_probe import MachineProbe
from app.services.measurement_recorder import MeasurementRecorder
from app.services.message_room import MessageRoom
from app.services.message_tree import MessageTree
from app.services.model_fetch import ModelFetch
from app.services.model_folders import ModelFolders
from app.services.model_import import ModelImport
from app.services.model_library import ModelLibrary
from app.services.network_settings import NetworkSettings
from app.services.new_chats import NewChats
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary
from app.services.prompt_preview import PromptPreview
from app.services.relay import Relay, Storage, ignore
from app.services.servers import ServerList
from app.services.token_counter import TokenCounter
from app.services.typesetter import Typesetter
from app.storage.integrity import was_left_open
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.servers import ServerFile
from app.storage.stores import open_kept, open_stores, open_temporary
from app.ui.main_view import MainView
from app.ui.main_window import MainWindow

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.services.compare import Candidate, Comparison, Question

_PROBE_AFTER_MS = 300
_COLLECT_AFTER = 10_000
"""Objects made before Python looks for cycles among them: a long conversation has thousands, and all of them stay."""


@dataclass(frozen=True)
class Program:
    """The window, what it shows, and what stands behind it."""

    relay: Relay
    starter: Starter
    window: MainWindow
    view: MainView
    session: ChatSession
    engine: EngineHost
    conversations: ConversationList
    search: ConversationSearch
    library: ModelLibrary
    last_model: LastModel
    probe: MachineProbe
    typesetter: Typesetter
    measurements: MeasurementRecorder
    hub: HubService
    servers: ServerList
    downloads: DownloadQueue
    imports: ModelImport
    fetch: ModelFetch
    disk: DiskLibrary
    presets: PresetLibrary
    new_chats: NewChats
    preview: PromptPreview
    preferences: Preferences
    storage: Storage
    backups: BackupKeeper
    data_folder: DataFolder
    temporary: Storage
    attaching: Attaching
    reader: AttachmentReader
    exchange: ExchangeService
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
        # What was made until now lives as long as the window: no collection needs to look at it again.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        gc.enable()

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
    folders, window, preferences = frame.folders, frame.window, frame.preferences
    network = NetworkSettings(preferences, window)

    def starter(role: ChildRole) -> ChildFactory:
        return child_starter(role, folders, child_command, network.environment)

    def compare(question: Question, candidates: Sequence[Candidate], parent: QObject) -> Comparison:
        from app.services.compare import Comparison

        engines, probes = starter(ChildRole.ENGINE), starter(ChildRole.PROBE)
        return Comparison(engines, probes, frame.relay, question, candidates, parent)

    storage = Storage(Lane(lambda: open_kept(folders)), frame.relay)
    engine = EngineHost(starter(ChildRole.ENGINE), frame.relay)
    probe = MachineProbe(starter(ChildRole.PROBE), frame.relay)
    typesetter = Typesetter(starter(ChildRole.TYPESET), frame.relay)
    measurements = MeasurementRecorder(engine, storage)
    temporary = Storage(Lane(open_temporary), frame.relay)
    servers = ServerList(ServerFile(folders.config), starter(ChildRole.SERVERS), frame.relay, window)
    session = ChatSession(
        engine,
        storage,
        temporary=temporary,
        user_name=lambda: str(preferences.get("chat.user_name")),
        must_ask=servers.must_ask,
    )
    exchange = ExchangeService(starter(ChildRole.EXCHANGE), frame.relay)
    reader = AttachmentReader(starter(ChildRole.EXTRACT), frame.relay)
    presets = PresetLibrary(storage, preferences)
    new_chats = NewChats(session, presets, preferences, window)
    conversations = ConversationList(storage, listing=Listing(Shelf.UNFILED))
    search = ConversationSearch(Storage(Lane(lambda: open_stores(folders.database)), frame.relay))
    library = ModelLibrary(storage, identify)
    last_model = LastModel(engine, library, servers, preferences, window)
    hub = HubService(starter(ChildRole.HUB), frame.relay)
    downloads = DownloadQueue(starter(ChildRole.DOWNLOAD), storage, frame.relay)

    places = ModelFolders(preferences, folders)
    disk = DiskLibrary(starter(ChildRole.DOWNLOAD), frame.relay, places, os.environ)
    kept = PreparationFile(folders.data / "preparations.json")
    imports = ModelImport(starter(ChildRole.REPACK), storage, kept, frame.relay)
    fetch = ModelFetch(downloads, imports, library, lambda: places.now[0])
    network.follow(hub, downloads)
    counter = TokenCounter(engine, lambda: session.is_answering, window)
    preview = PromptPreview(starter(ChildRole.PROBE), engine, lambda: session.is_answering, frame.relay, window)
    tools = ChatTools(
        MessageTree(session, conversations.undo, window),
        Attaching(reader, counter, window),
        MessageRoom(engine, counter, window),
        conversations.undo,
        counter,
        preview,
        CompareKit(compare, lambda: str(preferences.get("chat.user_name"))),
    )
    view = MainView(
        session, engine, conversations, library, preferences, probe, presets, new_chats, tools, window.theme
    )
    IdleUnload(engine, preferences, lambda: session.is_answering, window)

    backups = BackupKeeper(folders.database, frame.relay)
    data_folder = DataFolder(folders, frame.relay)

    program = Program(
        relay=frame.relay,
        starter=starter,
        window=window,
        view=view,
        session=session,
        engine=engine,
        conversations=conversations,
        search=search,
        library=library,
        last_model=last_model,
        probe=probe,
        typesetter=typesetter,
        measurements=measurements,
        hub=hub,
        servers=servers,
        downloads=downloads,
        imports=imports,
        fetch=fetch,
        disk=disk,
        presets=presets,
        new_chats=new_chats,
        preview=preview,
        preferences=preferences,
        storage=storage,
        backups=backups,
        data_folder=data_folder,
        temporary=temporary,
        attaching=tools.attaching,
        reader=reader,
        exchange=exchange,
        guide=guide,
    )
    connect(program)
    window.setCentralWidget(view)
    view.page.composer.edit.setFocus()
    return program
