"""The conversation as it is read: messages are shown, streamed, selected and acted upon.

Window process, interface thread. Messages are stacks of small layouts (`document.item`) on one
canvas, never one document and never widgets. Streamed text is taken up once per frame, and only the
lines that changed are laid out and painted again, so that a token costs the same however long the
reply is.

Measured in a window of 1100 x 800 on two cores without a GPU, with 5,000 messages of text, code, tables
and formulas (`tests/bench/transcript.py`): they open in 80 ms, and 50 MB are held after all were read;
a token at 200 a second costs 0.2 ms, also in a reply of 200,000 characters. The other design that was
measured, one QTextDocument for all, takes 3.9 s to open and 189 MB, and 1.15 ms per token of plain text,
most of it for painting the whole viewport. At 40 tokens a second a growing QTextBrowser for each message
took 3 ms per token, a label with Markdown 19 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Role
from app.ui.theme import LIGHT, Theme
from app.ui.transcript.document.parts import WHOLE, FocusPlace, number_of
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.rows.row import Branches, Hot
from app.ui.transcript.typesetting import Typeset, leave_as_it_is
from app.ui.transcript.widget.access import interface_of
from app.ui.transcript.widget.announcer import Announcer, announce
from app.ui.transcript.widget.interaction import TranscriptInteraction
from app.ui.transcript.words import words

# As often as the engine sends words; more frames would show nothing new, and take the cores from it.
FRAME_MS = 50
# Nobody reads along at more than this many characters a millisecond (some 300 tokens a second): draw half as often.
_FAST = 1.2
_FAST_FRAME_MS = 100


class TranscriptView(TranscriptInteraction):
    """Shows messages, and follows a reply while it is written; `shown` tells that others are shown now."""

    shown = Signal()

    def __init__(self, theme: Theme = LIGHT, typeset: Typeset = leave_as_it_is, parent: QWidget | None = None) -> None:
        """Without a typesetter, code is not coloured, and formulas are shown as their source."""
        QAccessible.installFactory(interface_of)
        super().__init__(theme, typeset, parent)
        self._pending: dict[int, tuple[list[str], list[str]]] = {}
        self._divided: int | None = None
        self._announcer = Announcer(partial(announce, self))
        self._pace = FRAME_MS
        self._since_frame = QElapsedTimer()
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._take_up_text)
        self.setAccessibleName(self.tr("Chat"))

    def set_messages(self, messages: Iterable[StoredMessage]) -> None:
        """Show a conversation, its end first."""
        self._pending.clear()
        self._divided = None
        self.forget_places()
        self.document.set_messages(messages)
        self.document.mark_models()
        self.scroll_to_bottom()
        self._describe()
        self.shown.emit()

    def show_path(self, messages: Iterable[StoredMessage]) -> None:
        """Show another path of the same conversation; what both begin with stays where it is."""
        self._take_up_text()
        self.set_notice_before(None)
        focus, part = self.focus.place, self.focus.part()
        self.forget_places()
        first = self.document.change(messages)
        self.document.mark_models()
        items = self.document.items
        self._following = bool(items) and isinstance(items[-1], ReplyItem) and items[-1].is_streaming
        self.refresh()
        if not self._following and first < len(items):
            self.show_stretch(first, 0.0, items[first].height)
        if focus is not None and focus.message < len(items):
            self._focus_again(focus.message, part.hot if part is not None else None)
        self._describe()
        self.shown.emit()

    def lend(self, message_id: int, height: float | None) -> None:
        """Leave a message's place to a widget of this height, and bring it into view; None takes it back."""
        index = self.document.index_of(message_id)
        if index is not None:
            self._following = False
            self.document.items[index].lend(height)
            self.document.restack(index)
            self.refresh()
            if height is not None:
                self.show_stretch(index, 0.0, height)

    def set_cost(self, message_id: int, cost: str) -> None:
        """Say what a message takes of the context, in words for its actions."""
        index = self.document.index_of(message_id)
        if index is not None and self.document.page.costs.get(message_id) != cost:
            self.document.page.costs[message_id] = cost
            self.document.items[index].branches_changed()
            self.viewport().update()

    def forget_costs(self) -> None:
        """What was said of costs holds no longer."""
        self.document.page.costs.clear()

    def set_branches(self, branches: Branches) -> None:
        """Say which messages have others at their place."""
        self.document.set_branches(branches)
        self.document.restack(0)
        self.refresh()

    def _focus_again(self, message: int, hot: Hot | None) -> None:
        """Go to the same button of the message that has come to this place."""
        item = self.bring(message, 0.0)
        item.lay_out_lines()
        self.document.restack(message)
        self.focus.go(FocusPlace(message, WHOLE if hot is None else number_of(item, hot.action)))

    def clear(self) -> None:
        """Show nothing."""
        self.set_messages([])

    def add_message(self, message: StoredMessage) -> None:
        """Show one more message at the end; the user's own brings the end into view."""
        self._take_up_text()
        self.document.add(message)
        self.document.mark_models()
        self._following = self._following or message.role is Role.USER
        self.refresh()
        self._describe()

    def append_text(self, message_id: int, text: str, reasoning: str = "") -> None:
        """Add streamed text to a reply; it is drawn with the next frame."""
        texts, reasonings = self._pending.setdefault(message_id, ([], []))
        texts.append(text)
        reasonings.append(reasoning)
        if not self._frame.isActive():
            waited = self._since_frame.elapsed() if self._since_frame.isValid() else self._pace
            self._frame.start(max(0, self._pace - waited))

    def _take_up_text(self) -> None:
        self._frame.stop()
        pending, self._pending = self._pending, {}
        for message_id, (texts, reasonings) in pending.items():
            index = self.document.index_of(message_id)
            item = None if index is None else self.document.items[index]
            if index is not None and isinstance(item, ReplyItem) and item.is_streaming:
                text = "".join(texts)
                self._pace = _FAST_FRAME_MS if len(text) > _FAST * self._pace else FRAME_MS
                tall = self.document.height
                top, bottom = item.append(text, "".join(reasonings))
                if QAccessible.isActive():
                    self._announcer.add(text)
                self.document.restack(index)
                y = self.document.tops[index]
                self._refresh_between(y + top, y + bottom, tall)
        self._since_frame.start()

    def finish_message(self, message: StoredMessage) -> None:
        """Show how a reply ended; its text is laid out anew only where it is not what was streamed."""
        self._take_up_text()
        index = self.document.index_of(message.id)
        item = None if index is None else self.document.items[index]
        if index is not None and isinstance(item, ReplyItem):
            item.finish(message)
            self.document.mark_models()
            self._announcer.finish()
            self.document.restack(index)
            self.refresh()
            self._describe()
            self.shown.emit()

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

    def _describe(self) -> None:
        last = self.document.items[-1].message.text if self.document.items else ""
        self.setAccessibleDescription(last)
