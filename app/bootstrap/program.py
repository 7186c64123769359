"""The services, the view, and how they are wired; not imported before the window's frame was painted."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.frame import Frame
from app.catalog.shelf.library import identify
from app.children.child import Child
from app.children.outcome import Outcome
from app.core.conversations import ConversationSummary
from app.core.listing import Listing, Shelf
from app.core.models import ModelFile
from app.core.paths import Folders
from app.core.protocol import ChildRole, Event
from app.services.attaching import Attaching
from app.services.backups import BackupKeeper
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools
from app.services.compare import CompareKit, Comparison
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
from app.services.network_ledger import NetworkLedger
from app.services.network_settings import NetworkSettings
from app.services.new_chats import NewChats
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary
from app.services.prompt_preview import PromptPreview
from app.services.relay import Storage, ignore
from app.services.servers import ServerList
from app.services.title_maker import TitleMaker
from app.services.token_counter import TokenCounter
from app.services.typesetter import Typesetter
from app.storage.integrity import was_left_open
from app.storage.lane import Lane
from app.storage.preparations import PreparationFile
from app.storage.servers import ServerFile
from app.storage.stores import open_kept, open_stores, open_temporary
from app.ui.main_view import MainView
from app.ui.main_window import MainWindow
from app.ui.places import Places
from app.ui.server_desk import ServerDesk
from app.ui.sidebar.desk import SidebarDesk

if TYPE_CHECKING:
    from app.bootstrap.data_desk import DataDesk
    from app.ui.exchange.desk import ExchangeDesk
    from app.ui.models.desk import ModelDesk
    from app.ui.settings.desk import SettingsDesk

_PROBE_AFTER_MS = 300


@dataclass(frozen=True)
class Program:
    """The window, what it shows, and what stands behind it."""

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
    disk: DiskLibrary
    presets: PresetLibrary
    new_chats: NewChats
    preview: PromptPreview
    desk: Callable[[], ModelDesk]
    settings: Callable[[], SettingsDesk]
    preferences: Preferences
    storage: Storage
    backups: BackupKeeper
    data_folder: DataFolder
    data_desk: Callable[[], DataDesk]
    temporary: Storage
    attaching: Attaching
    reader: AttachmentReader
    exchange: ExchangeService
    exchange_desk: Callable[[], ExchangeDesk]
    guide: ModelFile | None

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
        CompareKit(
            partial(Comparison, starter(ChildRole.ENGINE), starter(ChildRole.PROBE), frame.relay),
            lambda: str(preferences.get("chat.user_name")),
        ),
    )
    view = MainView(
        session, engine, conversations, library, preferences, probe, presets, new_chats, tools, window.theme
    )
    IdleUnload(engine, preferences, lambda: session.is_answering, window)

    @cache
    def desk() -> ModelDesk:
        from app.ui.models.desk import ModelDesk  # the picker is imported when it is first asked for

        made = ModelDesk(
            view,
            window.theme,
            hub,
            fetch,
            downloads,
            imports,
            probe,
            engine,
            measurements,
            disk,
            library,
            preferences,
            starter(ChildRole.PROBE),
            frame.relay,
        )
        window.closing.connect(made.shutdown)
        return made

    @cache
    def exchange_desk() -> ExchangeDesk:
        from app.ui.exchange.desk import ExchangeDesk

        made = ExchangeDesk(exchange, window)
        made.exported_one.connect(view.announce_export)
        made.imported.connect(conversations.refresh)
        made.problem.connect(view.page.problems.show)
        return made

    backups = BackupKeeper(folders.database, frame.relay)
    data_folder = DataFolder(folders, frame.relay)

    @cache
    def data_desk() -> DataDesk:
        from app.bootstrap.data_desk import DataDesk

        return DataDesk(window, backups, data_folder, os.environ, window.leave_for)

    @cache
    def settings() -> SettingsDesk:
        from app.ui.settings.desk import SettingsDesk  # imported when it is first asked for

        ledger = NetworkLedger(folders.logs, frame.relay, window)
        window.closing.connect(ledger.shutdown)
        return SettingsDesk(view, session, preferences, presets, preview, engine, ledger, folders)

    program = Program(
        window,
        view,
        session,
        engine,
        conversations,
        search,
        library,
        last_model,
        probe,
        typesetter,
        measurements,
        hub,
        servers,
        downloads,
        imports,
        disk,
        presets,
        new_chats,
        preview,
        desk,
        settings,
        preferences,
        storage,
        backups,
        data_folder,
        data_desk,
        temporary,
        tools.attaching,
        reader,
        exchange,
        exchange_desk,
        guide,
    )
    _connect(program)
    window.setCentralWidget(view)
    view.page.composer.edit.setFocus()
    return program


def _connect(program: Program) -> None:
    """Tell each part of what it needs from another."""
    view, engine, downloads = program.view, program.engine, program.downloads
    program.window.closing.connect(view.close_down)
    program.window.closing.connect(view.page.close_comparisons)
    view.page.set_typesetter(program.typesetter.ask)
    view.page.header.model.set_guide(program.guide)
    SidebarDesk(
        view.sidebar,
        program.session,
        program.conversations,
        program.search,
        program.library,
        program.presets,
        view.page,
        program.new_chats,
    )
    servers = ServerDesk(view.page, program.session, engine, program.servers, program.preferences)
    Places(view, servers, program.desk, program.settings)
    program.session.conversations_changed.connect(program.conversations.refresh)
    program.conversations.changed_elsewhere.connect(program.session.read_again)
    titles = TitleMaker(
        engine,
        program.session,
        program.storage,
        lambda: bool(program.preferences.get("chat.titles")),
        program.session,
    )
    titles.made.connect(lambda _: program.conversations.refresh())
    engine.digest.connect(program.library.set_digest)
    program.library.opened.connect(engine.load)
    program.disk.moved.connect(program.library.follow)
    program.disk.moved.connect(engine.follow)
    downloads.changed.connect(view.sidebar.downloads.set_downloads)
    downloads.progress.connect(view.sidebar.downloads.set_progress)
    downloads.problem.connect(view.page.problems.show)
    downloads.finished.connect(view.announce_download)
    program.imports.changed.connect(view.sidebar.downloads.set_preparations)
    program.imports.progress.connect(view.sidebar.downloads.set_preparation_progress)
    program.imports.problem.connect(view.page.problems.show)
    view.find_model_requested.connect(lambda: program.desk().choose_model())
    view.library_requested.connect(lambda: program.desk().show_library())
    view.downloads_requested.connect(lambda: program.desk().show_downloads())
    view.folder_dropped.connect(lambda folder: program.desk().import_folder(folder))
    program.disk.unreadable.connect(view.page.problems.show)
    view.settings_requested.connect(lambda: program.settings().show_settings())
    view.presets_requested.connect(lambda: program.settings().show_presets())
    view.export_requested.connect(lambda summary, form: program.exchange_desk().export(summary, form))
    view.sidebar.export_requested.connect(lambda ids: program.exchange_desk().export_several(ids))
    view.page.header.export_all_requested.connect(lambda: program.exchange_desk().export_all())
    view.page.header.import_requested.connect(lambda: program.exchange_desk().show_import())
    view.backups_requested.connect(lambda: program.data_desk().show_backups())
    view.move_data_requested.connect(lambda: program.data_desk().show_move())
    view.salvage_requested.connect(lambda: program.data_desk().salvage())
    program.backups.problem.connect(view.page.problems.show)


def child_starter(
    role: ChildRole,
    folders: Folders,
    command: Sequence[str] | None,
    environment: Callable[[], Mapping[str, str]] = lambda: os.environ,
) -> ChildFactory:
    """Starts children of a role; `command` takes the place of this program itself."""

    def start(on_event: Callable[[Event], None], on_exit: Callable[[Outcome], None]) -> Child:
        log = folders.logs / f"{role.value}.log"
        return Child(role, on_event, on_exit, log=log, command=command, environment=environment())

    return start
