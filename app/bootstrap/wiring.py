"""Tells each part of the program of what it needs from another.

Window process, interface thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.core.program.updates import update_source
from app.services.title_maker import TitleMaker
from app.ui.places import Places
from app.ui.server_desk import ServerDesk
from app.ui.sidebar.desk import SidebarDesk

if TYPE_CHECKING:
    from app.bootstrap.program import Program

_WATCH_AFTER_MS = 10_000


def connect(program: Program) -> None:
    """Connect everything, once."""
    view = program.view
    program.window.closing.connect(view.close_down)
    program.window.closing.connect(view.page.close_comparisons)
    view.page.set_typesetter(program.typesetter.ask)
    view.page.header.model.set_guide(program.guide)
    servers = ServerDesk(view.page, program.session, program.engine, program.servers, program.preferences)
    Places(view, servers, lambda: program.desks.models, lambda: program.desks.settings)
    _connect_conversations(program)
    _connect_models(program)
    _connect_dialogs(program)
    _watch_versions(program)


def _watch_versions(program: Program) -> None:
    """Look for newer versions while the window is open, where this build knows a place for that."""
    if update_source() is not None:
        QTimer.singleShot(_WATCH_AFTER_MS, program.window, lambda: program.desks.updates.watch())


def _connect_conversations(program: Program) -> None:
    conversations, session = program.conversations, program.session
    SidebarDesk(
        program.view.sidebar,
        session,
        conversations,
        program.search,
        program.library,
        program.presets,
        program.view.page,
        program.new_chats,
    )
    session.conversations_changed.connect(conversations.refresh)
    conversations.changed_elsewhere.connect(session.read_again)
    titles = TitleMaker(
        program.engine, session, program.storage, lambda: bool(program.preferences.get("chat.titles")), session
    )
    titles.made.connect(lambda _: conversations.refresh())


def _connect_models(program: Program) -> None:
    view, engine, problems = program.view, program.engine, program.view.page.problems
    engine.digest.connect(program.library.set_digest)
    program.library.opened.connect(engine.load)
    program.disk.moved.connect(program.library.follow)
    program.disk.moved.connect(engine.follow)
    program.disk.unreadable.connect(problems.show)
    entry = view.sidebar.downloads
    program.downloads.changed.connect(entry.set_downloads)
    program.downloads.progress.connect(entry.set_progress)
    program.downloads.problem.connect(problems.show)
    program.downloads.finished.connect(view.announce_download)
    program.downloads.prepared.connect(lambda download, _: view.announce_download(download))
    program.imports.changed.connect(entry.set_preparations)
    program.imports.progress.connect(entry.set_preparation_progress)
    program.imports.problem.connect(problems.show)


def _connect_dialogs(program: Program) -> None:
    """What is asked for is made by its desk only then."""
    view, desks = program.view, program.desks
    view.find_model_requested.connect(lambda: desks.models.choose_model())
    view.library_requested.connect(lambda: desks.models.show_library())
    view.downloads_requested.connect(lambda: desks.models.show_downloads())
    view.folder_dropped.connect(lambda folder: desks.models.import_folder(folder))
    view.settings_requested.connect(lambda: desks.settings.show_settings())
    view.about_requested.connect(lambda: desks.updates.show_about())
    view.presets_requested.connect(lambda: desks.settings.show_presets())
    view.export_requested.connect(lambda summary, form: desks.exchange.export(summary, form))
    view.sidebar.export_requested.connect(lambda ids: desks.exchange.export_several(ids))
    view.page.header.export_all_requested.connect(lambda: desks.exchange.export_all())
    view.page.header.import_requested.connect(lambda: desks.exchange.show_import())
    view.backups_requested.connect(lambda: desks.data.show_backups())
    view.move_data_requested.connect(lambda: desks.data.show_move())
    view.salvage_requested.connect(lambda: desks.data.salvage())
    program.backups.problem.connect(view.page.problems.show)
