"""The archive and the trash: what was put away, and the way back.

Window process, interface thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import TRASH_DAYS, TrashedMessages
from app.core.sizes import format_count
from app.ui.icons import IconButton
from app.ui.sidebar.model import RowModel
from app.ui.sidebar.painting import INSET
from app.ui.sidebar.rows import ConversationRow, Heading, PartRow, Row
from app.ui.sidebar.view import RowView
from app.ui.text_dialog import MessageDialog

_DAY_SECONDS = 86_400


class ShelfPanel(QWidget):
    """A heading with the way back, and a list; Esc goes back too."""

    left = Signal()

    def __init__(self, title: str, nothing: str, view: RowView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        view.setAccessibleName(title)
        self.back = IconButton("back", self.tr("Back to the chats"))
        self.back.clicked.connect(self.left)
        heading = QLabel(title)
        heading.setProperty("kind", "heading")
        self.nothing = QLabel(nothing)
        self.nothing.setProperty("kind", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setContentsMargins(INSET, 12, INSET, 0)
        self.upper = QHBoxLayout()
        self.upper.setSpacing(4)
        self.upper.addWidget(self.back)
        self.upper.addWidget(heading, 1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.column.addLayout(self.upper)
        self.column.addWidget(self.nothing)
        self.column.addWidget(view, 1)
        self.nothing.hide()
        self.setTabOrder(self.back, view)
        self._awaited = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def enter(self) -> None:
        """Take the focus; the list gets it once there is anything in it."""
        self._awaited = not self.view.enter()
        if self._awaited:
            self.back.setFocus(Qt.FocusReason.TabFocusReason)

    def show_nothing(self, nothing: bool) -> None:
        """Say so in the list's place when it is empty."""
        self.nothing.setVisible(nothing)
        if nothing and self.view.hasFocus():
            self.back.setFocus(Qt.FocusReason.TabFocusReason)
        elif not nothing and self._awaited:
            self._awaited = False
            if self.window().focusWidget() is self.back:
                self.view.enter()


class TrashPanel(ShelfPanel):
    """What was deleted, when it goes for good, and how to have it back."""

    restore_wanted = Signal(list)  # conversation ids
    part_restore_wanted = Signal(int)  # what was deleted within a conversation
    forget_wanted = Signal(list)  # conversation ids
    empty_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.model = RowModel(_note)
        nothing = _tr("The trash is empty. What you delete is kept here for a while.")
        super().__init__(_tr("Trash"), nothing, RowView(self.model, with_notes=True), parent)
        self.model.setParent(self)
        self._conversations: Sequence[ConversationSummary] = ()
        self._parts: Sequence[TrashedMessages] = ()
        self.empty = QPushButton(self.tr("Empty…"))
        self.empty.setProperty("kind", "quiet")
        self.empty.clicked.connect(self._ask_to_empty)
        self.upper.addWidget(self.empty)
        self.restore = QPushButton(self.tr("Restore"))
        self.restore.clicked.connect(self._restore)
        self.forget = QPushButton(self.tr("Delete for good…"))
        self.forget.clicked.connect(self._ask_to_forget)
        self.column.addWidget(self.restore)
        self.column.addWidget(self.forget)
        for before, after in pairwise((self.back, self.empty, self.view, self.restore, self.forget)):
            self.setTabOrder(before, after)
        self.view.choice_changed.connect(self._on_choice)
        self.view.delete_wanted.connect(self._ask_to_forget)
        self.view.menu_wanted.connect(self._show_menu)
        self._offer()

    def set_conversations(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these, the last deleted first."""
        self._conversations = conversations
        self.model.set_more(more)
        self._compose()

    def extend(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these below the others."""
        self._conversations = [*self._conversations, *conversations]
        self.model.set_more(more)
        self.model.append_rows(map(ConversationRow, conversations))

    def set_parts(self, parts: Sequence[TrashedMessages]) -> None:
        """Show what was deleted within conversations."""
        self._parts = parts
        self._compose()

    def _compose(self) -> None:
        rows: list[Row] = []
        if self._parts:
            rows = [Heading(self.tr("Messages")), *map(PartRow, self._parts)]
            rows += [Heading(self.tr("Chats"))] if self._conversations else []
        self.model.set_rows([*rows, *map(ConversationRow, self._conversations)])
        self.show_nothing(self.model.rowCount() == 0)
        self._offer()

    def _offer(self) -> None:
        anything = self.model.rowCount() > 0
        for button in (self.empty, self.restore, self.forget):
            button.setVisible(anything)
        self._on_choice()

    def _on_choice(self) -> None:
        chosen = self.view.chosen
        self.restore.setEnabled(bool(chosen))
        self.forget.setEnabled(bool(self.view.chosen_ids))

    def _restore(self) -> None:
        ids, parts = self.view.chosen_ids, [row.part.id for row in self.view.chosen if isinstance(row, PartRow)]
        if ids:
            self.restore_wanted.emit(ids)
        for part in parts:
            self.part_restore_wanted.emit(part)

    def _show_menu(self, at: QPoint) -> None:
        if not self.view.chosen:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Restore"), self._restore)
        if self.view.chosen_ids:
            menu.addAction(self.tr("Delete for good…"), self._ask_to_forget)
        menu.popup(at)

    def _ask_to_forget(self) -> None:
        ids = self.view.chosen_ids
        if not ids:
            return
        one = self.tr("This chat will be deleted for good.")
        several = self.tr("{count} chats will be deleted for good.").format(count=format_count(len(ids)))
        self._ask(one if len(ids) == 1 else several, self.tr("Delete"), lambda: self.forget_wanted.emit(ids))

    def _ask_to_empty(self) -> None:
        heading = self.tr("All that is in the trash will be deleted for good.")
        self._ask(heading, self.tr("Empty the trash"), self.empty_wanted.emit)

    def _ask(self, heading: str, act_words: str, act: Callable[[], object]) -> None:
        dialog = MessageDialog(
            self.tr("Trash"), heading, self.tr("It cannot be brought back afterwards."), self.window()
        )
        dialog.add_button(act_words, act)
        dialog.add_button(self.tr("Cancel"), lambda: None, default=True)
        dialog.open()


def _note(row: Row) -> str:
    """Where it was, and when it goes."""
    match row:
        case ConversationRow(conversation) if conversation.trashed_at is not None:
            return _goes(conversation.trashed_at)
        case PartRow(part):
            return _tr("{goes} · in “{title}”").format(goes=_goes(part.trashed_at), title=part.title)
    return ""


def _goes(trashed_at: float) -> str:
    days = math.ceil((trashed_at + TRASH_DAYS * _DAY_SECONDS - time.time()) / _DAY_SECONDS)
    return _tr("Goes within a day") if days <= 1 else _tr("Goes in {days} days").format(days=days)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrashPanel", text)
