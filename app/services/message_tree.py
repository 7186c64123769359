"""What is done with the messages of the shown conversation; none of it loses one.

Runs on the window's thread; reads and writes on the database lane.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from app.core.chat.conversations import Conversation, StoredMessage
from app.services.chat_session import ChatSession
from app.services.relay import ignore
from app.services.undo import Deed, UndoStack

if TYPE_CHECKING:
    from app.storage.stores import Stores

_T = TypeVar("_T")


class MessageTree(QObject):
    """Walks between branches, makes new ones, and deletes what can be brought back."""

    branched = Signal()  # a new chat begins with what was read, and is to be shown
    problem = Signal(object)  # ParleyError

    def __init__(self, session: ChatSession, undo: UndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._undo = undo

    def walk(self, message_id: int, step: int) -> None:
        """Read the branch of the next (1) or the last (-1) of the messages that stand at this one's place."""
        shown = self._session.conversation
        if shown is None or message_id not in shown:
            return
        siblings = shown.siblings(message_id)
        place = siblings.index(message_id) + step
        if 0 <= place < len(siblings):
            leaf = shown.leaf_id = shown.leaf_below(siblings[place])
            self._session.show_path()
            number = shown.summary.id
            self._session.storage.call(
                lambda stores: stores.conversations.set_leaf(number, leaf), ignore, self.problem.emit
            )

    def edit_reply(self, message_id: int, text: str) -> None:
        """Put the user's own words beside a reply."""
        self._change(lambda stores, number: stores.branches.edit_reply(number, message_id, text), ignore)

    def branch_off(self, message_id: int) -> None:
        """Go on from a message in a conversation of its own, which is shown then."""
        shown, storage = self._session.conversation, self._session.storage
        if shown is None or shown.summary.is_temporary:
            return
        number = shown.summary.id
        storage.call(
            lambda stores: stores.branches.branch_off(number, message_id).id, self._open_branch, self.problem.emit
        )

    def look_up(self, message_id: int, then: Callable[[StoredMessage], object]) -> None:
        """Hand on a message of the shown conversation as it is stored now."""
        shown = self._session.conversation
        if shown is None:
            return
        number = shown.summary.id

        def go_on(conversation: Conversation) -> None:
            if message_id in conversation:
                then(conversation[message_id])

        self._session.storage.call(lambda stores: stores.conversations.load(number), go_on, self.problem.emit)

    def pin(self, message_id: int, *, pinned: bool) -> None:
        """Keep a message before the model's eyes, or no longer."""
        self._change(lambda stores, number: stores.branches.set_pinned(number, message_id, pinned=pinned), ignore)

    def delete_message(self, message_id: int) -> None:
        """Delete one message; those below it stay."""
        self._delete(lambda stores, number: stores.branches.delete_message(number, message_id), Deed.MESSAGE_DELETED)

    def delete_branch(self, message_id: int) -> None:
        """Delete a message and all that follows it."""
        self._delete(lambda stores, number: stores.branches.delete_branch(number, message_id), Deed.BRANCH_DELETED)

    def _open_branch(self, conversation_id: int) -> None:
        self._session.conversations_changed.emit()
        self._session.open(conversation_id)
        self.branched.emit()

    def _delete(self, delete: Callable[[Stores, int], int], deed: Deed) -> None:
        storage = self._session.storage

        def remember(trash_id: int) -> None:
            def restore(stores: Stores) -> Conversation:
                return stores.conversations.load(stores.branches.restore(trash_id))

            self._undo.push(deed, restore, storage=storage, then=self._session.show_changed)

        self._change(delete, remember)

    def _change(self, change: Callable[[Stores, int], _T], then: Callable[[_T], object]) -> None:
        """Change the shown conversation's tree, show what has become of it, and go on with what the change gave."""
        shown = self._session.conversation
        if shown is None:
            return
        number = shown.summary.id

        def work(stores: Stores) -> tuple[_T, Conversation]:
            return change(stores, number), stores.conversations.load(number)

        def show(result: tuple[_T, Conversation]) -> None:
            self._session.show_changed(result[1])
            self._session.conversations_changed.emit()
            then(result[0])

        self._session.storage.call(work, show, self.problem.emit)
