"""The column at the left: a new chat, the search field, and below it one of list, search, archive and trash.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder
from app.ui import icons
from app.ui.downloads_entry import DownloadsEntry
from app.ui.search_field import SearchField
from app.ui.sidebar.chosen_bar import ChosenBar
from app.ui.sidebar.conversation_view import ConversationView
from app.ui.sidebar.menus import Menus
from app.ui.sidebar.model import Answer, ConversationModel
from app.ui.sidebar.painting import INSET
from app.ui.sidebar.rows import Content, ConversationRow, FolderRow, MoreRow, Row
from app.ui.sidebar.shelf_panel import ShelfPanel, TrashPanel
from app.ui.sidebar.view import RowView

if TYPE_CHECKING:
    from app.ui.sidebar.search_panel import SearchPanel


class Sidebar(QWidget):
    """New chat, search, conversations, downloads, archive and trash, settings."""

    new_requested = Signal()
    open_requested = Signal(int)
    rename_requested = Signal(int, str)
    folder_rename_requested = Signal(int, str)
    fold_requested = Signal(int, bool)  # folder id, open
    folder_delete_requested = Signal(int)
    folder_more_requested = Signal(int)
    more_requested = Signal()
    archive_shown = Signal(bool)
    trash_shown = Signal(bool)
    search_wanted = Signal(object)  # SearchQuery
    hit_chosen = Signal(object)  # Hit
    export_requested = Signal(list)  # list[ConversationSummary]
    downloads_requested = Signal()
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(200)
        self.menus = Menus(self)
        self._model_names: Sequence[str] = ()
        self._new = icons.LabelledButton("plus", self.tr("New chat"))
        self._new.setProperty("kind", "wide")
        self._new.clicked.connect(self.new_requested)
        self.new_folder = icons.IconButton("new-folder", self.tr("New folder"))
        self.new_folder.clicked.connect(lambda: self.menus.new_folder_wanted.emit(None, []))
        self.search = SearchField(self.tr("Search chats"))
        self.search.textChanged.connect(self._on_words)
        self.search.returnPressed.connect(self._enter_below)
        self.search.installEventFilter(self)
        self._make_panels()
        self.downloads = DownloadsEntry()
        self.downloads.pressed.connect(self.downloads_requested)
        self._settings = icons.LabelledButton("options", self.tr("Settings"))
        self._settings.setProperty("kind", "entry")
        self._settings.clicked.connect(self.settings_requested)
        self.archive_button = icons.IconButton("archive", self.tr("Archive"))
        self.archive_button.clicked.connect(lambda: self._toggle(self.archive))
        self.trash_button = icons.IconButton("trash", self.tr("Trash"))
        self.trash_button.clicked.connect(lambda: self._toggle(self.trash))
        self._connect_list()
        self._lay_out()
        self.set_conversations([])

    @cached_property
    def found(self) -> SearchPanel:
        """What a search finds; made with the first one, so that the window is there sooner."""
        from app.ui.sidebar.search_panel import SearchPanel

        panel = SearchPanel()
        panel.filters.set_folders(self._model.folders)
        panel.filters.add_models(self._model_names)
        panel.search_wanted.connect(self.search_wanted)
        panel.hit_chosen.connect(self.hit_chosen)
        panel.view.left_upwards.connect(self.focus_search)
        panel.view.installEventFilter(self)
        self._stack.addWidget(panel)
        for before, after in pairwise((self.search, *panel.filters.boxes, panel.view)):
            self.setTabOrder(before, after)
        return panel

    @property
    def is_searching(self) -> bool:
        """Whether what was found is shown in the list's place."""
        return "found" in self.__dict__ and self._stack.currentWidget() is self.found

    def set_conversations(self, conversations: Sequence[ConversationSummary], *, more: bool = False) -> None:
        """Show these that are in no folder, and keep the place; `more` when others can be asked for."""
        self._model.set_conversations(conversations, more=more)
        self._show_nothing()

    def extend(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these below the others."""
        self._model.extend(conversations, more=more)

    def set_folders(self, folders: Sequence[Folder], contents: Mapping[int, Content]) -> None:
        """Show these folders; those with a content are open."""
        if folders != self._model.folders and "found" in self.__dict__:
            self.found.filters.set_folders(folders)
        self._model.set_folders(folders, contents)
        self._show_nothing()

    def set_models(self, names: Sequence[str]) -> None:
        """Offer these when a search is narrowed, beside those that it finds."""
        self._model_names = names
        if "found" in self.__dict__:
            self.found.filters.add_models(names)

    def set_archive(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these in the archive."""
        self.archive_model.set_conversations(conversations, more=more)
        self.archive.show_nothing(not conversations)

    def set_open(self, conversation_id: int | None) -> None:
        """Mark the conversation on the page."""
        for model, view in ((self._model, self.view), (self.archive_model, self.archive.view)):
            model.set_open(conversation_id)
            view.make_current(("conversation", conversation_id))

    def set_answers(self, answers: Mapping[int, Answer]) -> None:
        """Mark the conversations in which a reply is being written."""
        self._model.set_answers(answers)
        self.archive_model.set_answers(answers)

    def rename_folder(self, folder_id: int) -> None:
        """Let the user name a folder that is listed."""
        self._show(self._list)
        self.view.edit_row(("folder", folder_id))

    def focus_search(self) -> None:
        """Begin to search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def end_search(self) -> None:
        """Show the list again."""
        self.search.clear()
        self._enter_below()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """From the search field, Down goes to what is below and Esc clears."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.end_search()
                return True
            if event.key() == Qt.Key.Key_Down and watched is self.search:
                self._enter_below()
                return True
        return False

    def _make_panels(self) -> None:
        self._model = ConversationModel(self)
        self.view = ConversationView(self._model)
        self.view.setAccessibleName(self.tr("Chats"))
        self.chosen_bar = ChosenBar()
        self._nothing = QLabel(self.tr("Your chats will be listed here."))
        self._nothing.setProperty("kind", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(INSET, 12, INSET, 0)
        self._list = QWidget()
        column = QVBoxLayout(self._list)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._nothing)
        column.addWidget(self.view, 1)
        column.addWidget(self.chosen_bar)
        self.archive_model = ConversationModel(self)
        nothing = self.tr("The archive is empty. Chats that you archive are out of the way here, and found by search.")
        self.archive = ShelfPanel(self.tr("Archive"), nothing, RowView(self.archive_model))
        self.trash = TrashPanel()
        self._stack = QStackedWidget()
        for panel in (self._list, self.archive, self.trash):
            self._stack.addWidget(panel)

    def _connect_list(self) -> None:
        model, view, menus = self._model, self.view, self.menus
        model.rename_requested.connect(self.rename_requested)
        model.folder_rename_requested.connect(self.folder_rename_requested)
        model.more_requested.connect(self.more_requested)
        self.archive_model.rename_requested.connect(self.rename_requested)
        for each in (view, self.archive.view):
            each.row_activated.connect(self._activate)
            each.left_upwards.connect(self.focus_search)
            each.delete_wanted.connect(self._delete)
            each.menu_wanted.connect(self._show_menu)
        view.fold_wanted.connect(self.fold_requested)
        view.file_wanted.connect(menus.file_wanted)
        view.folder_move_wanted.connect(menus.folder_move_wanted)
        view.choice_changed.connect(lambda: self.chosen_bar.show_count(len(view.chosen_ids)))
        menus.open_wanted.connect(self.open_requested)
        menus.rename_wanted.connect(view.edit_row)
        menus.shift_wanted.connect(view.shift_folder)
        menus.export_wanted.connect(self.export_requested)
        menus.folder_delete_wanted.connect(self.folder_delete_requested)
        bar = self.chosen_bar
        bar.move_wanted.connect(lambda at: menus.show_move(self._chosen(view), model.folders, at))
        bar.archive_wanted.connect(lambda: menus.archive_wanted.emit(view.chosen_ids, True))
        bar.export_wanted.connect(lambda: self.export_requested.emit(self._chosen(view)))
        bar.delete_wanted.connect(self._delete)
        bar.dismissed.connect(lambda: view.choose_only(view.currentIndex()))
        self.archive.left.connect(lambda: self._toggle(self.archive))
        self.trash.left.connect(lambda: self._toggle(self.trash))

    def _lay_out(self) -> None:
        upper = QHBoxLayout()
        upper.setSpacing(4)
        upper.addWidget(self._new, 1)
        upper.addWidget(self.new_folder)
        lower = QHBoxLayout()
        lower.setSpacing(4)
        lower.addWidget(self._settings, 1)
        lower.addWidget(self.archive_button)
        lower.addWidget(self.trash_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(upper)
        column.addWidget(self.search)
        column.addWidget(self._stack, 1)
        column.addWidget(self.downloads)
        column.addLayout(lower)

    def _on_words(self, text: str) -> None:
        if text.strip():
            self._show(self.found)
            self.found.look_for(text.strip())
        elif self.is_searching:
            self._show(self._list)

    def _show(self, panel: QWidget) -> None:
        """Put a panel below the search field, and forget what only the one before needed."""
        before, was_searching = self._stack.currentWidget(), self.is_searching
        if panel is before:
            return
        self._stack.setCurrentWidget(panel)
        if was_searching:
            self.found.end()
            self.search.clear()
        for shelf, shown in ((self.archive, self.archive_shown), (self.trash, self.trash_shown)):
            if shelf in (before, panel):
                shown.emit(panel is shelf)

    def _toggle(self, panel: ShelfPanel) -> None:
        if self._stack.currentWidget() is panel:
            self._show(self._list)
            self.view.enter()
        else:
            self._show(panel)
            panel.enter()

    def _enter_below(self) -> None:
        shown = self._stack.currentWidget()
        if self.is_searching:
            self.found.view.enter()
        elif isinstance(shown, ShelfPanel):
            shown.enter()
        else:
            self.view.enter()

    def _activate(self, row: Row) -> None:
        match row:
            case ConversationRow(conversation):
                self.open_requested.emit(conversation.id)
            case FolderRow(folder, is_open=is_open):
                self.fold_requested.emit(folder.id, not is_open)
            case MoreRow(folder_id):
                self.folder_more_requested.emit(folder_id)

    def _seen_view(self) -> RowView:
        return self.archive.view if self._stack.currentWidget() is self.archive else self.view

    def _chosen(self, view: RowView) -> list[ConversationSummary]:
        return [row.conversation for row in view.chosen if isinstance(row, ConversationRow)]

    def _delete(self) -> None:
        view = self._seen_view()
        row = view.current_row
        if view.chosen_ids:
            self.menus.trash_wanted.emit(view.chosen_ids)
        elif isinstance(row, FolderRow):
            self.folder_delete_requested.emit(row.folder.id)

    def _show_menu(self, at: QPoint) -> None:
        view, folders = self._seen_view(), self._model.folders
        chosen, row = self._chosen(view), view.chosen[0] if view.chosen else None
        if chosen:
            self.menus.show_conversations(chosen, folders, at)
        elif isinstance(row, FolderRow):
            self.menus.show_folder(row.folder, folders, at)
        elif view is self.view:
            self.menus.show_empty(at)

    def _show_nothing(self) -> None:
        self._nothing.setVisible(self._model.rowCount() == 0)
