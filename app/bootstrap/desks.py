"""The desks behind the larger dialogs; each is imported and made when it is first asked for.

Window process, interface thread.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from app import __version__
from app.core.program.updates import Installation, update_source
from app.core.protocol import ChildRole
from app.services.network_ledger import NetworkLedger

if TYPE_CHECKING:
    from app.bootstrap.data_desk import DataDesk
    from app.bootstrap.parts import Parts
    from app.ui.exchange.desk import ExchangeDesk
    from app.ui.models.desk import ModelDesk
    from app.ui.settings.desk import SettingsDesk
    from app.ui.update_desk import UpdateDesk


class Desks:
    """One of each kind, for as long as the window is open."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def models(self) -> ModelDesk:
        """The picker, the library and the downloads."""
        from app.ui.models.desk import ModelDesk

        parts = self._parts
        ground, engines, models = parts.ground, parts.engines, parts.models
        made = ModelDesk(
            parts.view,
            parts.window.theme,
            models.hub,
            models.fetch,
            models.downloads,
            models.imports,
            engines.probe,
            engines.engine,
            engines.measurements,
            models.disk,
            models.library,
            ground.preferences,
            ground.starter(ChildRole.PROBE),
            ground.relay,
        )
        parts.window.closing.connect(made.shutdown)
        made.settings_requested.connect(lambda key: made.go_on_after(self.settings.show_settings(key=key)))
        return made

    @cached_property
    def exchange(self) -> ExchangeDesk:
        """Export and import of conversations."""
        from app.ui.exchange.desk import ExchangeDesk

        parts = self._parts
        made = ExchangeDesk(parts.chats.exchange, parts.window)
        made.exported_one.connect(parts.view.announce_export)
        made.imported.connect(parts.chats.conversations.refresh)
        made.problem.connect(parts.view.page.problems.show)
        return made

    @cached_property
    def data(self) -> DataDesk:
        """Backups, salvage and the data folder."""
        from app.bootstrap.data_desk import DataDesk

        window, ground = self._parts.window, self._parts.ground
        return DataDesk(window, ground.backups, ground.data_folder, os.environ, window.leave_for)

    @cached_property
    def settings(self) -> SettingsDesk:
        """The settings and the presets' editor."""
        from app.ui.settings.desk import SettingsDesk

        parts, ground, chats = self._parts, self._parts.ground, self._parts.chats
        folders = ground.data_folder.folders
        ledger = NetworkLedger(folders.logs, ground.relay, parts.window)
        parts.window.closing.connect(ledger.shutdown)
        return SettingsDesk(
            parts.view,
            chats.session,
            ground.preferences,
            chats.presets,
            parts.tools.preview,
            parts.engines.engine,
            ledger,
            folders,
        )

    @cached_property
    def updates(self) -> UpdateDesk:
        """About Parley, and its newer versions, if this build knows where to look for them."""
        from app.services.updates import Updates
        from app.ui.update_desk import UpdateDesk

        parts, ground = self._parts, self._parts.ground
        source, updates = update_source(), None
        if source is not None:
            updates = Updates(
                ground.starter(ChildRole.UPDATE),
                ground.relay,
                ground.preferences,
                source,
                __version__,
                Installation.of(),
                parts.window,
            )
        made = UpdateDesk(parts.window, updates, parts.view.page.toast.offer)
        parts.window.closing.connect(made.shutdown)
        return made
