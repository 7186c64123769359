"""What happens with the messages that are read: branches, editing in place, menus, keys, details.

Window process, interface thread. Made with the transcript, when the first conversation is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from app.core.chat.attachments import Attachment, split_attachments, with_attachments
from app.core.chat.conversations import Conversation, StoredMessage
from app.core.engine.messages import Role
from app.core.program.guide_links import guide_link
from app.core.sizes import format_count
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools
from app.services.token_counter import TokenCount
from app.ui.chat.message_editor import MessageEditor
from app.ui.chat.message_menu import MessageMenu
from app.ui.chat.reading import ReadingPane
from app.ui.icons import icon
from app.ui.transcript.rows.row import Action, Branch
from app.ui.transcript.words import words

_REST_MS = 150


class ReadingDesk(QObject):
    """Connects the transcript with the session and its tree."""

    place_requested = Signal(object)  # GuideLink
    left = Signal()  # a message was edited: what comes next is a new one
    sent_instead = Signal(int, str)  # id of the user's message, what is to be sent beside it

    def __init__(self, pane: ReadingPane, session: ChatSession, tools: ChatTools, menu: MessageMenu) -> None:
        super().__init__(pane)
        self.pane = pane
        self.transcript = transcript = pane.transcript
        self._session = session
        self._tools = tools
        self._tree = tree = tools.tree
        self._pointed: int | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._count)
        session.reply_text.connect(transcript.append_text)
        session.reply_finished.connect(transcript.finish_message)
        session.path_changed.connect(self._show_path)
        session.view_changed.connect(transcript.set_notice_before)
        transcript.link_activated.connect(self._open_link)
        transcript.retry_requested.connect(session.retry)
        transcript.details_requested.connect(self._show_details)
        transcript.file_requested.connect(self._show_file)
        transcript.act_requested.connect(self._act)
        transcript.menu_filled.connect(menu.fill)
        transcript.menu_filled.connect(self._fill)
        transcript.hovered.connect(self._on_hovered)
        tools.counter.model_changed.connect(transcript.forget_costs)
        menu.edit_requested.connect(self.edit)
        self._add_key(Qt.Key.Key_F2, self.edit)
        self._add_key(QKeySequence.StandardKey.Delete, tree.delete_message)

    @cached_property
    def editor(self) -> MessageEditor:
        """Edits a message where it stands."""
        made = MessageEditor(self.transcript)
        made.accepted.connect(self._take_edited)
        made.accepted.connect(lambda: self.left.emit())
        return made

    def show(self, conversation: Conversation) -> None:
        """Show a conversation from its end."""
        path = conversation.path()
        self.transcript.set_branches(_branches(conversation, path))
        self.transcript.set_messages(path)

    def edit(self, message_id: int) -> None:
        """Edit a message where it stands."""
        shown = self._session.conversation
        if shown is not None and message_id in shown and not self._session.is_answering:
            self.editor.begin(shown[message_id])

    def edit_last(self) -> None:
        """Edit the last message that the user wrote."""
        path = self._session.conversation.path() if self._session.conversation else []
        own = [message.id for message in path if message.role is Role.USER]
        if own:
            self.edit(own[-1])

    def _add_key(self, keys: QKeySequence.StandardKey | Qt.Key, act: Callable[[int], object]) -> None:
        """A key for the message that has the focus, or for the last one."""
        shortcut = QShortcut(QKeySequence(keys), self.transcript)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(partial(self._act_on_focus, act))

    def _act_on_focus(self, act: Callable[[int], object]) -> None:
        items, focus = self.transcript.document.items, self.transcript.focus.place
        if items:
            act(items[focus.message if focus is not None else -1].message.id)

    def _act(self, message_id: int, action: Action) -> None:
        match action:
            case Action.OLDER:
                self._tree.walk(message_id, -1)
            case Action.NEWER:
                self._tree.walk(message_id, 1)
            case Action.EDIT:
                self.edit(message_id)
            case Action.CONTINUE:
                self._session.go_on(message_id)
            case Action.UNPIN:
                self._tree.pin(message_id, pinned=False)

    def _fill(self, menu: QMenu, message: StoredMessage) -> None:
        """Add what is done with a message as the model sees it."""
        shown = self._session.conversation
        if shown is None or message.id not in shown:
            return
        menu.addSeparator()
        pinned = shown[message.id].pinned
        text = self.tr("Unpin from the context") if pinned else self.tr("Pin into the context")
        pin = menu.addAction(icon("pin", menu), text, lambda: self._tree.pin(message.id, pinned=not pinned))
        pin.setEnabled(not self._session.is_answering)
        pin.setToolTip(self.tr("The model sees a pinned message, with its turn, however long the chat becomes."))
        menu.addAction(self.tr("Details…"), lambda: self._show_details(message.id))

    def _on_hovered(self, message_id: int) -> None:
        """Say what a message costs once the pointer rests on it."""
        self._pointed = message_id
        self._rest.start()

    def _count(self) -> None:
        shown, number = self._session.conversation, self._pointed
        if shown is None or number is None or number not in shown or shown[number].role is not Role.USER:
            return
        self._tools.counter.count(shown[number].text, lambda found: self.transcript.set_cost(number, cost_words(found)))

    def _take_edited(self, message_id: int, text: str) -> None:
        shown = self._session.conversation
        if shown is None or message_id not in shown:
            return
        message = shown[message_id]
        if message.role is Role.USER:
            files, _ = split_attachments(message.text)
            self.sent_instead.emit(message_id, with_attachments(text, files))
        elif text != message.text:
            self._tree.edit_reply(message_id, text)

    def _show_path(self, path: list[StoredMessage]) -> None:
        if self._session.conversation is not None:
            self.transcript.set_branches(_branches(self._session.conversation, path))
            self.transcript.show_path(path)

    def _show_details(self, message_id: int) -> None:
        from app.ui.details import DetailsDialog

        shown = self._session.conversation
        if shown is not None and message_id in shown:
            parent_id = shown[message_id].parent_id
            path = [] if parent_id is None else shown.path(parent_id)
            DetailsDialog(shown[message_id], path, self._tools, self.transcript.window()).open()

    def _show_file(self, attachment: Attachment) -> None:
        from app.ui.text_dialog import TextDialog

        intro = self.tr("As the model reads it.")
        TextDialog(attachment.name, intro, attachment.text, self.transcript.window()).open()

    def _open_link(self, target: str) -> None:
        place = guide_link(target)
        if place is not None:
            self.place_requested.emit(place)
            return
        from app.ui.links import ask_to_open

        ask_to_open(target, self.transcript.window())


def cost_words(found: TokenCount) -> str:
    """What a text takes of the context; an estimate says so."""
    text = words("{0} tokens") if found.is_exact else words("about {0} tokens")
    return text.format(format_count(found.tokens))


def _branches(conversation: Conversation, path: list[StoredMessage]) -> dict[int, Branch]:
    """Where a message of the path has others at its place."""
    siblings = {message.id: conversation.siblings(message.id) for message in path}
    return {
        number: Branch(others.index(number) + 1, len(others)) for number, others in siblings.items() if len(others) > 1
    }
