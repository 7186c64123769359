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
    from app.bootstrap.program import Program
    from app.ui.exchange.desk import ExchangeDesk
    from app.ui.models.desk import ModelDesk
    from app.ui.settings.desk import SettingsDesk
    from app.ui.update_desk import UpdateDesk


class Desks:
    """One of each kind, for as long as the window is open."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @cached_property
    def models(self) -> ModelDesk:
        """The picker, the library and the downloads."""
        from app.ui.models.desk import ModelDesk

        program = self._program
        ground, engines, models = program.ground, program.engines, program.models
        made = ModelDesk(
            program.view,
            program.window.theme,
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
        program.window.closing.connect(made.shutdown)
        return made

    @cached_property
    def exchange(self) -> ExchangeDesk:
        """Export and import of conversations."""
        from app.ui.exchange.desk import ExchangeDesk

        program = self._program
        made = ExchangeDesk(program.chats.exchange, program.window)
        made.exported_one.connect(program.view.announce_export)
        made.imported.connect(program.chats.conversations.refresh)
        made.problem.connect(program.view.page.problems.show)
        return made

    @cached_property
    def data(self) -> DataDesk:
        """Backups, salvage and the data folder."""
        from app.bootstrap.data_desk import DataDesk

        window, ground = self._program.window, self._program.ground
        return DataDesk(window, ground.backups, ground.data_folder, os.environ, window.leave_for)

    @cached_property
    def settings(self) -> SettingsDesk:
        """The settings and the presets' editor."""
        from app.ui.settings.desk import SettingsDesk

        program, ground, chats = self._program, self._program.ground, self._program.chats
        folders = ground.data_folder.folders
        ledger = NetworkLedger(folders.logs, ground.relay, program.window)
        program.window.closing.connect(ledger.shutdown)
        return SettingsDesk(
            program.view,
            chats.session,
            ground.preferences,
            chats.presets,
            program.tools.preview,
            program.engines.engine,
            ledger,
            folders,
        )

    @cached_property
    def updates(self) -> UpdateDesk:
        """About Parley, and its newer versions, if this build knows where to look for them."""
        from app.services.updates import Updates
        from app.ui.update_desk import UpdateDesk

        program, ground = self._program, self._program.ground
        source, updates = update_source(), None
        if source is not None:
            updates = Updates(
                ground.starter(ChildRole.UPDATE),
                ground.relay,
                ground.preferences,
                source,
                __version__,
                Installation.of(),
                program.window,
            )
        made = UpdateDesk(program.window, updates, program.view.page.toast.offer)
        program.window.closing.connect(made.shutdown)
        return made
