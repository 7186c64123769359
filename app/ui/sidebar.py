"""The column at the left: a new chat, the search field, and all conversations.

Window process, interface thread. Emits what the user asks for; shows what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.core.conversations import ConversationSummary
from app.ui import icons
from app.ui.conversation_model import ConversationModel, RowRole, today
from app.ui.downloads_entry import DownloadsEntry

ROW_HEIGHT = 36
WIDTH = 264
_INSET = 15


class RowDelegate(QStyledItemDelegate):
    """Paints a heading or a title; all rows are of one height, so that a long list opens at once."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One height for every row."""
        return QSize(0, max(ROW_HEIGHT, option.fontMetrics.height() + 16))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the row from the palette."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(RowRole.CONVERSATION) is None:
            self._paint_heading(painter, option, index.data())
        else:
            self._paint_title(painter, option, index)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """A line edit in the row's place."""
        editor = QLineEdit(parent)
        editor.setProperty("kind", "inline")
        editor.setAccessibleName(self.tr("Title"))
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Fill the row."""
        editor.setGeometry(self._box(option).adjusted(0, 1, 0, -1))

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        font = option.font
        font.setPointSizeF(font.pointSizeF() - 1)
        painter.setFont(font)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        where = option.rect.adjusted(_INSET, 0, -_INSET, -6)
        painter.drawText(where, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading, text)

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        box = self._box(option)
        state = option.state
        if index.data(RowRole.OPEN) or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(option.palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(option.palette.color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        painter.setFont(option.font)
        where = box.adjusted(_INSET, 0, -_INSET, 0)
        title = option.fontMetrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, where.width())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, title)

    @staticmethod
    def _box(option: QStyleOptionViewItem) -> QRect:
        return option.rect.adjusted(0, 1, 0, -1)


class ConversationView(QListView):
    """The list; Enter or a click opens, F2 renames, arrows only move."""

    chosen = Signal(int)

    def __init__(self, model: ConversationModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(RowDelegate(self))
        self.setProperty("kind", "conversations")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.clicked.connect(self._choose)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self.state() is not QListView.State.EditingState:
                self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        conversation = self._model.conversation(index)
        if conversation is not None:
            self.chosen.emit(conversation.id)

    def _show_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        if self._model.conversation(index) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Open"), lambda: self._choose(index))
        menu.addAction(self.tr("Rename"), lambda: self.edit(index))
        menu.popup(self.viewport().mapToGlobal(position))


class Sidebar(QWidget):
    """New chat, search, conversations, downloads."""

    new_requested = Signal()
    open_requested = Signal(int)
    rename_requested = Signal(int, str)
    search_changed = Signal(str)
    more_requested = Signal()
    downloads_requested = Signal()
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(200)
        self._model = ConversationModel(self)
        self._model.rename_requested.connect(self.rename_requested)
        self._model.more_requested.connect(self.more_requested)
        self._new = icons.LabelledButton("plus", self.tr("New chat"))
        self._new.setProperty("kind", "wide")
        self._new.clicked.connect(self.new_requested)
        self._search = self._search_field()
        self._nothing = QLabel()
        self._nothing.setProperty("kind", "muted")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(_INSET, 12, _INSET, 0)
        self._view = ConversationView(self._model)
        self._view.setAccessibleName(self.tr("Conversations"))
        self._view.chosen.connect(self.open_requested)
        self.downloads = DownloadsEntry()
        self.downloads.pressed.connect(self.downloads_requested)
        self._settings = icons.LabelledButton("options", self.tr("Settings"))
        self._settings.setProperty("kind", "entry")
        self._settings.clicked.connect(self.settings_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._new)
        column.addWidget(self._search)
        column.addWidget(self._nothing)
        column.addWidget(self._view, 1)
        column.addWidget(self.downloads)
        column.addWidget(self._settings)
        self.set_conversations([])

    def set_conversations(self, conversations: Sequence[ConversationSummary], *, more: bool = False) -> None:
        """Show these and keep the place in the list; `more` when others follow that can be asked for."""
        chosen = self._model.conversation(self._view.currentIndex())
        scrolled = self._view.verticalScrollBar().value()
        self._model.set_conversations(conversations, today(), more=more)
        if chosen is not None:
            self._view.setCurrentIndex(self._model.index_of(chosen.id))
        self._view.doItemsLayout()
        self._view.verticalScrollBar().setValue(scrolled)
        sought = self._search.text().strip()
        not_found = self.tr("No chat is called “{title}”.").format(title=sought)
        self._nothing.setText(not_found if sought else self.tr("Your chats will be listed here."))
        self._nothing.setVisible(not conversations)

    def extend(self, conversations: Sequence[ConversationSummary], *, more: bool) -> None:
        """Show these below the others."""
        self._model.extend(conversations, today(), more=more)

    def set_open(self, conversation_id: int | None) -> None:
        """Mark the conversation on the page."""
        self._model.set_open(conversation_id)
        index = self._model.index_of(conversation_id)
        if index.isValid():
            self._view.setCurrentIndex(index)

    def focus_search(self) -> None:
        """Begin to search."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """From the search field, Down goes to the list and Esc clears."""
        if watched is self._search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self._enter_list()
                return True
            if event.key() == Qt.Key.Key_Escape and self._search.text():
                self._search.clear()
                return True
        return False

    def _search_field(self) -> QLineEdit:
        field = SearchField(self.tr("Search chats"))
        field.textChanged.connect(lambda text: self.search_changed.emit(text.strip()))
        field.returnPressed.connect(self._enter_list)
        field.installEventFilter(self)
        return field

    def _enter_list(self) -> None:
        rows = (self._model.index(row) for row in range(self._model.rowCount()))
        first = next((index for index in rows if self._model.conversation(index)), None)
        if first is not None:
            self._view.setCurrentIndex(first)
            self._view.setFocus(Qt.FocusReason.TabFocusReason)


class SearchField(QLineEdit):
    """A line edit with the search icon in front."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "search")
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(False)
        self._action = QAction(self._icon(), name, self)
        self.addAction(self._action, QLineEdit.ActionPosition.LeadingPosition)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._action.setIcon(self._icon())

    def _icon(self) -> QIcon:
        return icons.icon("search", self, QPalette.ColorRole.PlaceholderText)
