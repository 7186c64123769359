"""The rows as a view asks for them: those of any list, and those of the sidebar's own.

Window process, interface thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.core.chat.conversations import ConversationSummary
from app.core.chat.listing import Folder
from app.ui.labels import tip
from app.ui.sidebar.rows import (
    Content,
    ConversationRow,
    FolderRow,
    Groups,
    Heading,
    HintRow,
    MoreRow,
    Row,
    folder_rows,
    key_of,
    text_of,
    today,
)

CONVERSATIONS = "application/x-parley-conversations"
FOLDER = "application/x-parley-folder"

Index = QModelIndex | QPersistentModelIndex


class RowRole(IntEnum):
    """What a row tells beside its text."""

    ROW = Qt.ItemDataRole.UserRole
    NOTE = Qt.ItemDataRole.UserRole + 1  # a second line
    OPEN = Qt.ItemDataRole.UserRole + 2  # whether it is the conversation on the page
    ANSWER = Qt.ItemDataRole.UserRole + 3  # Answer, or None


class Answer(IntEnum):
    """Who writes a reply in a conversation now."""

    HERE = 1
    ELSEWHERE = 2


class RowModel(QAbstractListModel):
    """Any rows. What was selected is kept by the view, which is told before and after they change."""

    about_to_change = Signal()
    rows_changed = Signal()
    more_requested = Signal()

    def __init__(self, note: Callable[[Row], str] = lambda _: "", parent: QObject | None = None) -> None:
        """`note` is the second line of a row."""
        super().__init__(parent)
        self._rows: list[Row] = []
        self._note = note
        self._more = False

    def set_more(self, more: bool) -> None:
        """Whether others follow that can be asked for."""
        self._more = more

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show these; where only words changed, all stays in its place."""
        made = list(rows)
        before, self_keys = self._rows, [key_of(row) for row in made]
        if made == before:
            return
        if self_keys == [key_of(row) for row in before]:
            self._rows = made
            self.dataChanged.emit(self.index(0), self.index(len(made) - 1))
            return
        self.about_to_change.emit()
        self.beginResetModel()
        self._rows = made
        self.endResetModel()
        self.rows_changed.emit()

    def append_rows(self, rows: Iterable[Row]) -> None:
        """Show these below the others."""
        made = list(rows)
        if made:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(made) - 1)
            self._rows += made
            self.endInsertRows()

    def row(self, index: Index) -> Row | None:
        """What stands at a place."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def conversation(self, index: Index) -> ConversationSummary | None:
        """The conversation at a place, if one stands there."""
        row = self.row(index)
        return row.conversation if isinstance(row, ConversationRow) else None

    def index_of(self, key: object) -> QModelIndex:
        """Where something stands, by `key_of`; invalid when it is not listed."""
        found = (number for number, row in enumerate(self._rows) if key_of(row) == key)
        return self.index(next(found, -1))

    def canFetchMore(self, parent: Index) -> bool:
        """Whether the list goes on."""
        return self._more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        """Ask for what follows; the view does so when it is scrolled to the end."""
        self._more = False
        self.more_requested.emit()

    def rowCount(self, parent: Index | None = None) -> int:
        """All rows, headings included."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings and hints can neither be chosen nor reached by the keyboard."""
        if isinstance(self.row(index), Heading | HintRow | None):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words, the row itself, or its second line."""
        row = self.row(index)
        if row is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return text_of(row)
            case Qt.ItemDataRole.ToolTipRole:
                return tip(self.spoken(row)) if isinstance(row, ConversationRow) else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.spoken(row)
            case RowRole.ROW:
                return row
            case RowRole.NOTE:
                return self._note(row)
        return None

    def spoken(self, row: Row) -> str:
        """The row as a screen reader says it."""
        return "\n".join(filter(None, (text_of(row), self._note(row))))


class ConversationModel(RowModel):
    """Pinned conversations, folders, then the newest first under headings; editing a name asks for a rename."""

    rename_requested = Signal(int, str)
    folder_rename_requested = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent=parent)
        self._conversations: Sequence[ConversationSummary] = ()
        self._folders: Sequence[Folder] = ()
        self._contents: Mapping[int, Content] = {}
        self._groups = Groups(today())
        self._open_id: int | None = None
        self._answers: Mapping[int, Answer] = {}

    @property
    def folders(self) -> Sequence[Folder]:
        """Those that are listed."""
        return self._folders

    def set_conversations(self, conversations: Sequence[ConversationSummary], *, more: bool = False) -> None:
        """Show these that are in no folder, in their order; `more` when others follow that can be asked for."""
        self._conversations, self._more = conversations, more
        self._compose()

    def set_folders(self, folders: Sequence[Folder], contents: Mapping[int, Content]) -> None:
        """Show these folders; those with a content are open."""
        self._folders, self._contents = folders, dict(contents)
        self._compose()

    def extend(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these below the others."""
        self._more = more
        self._conversations = [*self._conversations, *conversations]
        self.append_rows(self._groups.rows(conversations))

    def set_open(self, conversation_id: int | None) -> None:
        """Mark the conversation that is shown beside the list."""
        before, self._open_id = self._open_id, conversation_id
        self._tell_changed(before, conversation_id)

    def set_answers(self, answers: Mapping[int, Answer]) -> None:
        """Mark the conversations in which a reply is being written."""
        before, self._answers = self._answers, dict(answers)
        self._tell_changed(*{*before, *answers})

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Conversations and folders can be renamed and dragged."""
        flags = super().flags(index)
        if isinstance(self.row(index), ConversationRow | FolderRow):
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Also whether a conversation is the open one, and who answers in it."""
        match role:
            case RowRole.OPEN:
                conversation = self.conversation(index)
                return conversation is not None and conversation.id == self._open_id
            case RowRole.ANSWER:
                conversation = self.conversation(index)
                return None if conversation is None else self._answers.get(conversation.id)
        return super().data(index, role)

    def spoken(self, row: Row) -> str:
        """The row with its state in words."""
        states: list[str] = []
        match row:
            case FolderRow(is_open=is_open):
                states.append(self.tr("Folder, open") if is_open else self.tr("Folder, closed"))
            case MoreRow():
                states.append(self.tr("More chats of this folder"))
            case ConversationRow(conversation):
                if conversation.pinned:
                    states.append(self.tr("Pinned"))
                match self._answers.get(conversation.id):
                    case Answer.HERE:
                        states.append(self.tr("A reply is being written"))
                    case Answer.ELSEWHERE:
                        states.append(self.tr("Another window or program is answering here"))
        return "\n".join([text_of(row), *states])

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for a rename; the row changes once it is stored."""
        row, name = self.row(index), str(value).strip()
        if row is None or role != Qt.ItemDataRole.EditRole or not name or name == text_of(row):
            return False
        match row:
            case ConversationRow(conversation):
                self.rename_requested.emit(conversation.id, name)
            case FolderRow(folder):
                self.folder_rename_requested.emit(folder.id, name)
            case _:
                return False
        return True

    def mimeTypes(self) -> list[str]:
        """Conversations, or one folder."""
        return [CONVERSATIONS, FOLDER]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """What is dragged: a folder alone, or else the conversations."""
        rows = [self.row(index) for index in indexes]
        data = QMimeData()
        if len(rows) == 1 and isinstance(rows[0], FolderRow):
            data.setData(FOLDER, json.dumps(rows[0].folder.id).encode())
        else:
            ids = [row.conversation.id for row in rows if isinstance(row, ConversationRow)]
            data.setData(CONVERSATIONS, json.dumps(ids).encode())
        return data

    def _compose(self) -> None:
        pinned = sum(1 for one in self._conversations if one.pinned)
        self._groups = Groups(today())
        self.set_rows(
            [
                *self._groups.rows(self._conversations[:pinned]),
                *folder_rows(self._folders, self._contents),
                *self._groups.rows(self._conversations[pinned:]),
            ]
        )

    def _tell_changed(self, *ids: int | None) -> None:
        for changed in ids:
            index = self.index_of(("conversation", changed))
            if index.isValid():
                self.dataChanged.emit(index, index)
