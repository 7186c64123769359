"""What can be done with one message: the entries of its menu, and what they do.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Role
from app.core.engine.models import ModelFile
from app.services.chat_session import ChatSession
from app.services.engine_host import EngineHost
from app.services.message_tree import MessageTree
from app.ui.choices import Choices
from app.ui.icons import icon
from app.ui.model_words import described
from app.ui.preset_words import shown_name
from app.ui.transcript.rows.lines import is_cut_off

_OLDER, _NEWER = -1, 1


class MessageMenu(QObject):
    """Fills menus; what needs more than the session and the tree is asked for by signals."""

    edit_requested = Signal(int)  # message id
    preset_chosen = Signal(int, object)  # id of the reply to give anew, StoredPreset

    def __init__(
        self, session: ChatSession, tree: MessageTree, engine: EngineHost, choices: Choices, window: QWidget
    ) -> None:
        """`choices` tells which models and presets there are now."""
        super().__init__(window)
        self._session = session
        self._tree = tree
        self._engine = engine
        self._window = window
        self._choices = choices

    def fill(self, menu: QMenu, message: StoredMessage) -> None:
        """Add what can be done with a message."""
        shown = self._session.conversation
        if shown is None or message.id not in shown:
            return
        free = not self._session.is_answering
        edit = self._add(menu, "pencil", self.tr("Edit"), lambda: self.edit_requested.emit(message.id))
        edit.setShortcut(QKeySequence(Qt.Key.Key_F2))
        edit.setEnabled(free)
        if message.role is Role.ASSISTANT:
            self._add_answers(menu, message, free=free)
        if not shown.summary.is_temporary:
            into = self.tr("Branch into a new chat")
            branch = self._add(menu, "branch", into, lambda: self._tree.branch_off(message.id))
            branch.setEnabled(free)
        self._add_versions(menu, message.id, shown.siblings(message.id))
        menu.addSeparator()
        delete = self._add(menu, "trash", self.tr("Delete message"), lambda: self._tree.delete_message(message.id))
        delete.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        delete.setEnabled(free)
        onwards = menu.addAction(self.tr("Delete from here on"), lambda: self._tree.delete_branch(message.id))
        onwards.setEnabled(free)

    def _add_answers(self, menu: QMenu, message: StoredMessage, *, free: bool) -> None:
        again = self._add(menu, "retry", self.tr("Answer once more"), lambda: self._session.retry(message.id))
        models = menu.addMenu(self.tr("Answer with another model"))
        for file in self._choices.files:
            current = self._engine.file is not None and file.id == self._engine.file.id
            name = described(file).replace("&", "&&")
            models.addAction(
                icon("check" if current else "model", self._window), name, partial(self._with, message.id, file)
            )
        presets = menu.addMenu(self.tr("Answer with another preset"))
        for stored in self._choices.presets:
            name = shown_name(stored.preset).replace("&", "&&")
            presets.addAction(name, partial(self.preset_chosen.emit, message.id, stored))
        again.setEnabled(free)
        models.menuAction().setEnabled(free and bool(self._choices.files))
        presets.menuAction().setEnabled(free and bool(self._choices.presets))
        if is_cut_off(message):
            go_on = self._add(menu, "continue", self.tr("Continue"), lambda: self._session.go_on(message.id))
            go_on.setEnabled(free)

    def _add_versions(self, menu: QMenu, message_id: int, siblings: list[int]) -> None:
        place = siblings.index(message_id)
        if len(siblings) > 1:
            older = menu.addAction(self.tr("Version before"), lambda: self._tree.walk(message_id, _OLDER))
            newer = menu.addAction(self.tr("Version after"), lambda: self._tree.walk(message_id, _NEWER))
            older.setEnabled(place > 0)
            newer.setEnabled(place < len(siblings) - 1)

    def _with(self, message_id: int, file: ModelFile) -> None:
        if self._engine.file is None or self._engine.file.id != file.id:
            self._engine.choose(file)
        self._session.retry(message_id)

    def _add(self, menu: QMenu, icon_name: str, text: str, act: Callable[[], object]) -> QAction:
        action = menu.addAction(icon(icon_name, self._window), text)
        action.triggered.connect(lambda: act())
        return action
