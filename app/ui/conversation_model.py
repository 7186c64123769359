"""The sidebar's rows: pinned conversations, then the newest first, under headings by their age.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.core.conversations import ConversationSummary

Index = QModelIndex | QPersistentModelIndex


class RowRole(IntEnum):
    """What a row tells beside its text."""

    CONVERSATION = Qt.ItemDataRole.UserRole
    OPEN = Qt.ItemDataRole.UserRole + 1


class ConversationModel(QAbstractListModel):
    """A row is a heading (`str`) or a `ConversationSummary`; editing a title asks for a rename."""

    rename_requested = Signal(int, str)
    more_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[str | ConversationSummary] = []
        self._open_id: int | None = None
        self._heading = ""
        self._more = False

    def set_conversations(
        self, conversations: Sequence[ConversationSummary], today: date, *, more: bool = False
    ) -> None:
        """Show these, in their order; `more` when others follow that can be asked for."""
        self.beginResetModel()
        self._heading, self._more = "", more
        self._rows = self._under_headings(conversations, today)
        self.endResetModel()

    def extend(self, conversations: Sequence[ConversationSummary], today: date, *, more: bool) -> None:
        """Show these below the others."""
        self._more = more
        rows = self._under_headings(conversations, today)
        if rows:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    def canFetchMore(self, parent: Index) -> bool:
        """Whether the list goes on."""
        return self._more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        """Ask for what follows; the view does so when it is scrolled to the end."""
        self._more = False
        self.more_requested.emit()

    def set_open(self, conversation_id: int | None) -> None:
        """Mark the conversation that is shown beside the list."""
        before, self._open_id = self._open_id, conversation_id
        for changed in (before, conversation_id):
            index = self.index_of(changed)
            if index.isValid():
                self.dataChanged.emit(index, index)

    def index_of(self, conversation_id: int | None) -> QModelIndex:
        """Where a conversation stands; invalid when it is not listed."""
        for row, content in enumerate(self._rows):
            if isinstance(content, ConversationSummary) and content.id == conversation_id:
                return self.index(row)
        return QModelIndex()

    def conversation(self, index: Index) -> ConversationSummary | None:
        """What a row shows; None for a heading."""
        content = self._rows[index.row()] if index.isValid() else None
        return content if isinstance(content, ConversationSummary) else None

    def rowCount(self, parent: Index | None = None) -> int:
        """All rows, headings included."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings can neither be chosen nor reached by the keyboard."""
        if self.conversation(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text, the conversation, or whether it is the open one."""
        if not index.isValid():
            return None
        content = self._rows[index.row()]
        if isinstance(content, str):
            return content if role == Qt.ItemDataRole.DisplayRole else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole | Qt.ItemDataRole.ToolTipRole:
                return content.title
            case RowRole.CONVERSATION:
                return content
            case RowRole.OPEN:
                return content.id == self._open_id
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for a rename; the row changes once it is stored."""
        conversation = self.conversation(index)
        title = str(value).strip()
        if conversation is None or role != Qt.ItemDataRole.EditRole or not title or title == conversation.title:
            return False
        self.rename_requested.emit(conversation.id, title)
        return True

    def _under_headings(
        self, conversations: Sequence[ConversationSummary], today: date
    ) -> list[str | ConversationSummary]:
        rows: list[str | ConversationSummary] = []
        for conversation in conversations:
            day = date.fromtimestamp(conversation.updated_at)
            group = self.tr("Pinned") if conversation.pinned else self._group(day, today)
            if group != self._heading:
                self._heading = group
                rows.append(group)
            rows.append(conversation)
        return rows

    def _group(self, day: date, today: date) -> str:
        if day >= today:
            return self.tr("Today")
        if day == today - timedelta(days=1):
            return self.tr("Yesterday")
        if day > today - timedelta(days=8):
            return self.tr("Previous 7 days")
        month = QLocale().standaloneMonthName(day.month)
        return month if day.year == today.year else f"{month} {day.year}"


def today() -> date:
    """The local day."""
    return datetime.now().astimezone().date()
