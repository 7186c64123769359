"""Opens the settings and the presets' editor over the window; made when one of them is first asked for.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.core.data.data_errors import DataFolderPortable
from app.core.paths import Folders, Home
from app.core.program.setting import Page
from app.services.chat_session import ChatSession
from app.services.engine_host import EngineHost
from app.services.network_ledger import NetworkLedger
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary
from app.services.prompt_preview import PromptPreview
from app.ui.main_view import MainView
from app.ui.presets.editor import PresetEditor
from app.ui.settings.actions import ActionRow
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.ledger import LedgerView
from app.ui.settings.page import Row


class SettingsDesk(QObject):
    """One window of each kind; it keeps its place until the program ends."""

    def __init__(
        self,
        view: MainView,
        session: ChatSession,
        preferences: Preferences,
        presets: PresetLibrary,
        preview: PromptPreview,
        engine: EngineHost,
        ledger: NetworkLedger,
        folders: Folders,
    ) -> None:
        super().__init__(view)
        self._view = view
        self._session = session
        self._preferences = preferences
        self._presets = presets
        self._preview = preview
        self._engine = engine
        self._ledger = ledger
        self._folders = folders

    def show_settings(self, page: Page | None = None, key: str = "") -> SettingsDialog:
        """Bring the settings to the front, at a page or at one setting."""
        if page is not None:
            self.settings.show_page(page)
        self._ledger.refresh()
        self.settings.show()
        if key:
            self.settings.show_setting(key)
        self.settings.raise_()
        self.settings.activateWindow()
        return self.settings

    def show_presets(self) -> PresetEditor:
        """Bring the presets to the front, at the one that is in use."""
        self.editor.begin(self._session.preset.preset.name if self._session.preset else "")
        self.editor.show()
        self.editor.raise_()
        self.editor.activateWindow()
        return self.editor

    @cached_property
    def settings(self) -> SettingsDialog:
        """The settings' window."""
        dialog = SettingsDialog(self._preferences, self._rows(), self._view.window())
        dialog.set_presets(self._presets.presets)
        self._presets.changed.connect(dialog.set_presets)
        return dialog

    @cached_property
    def editor(self) -> PresetEditor:
        """The presets' window."""
        return PresetEditor(self._presets, self._preview, self._engine, self._preferences, self._view.window())

    def _rows(self) -> dict[Page, list[Row]]:
        """What stands on the pages besides settings."""
        presets = ActionRow(
            self.tr("Presets"),
            self.tr("System prompts with their own sampling: make, change, share."),
            self.tr("Edit presets…"),
            self.show_presets,
        )
        models = ActionRow(
            self.tr("Models on this machine"),
            self.tr("What lies in these folders, and what other programs have."),
            self.tr("Show…"),
            self._view.library_requested.emit,
        )
        ledger = LedgerView()
        ledger.clear_requested.connect(self._ledger.clear)
        self._ledger.changed.connect(ledger.set_entries)
        return {
            Page.BEHAVIOUR: [presets],
            Page.MODELS: [models],
            Page.PRIVACY: [ledger],
            Page.DATA: [self._place_row(), *self._chat_rows(), *self._folder_rows()],
        }

    def _place_row(self) -> Row:
        """Where the data is; it can be moved, unless it belongs to a portable Parley."""
        name, place = self.tr("Data folder"), str(self._folders.data)
        if self._folders.home is not Home.PORTABLE:
            return ActionRow(name, place, self.tr("Move…"), self._view.move_data_requested.emit)
        remark = str(DataFolderPortable(folder=place))
        return ActionRow(name, remark, self.tr("Open folder"), self._open(self._folders.data))

    def _chat_rows(self) -> list[Row]:
        """Where chats are copied to and brought from."""
        view = self._view
        backups = ActionRow(
            self.tr("Backups"),
            self.tr("A copy of all chats is made every day. Go back to one, or make one now."),
            self.tr("Backups…"),
            view.backups_requested.emit,
        )
        export = ActionRow(
            self.tr("Export all chats"),
            self.tr("As JSON with everything, as Markdown, as web pages or as PDFs, in one file."),
            self.tr("Export…"),
            view.page.header.export_all_requested.emit,
        )
        bring = ActionRow(
            self.tr("Import chats"),
            self.tr("From Parley, ChatGPT, Claude, Open WebUI, LM Studio, Jan or GPT4All."),
            self.tr("Import…"),
            view.page.header.import_requested.emit,
        )
        return [backups, export, bring]

    def _folder_rows(self) -> list[Row]:
        """Folders to look into."""
        named = ((self.tr("Settings file"), self._folders.config), (self.tr("Logs"), self._folders.logs))
        return [ActionRow(name, str(folder), self.tr("Open folder"), self._open(folder)) for name, folder in named]

    @staticmethod
    def _open(folder: Path) -> Callable[[], object]:
        return lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
