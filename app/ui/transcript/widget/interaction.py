"""What the user does with the transcript: point, click, press keys, copy, follow links.

Window process, interface thread.
"""

from __future__ import annotations

from math import inf

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from app.ui.links import tooltip_of
from app.ui.markdown.parser import is_safe_link
from app.ui.theme import Theme
from app.ui.transcript.blocks.code import CodeLayout
from app.ui.transcript.document.excerpt import excerpt, read_excerpt
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.parts import Part, button_of
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.document.through import Slices
from app.ui.transcript.document.user import UserItem
from app.ui.transcript.rows.row import Action, Hot
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.widget.access import interface_of
from app.ui.transcript.widget.canvas import TranscriptCanvas
from app.ui.transcript.widget.keys import FocusPlace, TranscriptKeys
from app.ui.transcript.widget.menu import TranscriptMenu
from app.ui.transcript.widget.mouse import TranscriptMouse

_RING = 4.0


class TranscriptInteraction(TranscriptCanvas):
    """`link_activated` is for web pages, mail addresses and places of the window; `copied` says what was copied."""

    link_activated = Signal(str)
    link_hovered = Signal(str)  # its target, nothing when the pointer has left
    copied = Signal(str)
    save_requested = Signal(str, str)  # code, how its file's name ends
    retry_requested = Signal(int)  # message id
    details_requested = Signal(int)  # message id
    act_requested = Signal(int, Action)  # message id; what only the conversation's owner can do
    file_requested = Signal(object)  # Attachment that is to be shown
    hovered = Signal(int)  # message id
    menu_filled = Signal(QMenu, object)  # a message's menu, and its StoredMessage: others add to it

    def __init__(self, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        QAccessible.installFactory(interface_of)
        super().__init__(theme, typeset, parent)
        self._hovered: MessageItem | None = None
        self._target = ""
        self._focus: FocusPlace | None = None
        self._mouse = TranscriptMouse(self, self)
        self._keys = TranscriptKeys(self)
        self._copying = Slices(self)

    @property
    def anchor(self) -> Position | None:
        """Where the user has clicked last."""
        return self._mouse.anchor

    def forget_places(self) -> None:
        """What was selected, focused or pointed at is gone."""
        self._selection = self._hovered = self._focus = self._mouse.anchor = None
        self._hits, self._current_hit = {}, None

    def copy_selection(self, *, markdown: bool = False) -> None:
        """Put the selected text on the clipboard, plain or as Markdown, once it is read: very much takes a while."""
        if self._selection is not None:
            reading = read_excerpt(self.document, self._selection, markdown=markdown)
            self._copying.begin(reading, lambda text: self.copy(text, self.tr("Selection")))

    def copy_selection_or_focus(self, *, markdown: bool = False) -> None:
        """Copy the selection or, without one, what has the focus."""
        if self.has_selection:
            self.copy_selection(markdown=markdown)
            return
        part, focus = self.focused_part(), self._focus
        if focus is not None and part is not None and part.block is not None:
            item = self.document.items[focus.message]
            row, number = item.place_of(part.block)
            whole = len(part.block.block.text) + 1
            first = Position(focus.message, row, number, 0)
            of_block = Selection(first, first._replace(offset=whole))
            code = isinstance(part.block, CodeLayout) and not markdown
            text = part.block.block.text if code else excerpt(self.document, of_block, markdown=markdown)
            self.copy(text, self.tr("Block"))
        elif focus is not None:
            self.press(self.document.items[focus.message], Hot(QRectF(), Action.COPY_MESSAGE))

    def copy(self, text: str, label: str) -> None:
        """Put a text on the clipboard; `label` says what it is."""
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(label)

    def follow_link(self, href: str) -> None:
        """A link was clicked."""
        if is_safe_link(href):
            self.link_activated.emit(href)

    def press(self, item: MessageItem, hot: Hot) -> None:
        """Do what a click on this does."""
        match hot.action:
            case Action.COPY_CODE:
                self.copy(hot.text, self.tr("Code"))
            case Action.SAVE_CODE:
                self.save_requested.emit(hot.text, hot.block.suffix if isinstance(hot.block, CodeLayout) else "")
            case Action.WRAP_CODE:
                self._toggle_wrap(item, hot)
            case Action.COPY_MESSAGE:
                self.copy(item.own_text or item.message.text, self.tr("Message"))
            case Action.RETRY:
                self.retry_requested.emit(item.message.id)
            case Action.DETAILS:
                self.details_requested.emit(item.message.id)
            case Action.FOLD:
                self._toggle_fold(item)
            case Action.OPEN_FILE if isinstance(item, UserItem):
                self.file_requested.emit(item.files[hot.number])
            case Action.MORE:
                self._open_menu(self.document.items.index(item), "", self._corner_of(item, hot))
            case Action.OLDER | Action.NEWER | Action.EDIT | Action.CONTINUE | Action.UNPIN:
                self.act_requested.emit(item.message.id, hot.action)

    def _corner_of(self, item: MessageItem, hot: Hot) -> QPoint:
        """Where a menu stands that a button opens; the button's place is told relative to a row or to its message."""
        index = self.document.items.index(item)
        part = button_of(item, hot.action)
        return self.on_screen(index, part.rect if part is not None else hot.rect).bottomLeft()

    def _toggle_wrap(self, item: MessageItem, hot: Hot) -> None:
        if hot.block is not None and hot.block.view is not None:
            hot.block.view.wrapped = not hot.block.view.wrapped
            hot.block.view.offset = 0.0
            item.release()
            self._refresh_in_place()

    def _toggle_fold(self, item: MessageItem) -> None:
        if isinstance(item, ReplyItem):
            self.select(None)
            item.toggle_fold()
            self.document.restack(self.document.items.index(item))
            self._refresh_in_place()
            self._following = self._following or (item.is_streaming and self.is_at_end)

    def show_target(self, href: str, point: QPointF) -> None:
        """Say where the link under the pointer leads."""
        if href == self._target:
            return
        self._target = href
        self.link_hovered.emit(href)
        if href:
            QToolTip.showText(self.viewport().mapToGlobal(point).toPoint(), tooltip_of(href), self.viewport())
        else:
            QToolTip.hideText()

    @property
    def focus_place(self) -> FocusPlace | None:
        """The message, or the part of one, to which keys have gone."""
        return self._focus

    def focused_part(self) -> Part | None:
        """The part that has the focus."""
        return self._keys.focused(self._focus)

    def set_focus_place(self, focus: FocusPlace | None) -> None:
        """Go to a message or a part of one, and show it."""
        for place, hovered in ((self._focus, False), (focus, True)):
            if place is not None and place.message < len(self.document.items):
                self.document.items[place.message].set_hovered(hovered)
        self._focus = focus
        if focus is not None:
            part = self._keys.focused(focus)
            rect = QRectF(0, 0, 1, self.document.items[focus.message].height) if part is None else part.rect
            self._show_stretch(focus.message, rect.top(), rect.bottom())
            if QAccessible.isActive():
                event = QAccessibleEvent(self, QAccessible.Event.Focus)
                event.setChild(focus.message)
                QAccessible.updateAccessibility(event)
        self.viewport().update()

    def activate_focus(self) -> None:
        """Do what the focused part does: follow, press, or copy."""
        part = self.focused_part()
        if self._focus is None or part is None:
            return
        if part.link:
            self.follow_link(part.link)
        elif part.hot is not None:
            whole = self.document.items[self._focus.message].whole(part.hot)
            self.press(self.document.items[self._focus.message], whole)
        else:
            self.copy_selection_or_focus()

    def bring(self, index: int, until: float = inf) -> MessageItem:
        """A message with its rows (see `rows_of`), made if it is out of view; what is in view stays where it is."""
        item, seen = self.document.items[index], self.document.item_at(self._top)
        if not item.rows or not item.is_whole:
            before = self.document.tops[seen]
            self.document.forget_far(self._top, self.viewport().height())
            self.document.rows_of(index, until)
            item.lay_out_lines()
            self.document.restack(index)
            self._top += round(self.document.tops[seen] - before)
            self._set_scroll_bar(self.viewport().height())
        return item

    def on_screen(self, index: int, rect: QRectF | None) -> QRect:
        """Where a message, or an area of it, is on the screen."""
        if index >= len(self.document.items):
            return QRect()
        area = QRectF(0, 0, self.document.page.width, self.document.items[index].height) if rect is None else rect
        local = area.translated(self._left, self.document.tops[index] - self._top).toAlignedRect()
        return QRect(self.viewport().mapToGlobal(local.topLeft()), local.size())

    def seen_on_screen(self) -> QRect:
        """Where the viewport is on the screen."""
        return QRect(self.viewport().mapToGlobal(QPoint(0, 0)), self.viewport().size())

    def message_at(self, point: QPoint) -> int:
        """The message at a point of the screen."""
        return self.document.item_at(self.to_document(QPointF(self.viewport().mapFromGlobal(point))).y())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the document, and a ring around what has the focus."""
        super().paintEvent(event)
        if self._focus is None or not self.hasFocus() or self._focus.message >= len(self.document.items):
            return
        part, item = self.focused_part(), self.document.items[self._focus.message]
        area = QRectF(0, 0, self.document.page.width, item.height - item.GAP) if part is None else part.rect
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.document.page.style.theme.color("accent"), 2))
        ring = area.translated(self._left, self.document.tops[self._focus.message] - self._top)
        painter.drawRoundedRect(ring.adjusted(-_RING, -_RING, _RING, _RING), 6, 6)
        painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring is seen now."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The ring is seen no longer."""
        super().focusOutEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done here."""
        at = self.to_document(QPointF(self.viewport().mapFromGlobal(event.globalPos())))
        link, index, point = self.document.link_at(at.x(), at.y()), self.document.item_at(at.y()), event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            if self._focus is not None:
                part, index = self.focused_part(), self._focus.message
                link = part.link if part is not None else ""
            shown = self.on_screen(index, None).intersected(self.seen_on_screen())
            point = shown.topLeft() if not shown.isEmpty() else self.seen_on_screen().center()
        self._open_menu(index, link, point)

    def _open_menu(self, index: int, link: str, point: QPoint) -> None:
        item = self.document.items[index] if index >= 0 else None
        TranscriptMenu(self, item, link).popup(point)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection or a click."""
        self.set_focus_place(None)
        self._mouse.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        self._mouse.double_click(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a selection or a click."""
        self._mouse.release(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Prolong a selection; show the actions of the message under the pointer."""
        self._mouse.move(event)
        index = self.document.item_at(self.to_document(event.position()).y())
        self._hover(self.document.items[index] if index >= 0 else None)

    def viewportEvent(self, event: QEvent) -> bool:
        """Hide the actions when the pointer leaves."""
        if event.type() is QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def _hover(self, item: MessageItem | None) -> None:
        if item is self._hovered:
            return
        for changed, hovered in ((self._hovered, False), (item, True)):
            if changed is not None:
                changed.set_hovered(hovered)
        self._hovered = item
        if item is not None:
            self.hovered.emit(item.message.id)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select, copy, go from part to part; the rest scrolls."""
        if not self._keys.press(event):
            super().keyPressEvent(event)
