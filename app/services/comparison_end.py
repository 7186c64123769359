"""Brings a comparison back into its conversation, once it has ended and the user has left it.

Runs on the window's thread; reads and writes on the database lane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.chat.conversations import Conversation, StoredMessage
from app.services.chat_session import ChatSession
from app.services.compare import Begun, Comparison
from app.services.message_tree import MessageTree

if TYPE_CHECKING:
    from app.storage.stores import Stores


class ComparisonEnd(QObject):
    """Shows the reply to go on with; the others stay beside it. `reached` follows when all is done."""

    reached = Signal()
    problem = Signal(object)  # ParleyError

    def __init__(
        self, comparison: Comparison, session: ChatSession, tree: MessageTree, old: StoredMessage | None = None
    ) -> None:
        """`old` is a reply that was there before, and that the chat goes on with unless another is chosen."""
        super().__init__(comparison)
        self._comparison = comparison
        self._session = session
        self._tree = tree
        self._old = old
        self._shown = session.conversation
        self._begun: Begun | None = None
        self._has_ended = self._was_left = self._discard = False
        self._chosen: int | None = None
        comparison.begun.connect(self._on_begun)
        comparison.ended.connect(self._on_ended)
        comparison.refused.connect(self._on_ended)

    def leave(self, chosen: int | None, discard: bool = False) -> None:
        """The user is done; what is still being written is stopped, and kept. `discard` deletes the new reply."""
        self._was_left, self._chosen, self._discard = True, chosen, discard
        if not self._has_ended:
            self._comparison.stop()
        self._return()

    def _on_begun(self, begun: Begun) -> None:
        self._begun = begun

    def _on_ended(self) -> None:
        self._has_ended = True
        self._return()

    def _return(self) -> None:
        if not self._has_ended or not self._was_left:
            return
        begun = self._begun
        if begun is None:
            self.reached.emit()
            return
        leaf = self._chosen or (self._old.id if self._old is not None else begun.replies[0].id)

        def read(stores: Stores) -> Conversation:
            whole = stores.conversations.load(begun.conversation_id)
            whole.leaf_id = whole.leaf_below(leaf)
            stores.conversations.set_leaf(begun.conversation_id, whole.leaf_id)
            return whole

        self._comparison.storage.call(read, lambda whole: self._show(whole, begun), self._on_problem)

    def _show(self, conversation: Conversation, begun: Begun) -> None:
        session, shown = self._session, self._session.conversation
        if shown is not None and shown.summary.id == conversation.summary.id:
            session.show_changed(conversation)
            if self._discard:
                self._tree.delete_message(begun.replies[0].id)
        elif shown is None and self._shown is None:
            session.open(conversation.summary.id)
        session.conversations_changed.emit()
        self.reached.emit()

    def _on_problem(self, error: object) -> None:
        self.problem.emit(error)
        self.reached.emit()
