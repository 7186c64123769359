"""The services in groups, in the order in which they are made: each group stands on those before it.

Window process, interface thread; not imported before the window's frame was painted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bootstrap.frame import Frame
from app.bootstrap.starting import Starter, child_starter
from app.catalog.shelf.library import identify
from app.core.chat.listing import Listing, Shelf
from app.core.protocol import ChildRole
from app.services.attaching import Attaching
from app.services.backups import BackupKeeper
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools, CompareKit
from app.services.child_slot import ChildFactory
from app.services.conversation_list import ConversationList
from app.services.conversation_search import ConversationSearch
from app.services.data_folder import DataFolder
from app.services.disk_library import DiskLibrary
from app.services.download_queue import DownloadQueue
from app.services.engine_host import EngineHost
from app.services.exchange import AttachmentReader, ExchangeService
from app.services.hub_service import HubService
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
from app.services.relay import Relay, Storage
from app.services.servers import ServerList
from app.services.token_counter import TokenCounter
from app.services.typesetter import Typesetter
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.servers import ServerFile
from app.storage.stores import open_kept, open_stores, open_temporary
from app.ui.main_window import MainWindow

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from app.services.compare import Candidate, Comparison, Question


@dataclass(frozen=True)
class Ground:
    """What every service stands on: the window, its settings, the stores, and how children are started."""

    relay: Relay
    window: MainWindow
    preferences: Preferences
    network: NetworkSettings
    starter: Starter
    storage: Storage
    temporary: Storage
    backups: BackupKeeper
    data_folder: DataFolder

    def shutdown(self) -> None:
        """Write what is not written yet, and close the stores."""
        self.preferences.shutdown()
        self.backups.shutdown()
        self.data_folder.shutdown()
        self.temporary.lane.close()
        self.storage.close()


def make_ground(frame: Frame, child_command: Sequence[str] | None) -> Ground:
    """Open the stores; `child_command` starts children instead of this program itself."""
    folders, relay = frame.folders, frame.relay
    network = NetworkSettings(frame.preferences, frame.window)

    def starter(role: ChildRole) -> ChildFactory:
        return child_starter(role, folders, child_command, network.environment)

    return Ground(
        relay=relay,
        window=frame.window,
        preferences=frame.preferences,
        network=network,
        starter=starter,
        storage=Storage(Lane(lambda: open_kept(folders)), relay),
        temporary=Storage(Lane(open_temporary), relay),
        backups=BackupKeeper(folders.database, relay),
        data_folder=DataFolder(folders, relay),
    )


@dataclass(frozen=True)
class Engines:
    """What answers, here or on a server, and what is known of the machine."""

    engine: EngineHost
    probe: MachineProbe
    measurements: MeasurementRecorder
    servers: ServerList

    def shutdown(self) -> None:
        """End their children."""
        self.engine.shutdown()
        self.probe.shutdown()
        self.servers.shutdown()


def make_engines(ground: Ground) -> Engines:
    """Make them; no child is started yet."""
    relay, starter = ground.relay, ground.starter
    engine = EngineHost(starter(ChildRole.ENGINE), relay)
    file = ServerFile(ground.data_folder.folders.config)
    return Engines(
        engine=engine,
        probe=MachineProbe(starter(ChildRole.PROBE), relay),
        measurements=MeasurementRecorder(engine, ground.storage),
        servers=ServerList(file, starter(ChildRole.SERVERS), relay, ground.window),
    )


@dataclass(frozen=True)
class Chats:
    """The shown conversation, all others, and what goes into them and out of them."""

    session: ChatSession
    typesetter: Typesetter
    exchange: ExchangeService
    reader: AttachmentReader
    presets: PresetLibrary
    new_chats: NewChats
    conversations: ConversationList
    search: ConversationSearch

    def refresh(self) -> None:
        """Read what there is, and watch for what other programs change."""
        self.conversations.refresh_folders()
        self.conversations.refresh()
        self.conversations.watch()
        self.presets.refresh()

    def shutdown(self) -> None:
        """End their children and the search."""
        self.typesetter.shutdown()
        self.exchange.shutdown()
        self.reader.shutdown()
        self.conversations.shutdown()
        self.search.shutdown()


def make_chats(ground: Ground, engines: Engines) -> Chats:
    """Make them; no conversation is shown yet."""
    preferences, relay, starter, storage = ground.preferences, ground.relay, ground.starter, ground.storage
    database = ground.data_folder.folders.database
    session = ChatSession(
        engines.engine,
        storage,
        temporary=ground.temporary,
        user_name=lambda: str(preferences.get("chat.user_name")),
        must_ask=engines.servers.must_ask,
    )
    presets = PresetLibrary(storage, preferences)
    return Chats(
        session=session,
        typesetter=Typesetter(starter(ChildRole.TYPESET), relay),
        exchange=ExchangeService(starter(ChildRole.EXCHANGE), relay),
        reader=AttachmentReader(starter(ChildRole.EXTRACT), relay),
        presets=presets,
        new_chats=NewChats(session, presets, preferences, ground.window),
        conversations=ConversationList(storage, listing=Listing(Shelf.UNFILED)),
        search=ConversationSearch(Storage(Lane(lambda: open_stores(database)), relay)),
    )


@dataclass(frozen=True)
class Models:
    """The models on this machine's disk and on the Hub, and the ways from there to here."""

    library: ModelLibrary
    last_model: LastModel
    hub: HubService
    downloads: DownloadQueue
    disk: DiskLibrary
    imports: ModelImport
    fetch: ModelFetch

    def shutdown(self) -> None:
        """End their children and threads; what is under way goes on with the next start."""
        self.hub.shutdown()
        self.downloads.shutdown()
        self.imports.shutdown()
        self.disk.shutdown()
        self.library.shutdown()


