"""The services, the view, and how they are wired; not imported before the window's frame was painted."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.frame import Frame
from app.catalog.shelf.folders import model_folders
from app.catalog.shelf.library import identify
from app.children.child import Child
from app.children.outcome import Outcome
from app.core.models import ModelFile
from app.core.paths import Folders, is_file
from app.core.protocol import ChildRole, Event
from app.services.chat_session import ChatSession
from app.services.conversation_list import ConversationList
from app.services.disk_library import DiskLibrary
from app.services.download_queue import DownloadQueue
from app.services.engine_host import ChildFactory, EngineHost
from app.services.hub_service import HubService
from app.services.machine_probe import MachineProbe
from app.services.measurement_recorder import MeasurementRecorder
from app.services.model_fetch import ModelFetch
from app.services.model_library import ModelLibrary
from app.services.preferences import Preferences
from app.services.relay import Storage, ignore
from app.storage.lane import Lane
from app.storage.stores import Stores, open_kept
from app.ui.main_view import MainView
from app.ui.main_window import MainWindow

if TYPE_CHECKING:
    from app.ui.models.desk import ModelDesk

_PROBE_AFTER_MS = 300


@dataclass(frozen=True)
class Program:
    """The window, what it shows, and what stands behind it."""

    window: MainWindow
    view: MainView
    session: ChatSession
    engine: EngineHost
    conversations: ConversationList
    library: ModelLibrary
    probe: MachineProbe
    measurements: MeasurementRecorder
    hub: HubService
    downloads: DownloadQueue
    disk: DiskLibrary
    desk: Callable[[], ModelDesk]
    preferences: Preferences
    storage: Storage

    def start(self, model: Path | None = None) -> None:
        """Fill the view: conversations, known models, and the one to use, which is loaded when it is needed."""
        self.conversations.refresh()
        self.library.refresh()
        self.measurements.refresh()
        self.downloads.restore()
        if model is not None:
            self.library.open(model)
        else:
            self.storage.call(_last_model, self._choose, ignore)
        self.probe.ask_after(_PROBE_AFTER_MS)
        # What was made until now lives as long as the window: no collection needs to look at it again.
        gc.freeze()
        gc.enable()

    def close(self) -> None:
        """Store what a running reply has, and end every child and thread."""
        self.session.shutdown()
        self.engine.shutdown()
        self.probe.shutdown()
        self.hub.shutdown()
        self.downloads.shutdown()
        self.disk.shutdown()
        self.library.shutdown()
        self.preferences.shutdown()
        self.storage.close()

    def _choose(self, file: ModelFile | None) -> None:
        if file is not None and self.engine.file is None:
            self.engine.choose(file)


def build(folders: Folders, child_command: Sequence[str] | None = None) -> Program:
    """Make the whole program at once; `child_command` starts its children instead of this program itself."""
    return furnish(Frame.build(folders), child_command)


def furnish(frame: Frame, child_command: Sequence[str] | None = None) -> Program:
    """Make the services and the view, and put it into the window."""
    folders, window, preferences = frame.folders, frame.window, frame.preferences
    storage = Storage(Lane(lambda: open_kept(folders)), frame.relay)
    engine = EngineHost(child_starter(ChildRole.ENGINE, folders, child_command), frame.relay)
    probe = MachineProbe(child_starter(ChildRole.PROBE, folders, child_command), frame.relay)
    measurements = MeasurementRecorder(engine, storage)
    session = ChatSession(engine, storage)
    conversations = ConversationList(storage)
    library = ModelLibrary(storage, identify)
    hub = HubService(child_starter(ChildRole.HUB, folders, child_command), frame.relay)
    downloads = DownloadQueue(child_starter(ChildRole.DOWNLOAD, folders, child_command), storage, frame.relay)

    def folders_now() -> list[Path]:
        return [folder.absolute() for folder in model_folders(str(preferences.get("models.folders")), folders)]

    disk = DiskLibrary(child_starter(ChildRole.DOWNLOAD, folders, child_command), frame.relay, folders_now, os.environ)
    fetch = ModelFetch(downloads, library, lambda: folders_now()[0])
    view = MainView(session, engine, conversations, library, preferences, probe, window.theme)

    @cache
    def desk() -> ModelDesk:
        from app.ui.models.desk import ModelDesk  # the picker is imported when it is first asked for

        return ModelDesk(
            view, window.theme, hub, fetch, downloads, probe, engine, measurements, disk, library, preferences
        )

    program = Program(
        window,
        view,
        session,
        engine,
        conversations,
        library,
        probe,
        measurements,
        hub,
        downloads,
        disk,
        desk,
        preferences,
        storage,
    )
    _connect(program)
    window.setCentralWidget(view)
    view.page.composer.edit.setFocus()
    return program


def _connect(program: Program) -> None:
    """Tell each part of what it needs from another."""
    view, engine, downloads, preferences = program.view, program.engine, program.downloads, program.preferences
    program.window.closing.connect(view.close_down)
    program.session.conversations_changed.connect(program.conversations.refresh)
    engine.digest.connect(program.library.set_digest)
    program.library.opened.connect(engine.load)
    downloads.changed.connect(view.sidebar.downloads.set_downloads)
    downloads.progress.connect(view.sidebar.downloads.set_progress)
    downloads.problem.connect(view.page.problems.show)
    downloads.finished.connect(view.announce_download)
    downloads.set_limit(int(preferences.get("downloads.limit")))
    preferences.changed.connect(
        lambda key, value: downloads.set_limit(int(value)) if key == "downloads.limit" else None
    )
    view.find_model_requested.connect(lambda: program.desk().choose_model())
    view.library_requested.connect(lambda: program.desk().show_library())
    view.downloads_requested.connect(lambda: program.desk().show_downloads())


def _last_model(stores: Stores) -> ModelFile | None:
    return next((file for file in stores.models.list() if is_file(file.identity.path)), None)


def child_starter(role: ChildRole, folders: Folders, command: Sequence[str] | None) -> ChildFactory:
    """Starts children of a role; `command` takes the place of this program itself."""

    def start(on_event: Callable[[Event], None], on_exit: Callable[[Outcome], None]) -> Child:
        return Child(role, on_event, on_exit, log=folders.logs / f"{role.value}.log", command=command)

    return start
