"""Brings the sidebar and the services behind it together.

Window process, interface thread. Intents go down, state comes up; nothing is decided here but which
conversation is to be shown.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder, Listing, Shelf
from app.core.chat.search import Hit
from app.core.errors import ParleyError
from app.services.chat_session import ChatSession
from app.services.conversation_list import ConversationList
from app.services.conversation_pages import ConversationPages
from app.services.conversation_search import ConversationSearch
from app.services.model_library import ModelLibrary
from app.services.new_chats import NewChats
from app.services.presets import PresetLibrary
from app.services.undo import Deed
from app.ui.chat.chat_page import ChatPage
from app.ui.sidebar.model import Answer
from app.ui.sidebar.rows import Content
from app.ui.sidebar.sidebar import Sidebar
from app.ui.transcript.widget.jump import Jump


class SidebarDesk(QObject):
    """Follows the list, the folders that are open, the archive, the trash and the search."""

    def __init__(
        self,
        sidebar: Sidebar,
        session: ChatSession,
        conversations: ConversationList,
        search: ConversationSearch,
        library: ModelLibrary,
        presets: PresetLibrary,
        page: ChatPage,
        new_chats: NewChats,
    ) -> None:
        super().__init__(sidebar)
        self._sidebar = sidebar
        self._session = session
        self._list = conversations
        self._search = search
        self._presets = presets
        self._page = page
        self._new_chats = new_chats
        self._folders: list[Folder] = []
        self._folder_pages: dict[int, ConversationPages] = {}
        self._open_folders: set[int] = set()
        self._contents: dict[int, Content] = {}
        self._elsewhere = frozenset[int]()
        self._sought: Hit | None = None
        self._to_name: int | None = None
        self._left: int | None = None
        self._jump = Jump(page.transcript)
        self._archive = conversations.pages(Listing(Shelf.ARCHIVE))
        self._trash = conversations.pages(Listing(Shelf.TRASH))
        self._follow_list()
        self._follow_shelves()
        self._follow_search()
        library.changed.connect(lambda files: sidebar.set_models([file.identity.name for file in files]))
        self._connect_deeds()
        self._connect_menus()

    def _follow_list(self) -> None:
        sidebar, listed = self._sidebar, self._list
        listed.changed.connect(lambda found: sidebar.set_conversations(found, more=listed.has_more))
        listed.extended.connect(lambda found: sidebar.extend(found, more=listed.has_more))
        sidebar.more_requested.connect(listed.load_more)
        listed.folders_changed.connect(self._set_folders)
        listed.folder_made.connect(self._name_soon)
        listed.answered_elsewhere.connect(self._set_elsewhere)
        listed.trashed.connect(self._leave_trashed)
        listed.brought_back.connect(self._return)
        listed.undo.pushed.connect(self._offer_undo)
        listed.undo.undone.connect(lambda _: self._page.say(self.tr("Taken back")))
        listed.made.connect(lambda copy: self._session.open(copy.id))
        self._session.answering_changed.connect(lambda _: self._show_answers())
        self._session.conversation_changed.connect(lambda _: self._show_answers())
        sidebar.fold_requested.connect(self._fold)
        sidebar.folder_more_requested.connect(lambda number: self._pages_of(number).load_more())

    def _follow_shelves(self) -> None:
        sidebar, archive, trash = self._sidebar, self._archive, self._trash
        archive.changed.connect(lambda found: sidebar.set_archive(found, more=archive.has_more))
        archive.extended.connect(lambda found: sidebar.archive_model.extend(found, more=archive.has_more))
        sidebar.archive_model.more_requested.connect(archive.load_more)
        sidebar.archive_shown.connect(lambda shown: archive.refresh() if shown else archive.put_away())
        trash.changed.connect(lambda found: sidebar.trash.set_conversations(found, more=trash.has_more))
        trash.changed.connect(lambda _: self._list.refresh_trashed_parts())
        trash.extended.connect(lambda found: sidebar.trash.extend(found, more=trash.has_more))
        sidebar.trash.model.more_requested.connect(trash.load_more)
        sidebar.trash_shown.connect(lambda shown: trash.refresh() if shown else trash.put_away())
        self._list.trashed_parts_changed.connect(sidebar.trash.set_parts)
        sidebar.trash.restore_wanted.connect(self._list.restore)
        sidebar.trash.part_restore_wanted.connect(self._list.restore_part)
        sidebar.trash.forget_wanted.connect(self._list.forget)
        sidebar.trash.empty_wanted.connect(self._list.empty_trash)

    def _follow_search(self) -> None:
        sidebar = self._sidebar

        def failed(error: ParleyError) -> None:
            sidebar.found.failed()
            self._page.problems.show(error)

        sidebar.search_wanted.connect(self._search.search)
        sidebar.hit_chosen.connect(self._go_to)
        self._search.found.connect(lambda query, result: sidebar.found.show_result(query, result))
        self._search.problem.connect(failed)
        self._session.message_found.connect(self._show_hit)

    def _connect_deeds(self) -> None:
        sidebar, listed = self._sidebar, self._list
        sidebar.rename_requested.connect(listed.rename)
        sidebar.folder_rename_requested.connect(listed.rename_folder)
        sidebar.folder_delete_requested.connect(listed.delete_folder)

    def _connect_menus(self) -> None:
        menus, listed = self._sidebar.menus, self._list
        menus.pin_wanted.connect(listed.pin)
        menus.archive_wanted.connect(listed.archive)
        menus.file_wanted.connect(self._file)
        menus.new_folder_wanted.connect(self._make_folder)
        menus.duplicate_wanted.connect(listed.duplicate)
        menus.trash_wanted.connect(listed.trash)
        menus.folder_move_wanted.connect(listed.move_folder)
        menus.new_here_wanted.connect(self._begin_in)
        menus.preset_wanted.connect(self._presets.set_for_folder)
        self._presets.changed.connect(lambda found: menus.set_presets(found, self._presets.of_folders))

    def _set_folders(self, folders: list[Folder]) -> None:
        known = {folder.id for folder in folders}
        for gone in self._open_folders - known:
            self._close(gone)
        self._folders = folders
        self._show_folders()
        if self._to_name in known:
            self._sidebar.rename_folder(self._to_name)
            self._to_name = None

    def _show_folders(self) -> None:
        self._sidebar.set_folders(self._folders, self._contents)

    def _fold(self, folder_id: int, is_open: bool) -> None:
        if not is_open:
            self._close(folder_id)
            self._show_folders()
        elif folder_id not in self._open_folders:
            self._open_folders.add(folder_id)
            self._pages_of(folder_id).refresh()

    def _pages_of(self, folder_id: int) -> ConversationPages:
        """What is in a folder; kept for its next opening, since its reading may be under way when it is closed."""
        if folder_id not in self._folder_pages:
            pages = self._folder_pages[folder_id] = self._list.pages(Listing(folder_id=folder_id))
            pages.changed.connect(lambda found: self._set_content(folder_id, found))
            pages.extended.connect(lambda found: self._extend_content(folder_id, found))
        return self._folder_pages[folder_id]

    def _close(self, folder_id: int) -> None:
        self._open_folders.discard(folder_id)
        self._contents.pop(folder_id, None)
        self._pages_of(folder_id).put_away()

    def _extend_content(self, folder_id: int, found: list[ConversationSummary]) -> None:
        if folder_id in self._contents:
            self._set_content(folder_id, [*self._contents[folder_id].conversations, *found])

    def _set_content(self, folder_id: int, conversations: list[ConversationSummary]) -> None:
        if folder_id in self._open_folders:
            self._contents[folder_id] = Content(conversations, self._pages_of(folder_id).has_more)
            self._show_folders()

    def _make_folder(self, parent_id: int | None, ids: list[int]) -> None:
        if parent_id is not None:
            self._fold(parent_id, True)
        self._list.create_folder(self.tr("New folder"), parent_id, ids)

    def _begin_in(self, folder_id: int) -> None:
        self._fold(folder_id, True)
        self._new_chats.begin_in(folder_id)

    def _name_soon(self, folder: Folder) -> None:
        self._to_name = folder.id

    def _file(self, ids: list[int], folder_id: int | None) -> None:
        self._list.file(ids, folder_id)
        if folder_id is not None:
            self._fold(folder_id, True)

    def _set_elsewhere(self, ids: frozenset[int]) -> None:
        self._elsewhere = ids
        self._show_answers()

    def _show_answers(self) -> None:
        answers = dict.fromkeys(self._elsewhere, Answer.ELSEWHERE)
        shown, answering = self._session.conversation, self._session.answering_id
        if answering is not None and (shown is None or shown.summary.id != answering):
            answers[answering] = Answer.HERE
        self._sidebar.set_answers(answers)

    def _leave_trashed(self, ids: list[int]) -> None:
        shown, focused = self._session.conversation, QApplication.focusWidget()
        if shown is not None and shown.summary.id in ids:
            self._left = shown.summary.id
            self._new_chats.begin()
            if focused is not None and self._sidebar.isAncestorOf(focused):
                focused.setFocus(Qt.FocusReason.OtherFocusReason)

    def _return(self, ids: list[int]) -> None:
        """Show the chat again that was left when it was deleted, if nothing else is shown by now."""
        is_empty = self._session.conversation is None and not self._session.is_answering
        if self._left is not None and self._left in ids and is_empty:
            self._session.open(self._left)

    def _offer_undo(self, deed: Deed) -> None:
        done = {
            Deed.TRASHED: self.tr("Moved to the trash"),
            Deed.ARCHIVED: self.tr("Archived"),
            Deed.UNARCHIVED: self.tr("Taken out of the archive"),
            Deed.FILED: self.tr("Moved"),
            Deed.FOLDER_MOVED: self.tr("Folder moved"),
            Deed.FOLDER_DELETED: self.tr("Folder deleted; its chats are kept"),
        }.get(deed)
        if done is not None:
            self._page.toast.offer(done, self.tr("Undo"), self._list.undo.undo)

    def _go_to(self, hit: Hit) -> None:
        self._sought = hit
        self._session.open(hit.conversation.id, hit.message_id)

    def _show_hit(self, message_id: int) -> None:
        hit, self._sought = self._sought, None
        if hit is not None and hit.message_id == message_id:
            self._jump.to(hit)