def make_models(ground: Ground, engines: Engines) -> Models:
    """Make them; no disk is looked at and nobody is asked yet."""
    preferences, relay, starter, storage = ground.preferences, ground.relay, ground.starter, ground.storage
    folders = ground.data_folder.folders
    places = ModelFolders(preferences, folders)
    library = ModelLibrary(storage, identify)
    hub = HubService(starter(ChildRole.HUB), relay)
    downloads = DownloadQueue(starter(ChildRole.DOWNLOAD), storage, relay)
    kept = PreparationFile(folders.data / "preparations.json")
    imports = ModelImport(starter(ChildRole.REPACK), storage, kept, relay)
    ground.network.follow(hub, downloads)
    return Models(
        library=library,
        last_model=LastModel(engines.engine, library, engines.servers, preferences, ground.window),
        hub=hub,
        downloads=downloads,
        disk=DiskLibrary(starter(ChildRole.DOWNLOAD), relay, places, os.environ),
        imports=imports,
        fetch=ModelFetch(downloads, imports, library, lambda: places.now[0]),
    )


def make_tools(ground: Ground, engines: Engines, chats: Chats) -> ChatTools:
    """What works on the shown conversation."""
    window, engine, session, undo = ground.window, engines.engine, chats.session, chats.conversations.undo
    counter = TokenCounter(engine, lambda: session.is_answering, window)
    probes = ground.starter(ChildRole.PROBE)
    return ChatTools(
        tree=MessageTree(session, undo, window),
        attaching=Attaching(chats.reader, counter, window),
        room=MessageRoom(engine, counter, window),
        undo=undo,
        counter=counter,
        preview=PromptPreview(probes, engine, lambda: session.is_answering, ground.relay, window),
        compare=_compare_kit(ground),
    )


def _compare_kit(ground: Ground) -> CompareKit:
    def compare(question: Question, candidates: Sequence[Candidate], parent: QObject) -> Comparison:
        from app.services.compare import Comparison

        engines, probes = ground.starter(ChildRole.ENGINE), ground.starter(ChildRole.PROBE)
        return Comparison(engines, probes, ground.relay, question, candidates, parent)

    return CompareKit(compare, lambda: str(ground.preferences.get("chat.user_name")))
