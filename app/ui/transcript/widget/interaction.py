"""What the user does with the transcript: point, click, press keys, copy, follow links.

Window process, interface thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
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
from app.ui.transcript.document.item import MessageItem
from app.ui.transcript.document.parts import button_of
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.document.user import UserItem
from app.ui.transcript.rows.row import Action, Hot
from app.ui.transcript.typesetting import Typeset
from app.ui.transcript.widget.canvas import TranscriptCanvas
from app.ui.transcript.widget.clipboard import TranscriptClipboard
from app.ui.transcript.widget.focus import TranscriptFocus
from app.ui.transcript.widget.keys import TranscriptKeys
from app.ui.transcript.widget.menu import TranscriptMenu
from app.ui.transcript.widget.mouse import TranscriptMouse

_RING = 4.0


class TranscriptInteraction(TranscriptCanvas):
    """`link_activated` is for web pages, mail addresses and places of the window."""

    link_activated = Signal(str)
    save_requested = Signal(str, str)  # code, how its file's name ends
    retry_requested = Signal(int)  # message id
    details_requested = Signal(int)  # message id
    act_requested = Signal(int, Action)  # message id; what only the conversation's owner can do
    file_requested = Signal(object)  # Attachment that is to be shown
    hovered = Signal(int)  # message id
    menu_filled = Signal(QMenu, object)  # a message's menu, and its StoredMessage: others add to it

    def __init__(self, theme: Theme, typeset: Typeset, parent: QWidget | None = None) -> None:
        super().__init__(theme, typeset, parent)
        self._hovered: MessageItem | None = None
        self._target = ""
        self.focus = TranscriptFocus(self)
        self.clipboard = TranscriptClipboard(self, self.focus)
        self._mouse = TranscriptMouse(self, self)
        self._keys = TranscriptKeys(self, self.focus, self.clipboard, lambda: self._mouse.anchor, self.activate_focus)

    def forget_places(self) -> None:
        """What was selected, focused or pointed at is gone."""
        super().forget_places()
        self._hovered = self._mouse.anchor = None
        self.focus.forget()
        self._keys.forget()

    def follow_link(self, href: str) -> None:
        """A link was clicked."""
        if is_safe_link(href):
            self.link_activated.emit(href)

    def press(self, item: MessageItem, hot: Hot) -> None:
        """Do what a click on this does."""
        match hot.action:
            case Action.COPY_CODE:
                self.clipboard.copy(hot.text)
            case Action.SAVE_CODE:
                self.save_requested.emit(hot.text, hot.block.suffix if isinstance(hot.block, CodeLayout) else "")
            case Action.WRAP_CODE:
                self._toggle_wrap(item, hot)
            case Action.COPY_MESSAGE:
                self.clipboard.copy_message(item)
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
        if href:
            QToolTip.showText(self.viewport().mapToGlobal(point).toPoint(), tooltip_of(href), self.viewport())
        else:
            QToolTip.hideText()

    def activate_focus(self) -> None:
        """Do what the focused part does: follow, press, or copy."""
        place, part = self.focus.place, self.focus.part()
        if place is None or part is None:
            return
        if part.link:
            self.follow_link(part.link)
        elif part.hot is not None:
            item = self.document.items[place.message]
            self.press(item, item.whole(part.hot))
        else:
            self.clipboard.copy_selection_or_focus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the document, and a ring around what has the focus."""
        super().paintEvent(event)
        area = self.focus.area() if self.hasFocus() else None
        if area is None:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.document.page.style.theme.color("accent"), 2))
        ring = area.translated(self._left, -self._top)
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
            if self.focus.place is not None:
                part, index = self.focus.part(), self.focus.place.message
                link = part.link if part is not None else ""
            shown = self.on_screen(index, None).intersected(self.seen_on_screen())
            point = shown.topLeft() if not shown.isEmpty() else self.seen_on_screen().center()
        self._open_menu(index, link, point)

    def _open_menu(self, index: int, link: str, point: QPoint) -> None:
        item = self.document.items[index] if index >= 0 else None
        menu = TranscriptMenu(self, self.clipboard)
        menu.fill(item, link, self.follow_link, lambda made, shown: self.menu_filled.emit(made, shown.message))
        menu.popup(point)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection or a click."""
        self.focus.go(None)
        self._keys.forget()
        self._mouse.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        self._keys.forget()
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
