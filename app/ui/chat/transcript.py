"""The conversation as it is read: messages are shown, streamed, selected and acted upon.

Window process, interface thread. Messages are stacks of small layouts (`transcript_items`) on one
canvas, never one document and never widgets. Streamed text is taken up once per frame, and only the
lines that changed are laid out and painted again, so that a token costs the same however long the
reply is.

Window CPU per token at 40 tokens/s, 1100 x 800, on two cores without a GPU: 0.7 to 1.0 ms, of which
0.3 ms are any widget's timer and repaint; one QTextDocument for all took 1.3 to 1.7 ms, a growing
QTextBrowser 3 ms, a label with Markdown 19 ms. A reply of 200,000 characters costs the same as one
that has just begun; 5,000 messages open in 75 ms.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.core.conversations import StoredMessage
from app.core.messages import Role
from app.ui.chat.blocks_code import Typeset, leave_as_it_is
from app.ui.chat.links import tooltip_of
from app.ui.chat.markdown import is_safe_link
from app.ui.chat.transcript_canvas import TranscriptCanvas
from app.ui.chat.transcript_items import MessageItem
from app.ui.chat.transcript_mouse import TranscriptMouse
from app.ui.chat.transcript_reply import ReplyItem
from app.ui.chat.transcript_rows import Action, Hot
from app.ui.chat.transcript_words import words
from app.ui.theme import LIGHT, Theme

# Thirty frames a second read as smoothly as sixty while words appear, and leave the cores to the engine.
FRAME_MS = 33


class TranscriptView(TranscriptCanvas):
    """Shows messages, follows a reply while it is written, and lets its text be selected.

    `link_activated` is emitted for web pages and mail addresses only; `copied` says what was copied;
    the other signals carry a message's id.
    """

    link_activated = Signal(str)
    copied = Signal(str)
    retry_requested = Signal(int)
    details_requested = Signal(int)
    save_requested = Signal(str, str)  # code, language
    link_hovered = Signal(str)  # its target, nothing when the pointer has left

    def __init__(self, theme: Theme = LIGHT, typeset: Typeset = leave_as_it_is, parent: QWidget | None = None) -> None:
        """Without a typesetter, code is not coloured, and formulas are shown as their source."""
        super().__init__(theme, typeset, parent)
        self._pending: dict[int, tuple[list[str], list[str]]] = {}
        self._hovered: MessageItem | None = None
        self._divided: int | None = None
        self._target = ""
        self._since_frame = QElapsedTimer()
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._take_up_text)
        self._mouse = TranscriptMouse(self, self)
        self.setAccessibleName(self.tr("Conversation"))

    def set_messages(self, messages: Iterable[StoredMessage]) -> None:
        """Show a conversation, its end first."""
        self._pending.clear()
        self._selection = self._hovered = self._divided = None
        self.document.set_messages(messages)
        self.scroll_to_bottom()
        self._describe()

    def clear(self) -> None:
        """Show nothing."""
        self.set_messages([])

    def add_message(self, message: StoredMessage) -> None:
        """Show one more message at the end; the user's own brings the end into view."""
        self._take_up_text()
        self.document.add(message)
        self._following = self._following or message.role is Role.USER
        self.refresh()
        self._describe()

    def append_text(self, message_id: int, text: str, reasoning: str = "") -> None:
        """Add streamed text to a reply; it is drawn with the next frame."""
        texts, reasonings = self._pending.setdefault(message_id, ([], []))
        texts.append(text)
        reasonings.append(reasoning)
        if not self._frame.isActive():
            waited = self._since_frame.elapsed() if self._since_frame.isValid() else FRAME_MS
            self._frame.start(max(0, FRAME_MS - waited))

    def _take_up_text(self) -> None:
        self._frame.stop()
        pending, self._pending = self._pending, {}
        for message_id, (texts, reasonings) in pending.items():
            index = self.document.index_of(message_id)
            item = None if index is None else self.document.items[index]
            if index is not None and isinstance(item, ReplyItem) and item.is_streaming:
                top = item.append("".join(texts), "".join(reasonings))
                self.document.restack(index)
                self.refresh(self.document.tops[index] + top)
        self._since_frame.start()

    def finish_message(self, message: StoredMessage) -> None:
        """Show how a reply ended; its text is laid out anew only where it is not what was streamed."""
        self._take_up_text()
        index = self.document.index_of(message.id)
        item = None if index is None else self.document.items[index]
        if index is not None and isinstance(item, ReplyItem):
            item.finish(message)
            self.document.restack(index)
            self.refresh()
            self._describe()

    def remove_message(self, message_id: int) -> None:
        """Show a message no longer."""
        self._pending.pop(message_id, None)
        index = self.document.index_of(message_id)
        if index is not None:
            self._selection = self._hovered = None
            self.document.remove(index)
            self.refresh()
            self._describe()

    def set_notice_before(self, message_id: int | None) -> None:
        """Draw the line from which on the model still sees the conversation, above this message."""
        if message_id == self._divided:
            return
        for changed, label in ((self._divided, ""), (message_id, words("The model sees from here"))):
            index = None if changed is None else self.document.index_of(changed)
            if index is not None:
                self.document.items[index].set_divider(label)
                self.document.restack(index)
        self._divided = message_id
        self.select(None)
        self.refresh()

    def copy_selection(self) -> None:
        """Put the selected text on the clipboard."""
        if self.has_selection:
            self._copy(self.selected_text(), self.tr("Selection"))

    def follow_link(self, href: str) -> None:
        """A link was clicked."""
        if is_safe_link(href):
            self.link_activated.emit(href)

    def press(self, item: MessageItem, hot: Hot) -> None:
        """Do what a click on this does."""
        match hot.action:
            case Action.COPY_CODE:
                self._copy(hot.text, self.tr("Code"))
            case Action.SAVE_CODE:
                self.save_requested.emit(hot.text, hot.block.block.language if hot.block is not None else "")
            case Action.WRAP_CODE:
                self._toggle_wrap(item, hot)
            case Action.COPY_MESSAGE:
                self._copy(item.message.text, self.tr("Message"))
            case Action.RETRY:
                self.retry_requested.emit(item.message.id)
            case Action.DETAILS:
                self.details_requested.emit(item.message.id)
            case Action.FOLD:
                self._toggle_fold(item)

    def _toggle_wrap(self, item: MessageItem, hot: Hot) -> None:
        if hot.block is not None and hot.block.view is not None:
            hot.block.view.wrapped = not hot.block.view.wrapped
            following, self._following = self._following, False
            item.release()
            self.refresh()
            self._following = following and self.verticalScrollBar().value() >= self.verticalScrollBar().maximum()

    def show_target(self, href: str, point: QPointF) -> None:
        """Say where the link under the pointer leads."""
        if href != self._target:
            self._target = href
            self.link_hovered.emit(href)
            if href:
                QToolTip.showText(self.viewport().mapToGlobal(point).toPoint(), tooltip_of(href), self.viewport())
            else:
                QToolTip.hideText()

    def _toggle_fold(self, item: MessageItem) -> None:
        if not isinstance(item, ReplyItem):
            return
        at_end, self._following = self._following, False
        self.select(None)
        item.toggle_fold()
        self.document.restack(self.document.items.index(item))
        self._following = at_end and item.is_streaming
        self.refresh()

    def _copy(self, text: str, label: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(label)

    def _describe(self) -> None:
        last = self.document.items[-1].message.text if self.document.items else ""
        self.setAccessibleDescription(last)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection or a click."""
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
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select all and copy; the rest scrolls."""
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        elif event.key() == Qt.Key.Key_Escape and self.has_selection:
            self.select(None)
        else:
            super().keyPressEvent(event)
