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
    from app.bootstrap.desks import Desks
    from app.bootstrap.parts import Parts

_WATCH_AFTER_MS = 10_000


def connect(parts: Parts, desks: Desks) -> None:
    """Connect everything, once."""
    view, ground = parts.view, parts.ground
    parts.window.closing.connect(view.close_down)
    parts.window.closing.connect(view.page.close_comparisons)
    view.page.set_typesetter(parts.chats.typesetter.ask)
    view.page.header.model.set_guide(parts.guide)
    engine, servers = parts.engines.engine, parts.engines.servers
    desk = ServerDesk(view.page, parts.chats.session, engine, servers, ground.preferences)
    Places(view, desk, lambda: desks.models, lambda: desks.settings)
    _connect_conversations(parts)
    _connect_models(parts)
    _connect_dialogs(parts, desks)
    ground.backups.problem.connect(view.page.problems.show)
    _watch_versions(parts, desks)


def _watch_versions(parts: Parts, desks: Desks) -> None:
    """Look for newer versions while the window is open, where this build knows a place for that."""
    if update_source() is not None:
        QTimer.singleShot(_WATCH_AFTER_MS, parts.window, lambda: desks.updates.watch())


def _connect_conversations(parts: Parts) -> None:
    ground, chats = parts.ground, parts.chats
    conversations, session = chats.conversations, chats.session
    SidebarDesk(
        parts.view.sidebar,
        session,
        conversations,
        chats.search,
        parts.models.library,
        chats.presets,
        parts.view.page,
        chats.new_chats,
    )
    session.conversations_changed.connect(conversations.refresh)
    conversations.changed_elsewhere.connect(session.read_again)
    preferences = ground.preferences
    titles = TitleMaker(
        parts.engines.engine, session, ground.storage, lambda: bool(preferences.get("chat.titles")), session
    )
    titles.made.connect(lambda _: conversations.refresh())


def _connect_models(parts: Parts) -> None:
    engine, models = parts.engines.engine, parts.models
    problems = parts.view.page.problems
    engine.digest.connect(models.library.set_digest)
    models.library.opened.connect(engine.load)
    models.disk.moved.connect(models.library.follow)
    models.disk.moved.connect(engine.follow)
    models.disk.unreadable.connect(problems.show)
    entry = parts.view.sidebar.downloads
    models.downloads.changed.connect(entry.set_downloads)
    models.downloads.progress.connect(entry.set_progress)
    models.downloads.problem.connect(problems.show)
    models.downloads.finished.connect(parts.view.announce_download)
    models.downloads.prepared.connect(lambda download, _: parts.view.announce_download(download))
    models.imports.changed.connect(entry.set_preparations)
    models.imports.progress.connect(entry.set_preparation_progress)
    models.imports.problem.connect(problems.show)


def _connect_dialogs(parts: Parts, desks: Desks) -> None:
    """What is asked for is made by its desk only then."""
    view = parts.view
    view.find_model_requested.connect(lambda: desks.models.choose_model())
    view.library_requested.connect(lambda: desks.models.show_library())
    view.downloads_requested.connect(lambda: desks.models.show_downloads())
    view.folder_dropped.connect(lambda folder: desks.models.import_folder(folder))
    view.settings_requested.connect(lambda: desks.settings.show_settings())
    view.about_requested.connect(lambda: desks.updates.show_about())
    view.presets_requested.connect(lambda: desks.settings.show_presets())
    view.export_requested.connect(lambda summary, form: desks.exchange.export(summary, form))
    view.sidebar.export_requested.connect(lambda chosen: desks.exchange.export_chosen(chosen))
    view.page.header.export_all_requested.connect(lambda: desks.exchange.export_all())
    view.page.header.import_requested.connect(lambda: desks.exchange.show_import())
    view.backups_requested.connect(lambda: desks.data.show_backups())
    view.move_data_requested.connect(lambda: desks.data.show_move())
    view.salvage_requested.connect(lambda: desks.data.salvage())
