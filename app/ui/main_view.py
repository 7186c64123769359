"""What the window holds: sidebar and chat page side by side, and what belongs to both.

Window process, interface thread. It only assembles; what is slow happens in the services.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QPushButton, QSplitter, QToolButton, QWidget

from app.core.catalog.downloads import Download
from app.core.chat.conversations import Conversation
from app.core.chat.presets import StoredPreset
from app.core.data.exchange import ExportFormat
from app.core.errors import ParleyError
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools
from app.services.conversation_list import ConversationList
from app.services.engine_host import EngineHost
from app.services.machine_probe import MachineProbe
from app.services.model_library import ModelLibrary
from app.services.new_chats import NewChats
from app.services.preferences import Preferences
from app.services.presets import PresetLibrary
from app.ui.chat.chat_page import ChatPage
from app.ui.dropped import dropped
from app.ui.model_choice import ModelChoice
from app.ui.notifications import Attention, desktop_notifiers
from app.ui.presets.chooser import PresetChooser
from app.ui.shortcuts import Shortcuts, listed
from app.ui.sidebar.sidebar import Sidebar
from app.ui.theme import Appearance, ThemeSource

NARROW = 760
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
READING_ACTS = ("find", "find_next", "find_previous", "zoom_in", "zoom_out", "zoom_reset", "print")


class MainView(QSplitter):
    """Sidebar and page; what is dropped on them, and the keys that work everywhere."""

    find_model_requested = Signal()
    downloads_requested = Signal()
    folder_dropped = Signal(object)  # Path
    library_requested = Signal()
    settings_requested = Signal()
    about_requested = Signal()
    presets_requested = Signal()
    backups_requested = Signal()
    move_data_requested = Signal()
    salvage_requested = Signal()
    export_requested = Signal(object, ExportFormat)  # ConversationSummary

    def __init__(
        self,
        session: ChatSession,
        engine: EngineHost,
        conversations: ConversationList,
        library: ModelLibrary,
        preferences: Preferences,
        probe: MachineProbe,
        presets: PresetLibrary,
        new_chats: NewChats,
        tools: ChatTools,
        theme: ThemeSource,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._conversations = conversations
        self._library = library
        self._preferences = preferences
        self._presets = presets
        self._new_chats = new_chats
        self._tools = tools
        self._theme = theme
        self._attention = Attention(self, desktop_notifiers(self))
        self.sidebar = Sidebar()
        self.page = ChatPage(session, engine, tools, theme.theme)
        self.models = ModelChoice(self.page, engine, library, probe, tools.preview)
        self.shortcuts = Shortcuts(preferences, self)
        self._assemble()
        self._connect_sidebar()
        self._connect_page()
        self._add_shortcuts()
        self._show_title()

    def announce_download(self, download: Download) -> None:
        """Say that a download is done; the window asks for attention if it has none."""
        text = self.tr("{name} is downloaded and verified.").format(name=download.name)
        self.page.say(text)
        self._attention.ask(self.tr("Download done"), text)

    def announce_export(self, path: str) -> None:
        """Say that a chat was written."""
        self.page.say(self.tr("Exported to {name}").format(name=Path(path).name))

    def close_down(self) -> None:
        """Remember the sidebar's width and the chat, and end what runs beside the window."""
        shown = self._session.conversation
        self._remember("chat.last", shown.summary.id if shown and not shown.summary.is_temporary else 0)
        if self.sidebar.isVisible():
            self._remember("window.sidebar_width", self.sidebar.width())
        self.models.shutdown()

    def show_bug(self, error: ParleyError) -> None:
        """Tell of an error nobody foresaw; the window lives on."""
        self.page.problems.show(error)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the sidebar away where there is no room for it."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW
        if narrow != (event.oldSize().width() < NARROW) or not event.oldSize().isValid():
            self._show_sidebar(not narrow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, Enter on a button, and the letters of the next message, when nothing that has the focus took them."""
        focused = QApplication.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.page.stop_or_dismiss()
        elif event.key() in _ENTER and not event.isAutoRepeat() and isinstance(focused, QPushButton | QToolButton):
            focused.click()
        elif not self.page.take_key(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, and say what becomes of them."""
        what = dropped(event.mimeData())
        if what is not None:
            event.acceptProposedAction()
            self.page.drop_hint.show_drop(what)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They go elsewhere."""
        self.page.drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a model, or import the folder of one; any other files go along with the next message."""
        self.page.drop_hint.hide()
        what = dropped(event.mimeData())
        if what is None:
            return
        event.acceptProposedAction()
        if what.folder is not None:
            self.folder_dropped.emit(what.folder)
        elif what.model is not None:
            self._library.open(what.model)
        else:
            self.page.attach(what.files)

    def _assemble(self) -> None:
        self.setAcceptDrops(True)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(self.sidebar)
        self.addWidget(self.page)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        width = int(self._preferences.get("window.sidebar_width"))
        self.setSizes([width, 1280 - width])
        self.page.header.set_appearance(self._theme.appearance)
        self._apply_send_key()

    def _connect_sidebar(self) -> None:
        sidebar = self.sidebar
        sidebar.new_requested.connect(self._new_chat)
        sidebar.open_requested.connect(self._open_conversation)
        sidebar.downloads_requested.connect(self.downloads_requested)
        self._conversations.stale.connect(self._session.read_title)
        self._session.titled.connect(self._show_title)
        self._conversations.problem.connect(self.page.problems.show)
        self._session.conversation_changed.connect(self._on_conversation)

    def _connect_page(self) -> None:
        page, header = self.page, self.page.header
        page.start.find_requested.connect(self.find_model_requested)
        page.problems.find_model_requested.connect(self.find_model_requested)
        header.model.find_requested.connect(self.find_model_requested)
        header.model.library_requested.connect(self.library_requested)
        page.problems.retry_storage_requested.connect(self._conversations.reopen)
        page.problems.backups_requested.connect(self.backups_requested)
        page.problems.salvage_requested.connect(self.salvage_requested)
        header.renamed.connect(self._rename)
        header.sidebar_requested.connect(lambda: self._show_sidebar(True))
        header.appearance_chosen.connect(self._choose_appearance)
        header.shortcuts_requested.connect(self._show_shortcuts)
        header.set_help_keys(partial(self.shortcuts.keys, "help"))
        header.about_requested.connect(self.about_requested)
        header.settings_requested.connect(self.settings_requested)
        header.preset.manage_requested.connect(self.presets_requested)
        self.sidebar.settings_requested.connect(self.settings_requested)
        chooser = PresetChooser(header.preset, self._session, self._presets, self)
        chooser.told.connect(page.say)
        page.preset_chosen.connect(
            lambda reply_id, stored: chooser.choose(stored, lambda: self._session.retry(reply_id))
        )
        header.export_requested.connect(self._export)
        header.compare_requested.connect(self._compare)
        header.temporary_requested.connect(lambda wanted: self._new_chat(temporary=wanted))
        self._presets.changed.connect(self._show_presets)
        self._presets.problem.connect(page.problems.show)
        self._theme.changed.connect(page.set_theme)
        self._preferences.changed.connect(self._on_preference)
        self._preferences.problem.connect(page.problems.show)
        if self._preferences.notice is not None:
            page.problems.show(self._preferences.notice)

    def _add_shortcuts(self) -> None:
        acts = {
            "new_chat": self._new_chat,
            "temporary_chat": lambda: self._new_chat(temporary=True),
            "undo": self._tools.undo.undo,
            "attach": self.page.choose_files,
            "retry": self.page.retry_last,
            "compare": self._compare,
            "search": self._search,
            "open_file": self.models.choose_file,
            "find_model": self.find_model_requested.emit,
            "copy_reply": self.page.copy_last_reply,
            "presets": self.presets_requested.emit,
            "settings": self.settings_requested.emit,
            "help": self._show_shortcuts,
            "quit": lambda: self.window().close(),
        }
        for name, act in acts.items():
            self.shortcuts.add(name, act)
        for name in READING_ACTS:
            self.shortcuts.add(name, partial(self._read, name))
        # Where + is above =, this is what is pressed for Ctrl++.
        QShortcut(QKeySequence("Ctrl+="), self).activated.connect(partial(self._read, "zoom_in"))

    def _read(self, name: str) -> None:
        """Do something with the conversation as it is read, if there is one."""
        if self._session.conversation is not None:
            self.page.reading.acts()[name]()

    def _compare(self) -> None:
        """Compare models or presets; what is written already is what they are asked."""
        self.page.compare.open_setup(self.page.composer.text())

    def _new_chat(self, *, temporary: bool | None = None) -> None:
        self._new_chats.begin(temporary=temporary)
        self._leave_drawer()

    def _open_conversation(self, conversation_id: int) -> None:
        self._session.open(conversation_id)
        self._leave_drawer()

    def _on_conversation(self, conversation: Conversation | None) -> None:
        self.sidebar.set_open(conversation.summary.id if conversation else None)
        self._show_title(conversation.summary.title if conversation else "")

    def _rename(self, title: str) -> None:
        shown = self._session.conversation
        if shown is not None:
            self._show_title(title)
            if not shown.summary.is_temporary:
                self._conversations.rename(shown.summary.id, title)

    def _export(self, form: ExportFormat) -> None:
        shown = self._session.conversation
        if shown is not None:
            self.export_requested.emit(shown.summary, form)

    def _show_title(self, title: str = "") -> None:
        self.page.header.set_title(title, stored=self._session.conversation is not None)
        self.window().setWindowTitle(self.tr("{title} — Parley").format(title=title) if title else "Parley")

    def _search(self) -> None:
        self._show_sidebar(True)
        self.sidebar.focus_search()

    def _leave_drawer(self) -> None:
        if self.width() < NARROW:
            self._show_sidebar(False)

    def _show_sidebar(self, shown: bool) -> None:
        self.sidebar.setVisible(shown)
        self.page.header.set_sidebar_away(not shown)

    def _show_presets(self, presets: list[StoredPreset]) -> None:
        self.page.choices.presets = presets

    def _choose_appearance(self, appearance: Appearance) -> None:
        self._remember("appearance.theme", appearance.value)

    def _on_preference(self, key: str, value: object) -> None:
        if key == "appearance.theme":
            self.page.header.set_appearance(Appearance(str(value)))
        elif key == "chat.send_with":
            self._apply_send_key()

    def _apply_send_key(self) -> None:
        self.page.composer.set_send_with_enter(self._preferences.get("chat.send_with") == "enter")

    def _remember(self, key: str, value: object) -> None:
        try:
            self._preferences.set(key, value)
        except ParleyError as error:
            self.page.problems.show(error)

    def _show_shortcuts(self) -> None:
        from app.ui.help import ShortcutsDialog

        fixed = (
            ("Esc", self.tr("Stop the reply")),
            ("Alt+Up, Alt+Down", self.tr("Go through the messages")),
            ("Menu", self.tr("What can be done with a message or a chat")),
            ("F2", self.tr("Edit the message, or rename the chat")),
            ("Del", self.tr("Delete the message or the chat")),
        )
        shortcuts = [*listed(self._preferences), *fixed]
        ShortcutsDialog(shortcuts, self).open()
