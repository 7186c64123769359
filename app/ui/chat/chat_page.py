"""The page beside the sidebar: header, transcript or state, notices, composer, and their wiring.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.core.chat.conversations import Conversation, StoredMessage
from app.core.engine.messages import Role
from app.core.errors import ParleyError
from app.services.chat_session import ChatSession
from app.services.chat_tools import ChatTools
from app.services.engine_host import EngineHost
from app.services.reply_run import ChatState
from app.services.undo import Deed
from app.ui.chat.composer import Composer
from app.ui.chat.drop_hint import DropHint
from app.ui.chat.engine_status import EngineStatus
from app.ui.chat.header import Header
from app.ui.chat.notices import Notice, ProgressStrip, Toast
from app.ui.chat.problems import Problems
from app.ui.chat.sending import Sending
from app.ui.chat.states import StartView
from app.ui.choices import Choices
from app.ui.file_dialogs import ask_files
from app.ui.stylesheet import SCROLL_BAR_WIDTH
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.chat.reading import ReadingPane
    from app.ui.chat.reading_desk import ReadingDesk
    from app.ui.compare.desk import CompareDesk
    from app.ui.transcript.typesetting import Typeset
    from app.ui.transcript.widget.view import TranscriptView

COLUMN_WIDTH = 760
_Modifier = Qt.KeyboardModifier
_MESSAGES: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_ALT_GR = _Modifier.ControlModifier | _Modifier.AltModifier  # as Windows tells of it


class ChatPage(QWidget):
    """Shows one conversation and the engine's state; asks the session and the engine for the rest."""

    open_model_requested = Signal()
    place_requested = Signal(object)  # GuideLink
    preset_chosen = Signal(int, object)  # id of the reply to give anew, StoredPreset

    def __init__(
        self,
        session: ChatSession,
        engine: EngineHost,
        tools: ChatTools,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._engine = engine
        self._theme = theme
        self._typeset: Typeset = lambda _, then: then(None)
        self._tools = tools
        self.header = Header()
        self.start = StartView()
        self.strip = ProgressStrip()
        self.notice = Notice()
        self.problems = Problems(self.notice)
        self.composer = Composer()
        self.sending = Sending(session, tools.attaching, tools.room, self.composer, self.notice, self)
        self.choices = Choices()
        self._lower = QWidget()
        self.toast = Toast(self)
        self.toast.stand_above(self._lower)
        self.drop_hint = DropHint(self)
        self._status = EngineStatus(session, engine, self.start, self.strip, self.composer, self.problems)
        self._lay_out()
        self._connect_session()
        engine.state_changed.connect(lambda _: self._show_engine())
        self._connect_widgets()
        self._show_conversation(session.conversation)
        self._show_engine()

    @cached_property
    def desk(self) -> ReadingDesk:
        """What is done with the messages; made with the first conversation, so that an empty window is there sooner."""
        from app.ui.chat.message_menu import MessageMenu
        from app.ui.chat.reading import ReadingPane
        from app.ui.chat.reading_desk import ReadingDesk

        pane = ReadingPane(self._theme, self._typeset)
        self._stack.addWidget(pane)
        self.toast.stand_above(pane.transcript.jump)
        QWidget.setTabOrder(self.header.more, pane.transcript)
        pane.said.connect(self.say)
        pane.problem.connect(self.problems.show)
        menu = MessageMenu(self._session, self._tools.tree, self._engine, self.choices, self)
        menu.preset_chosen.connect(self.preset_chosen)
        desk = ReadingDesk(pane, self._session, self._tools, menu)
        desk.left.connect(self._write_next)
        desk.sent_instead.connect(self.sending.send_instead)
        desk.place_requested.connect(self.place_requested)
        pane.transcript.menu_filled.connect(lambda menu, message: self.compare.fill(menu, message))
        return desk

    @cached_property
    def compare(self) -> CompareDesk:
        """Replies side by side; made when the first one is asked for, or with a message's first menu."""
        from app.ui.compare.desk import CompareDesk

        made = CompareDesk(
            self._session, self._engine, self._tools, self.choices, lambda: (self._theme, self._typeset), self
        )
        made.said.connect(self.say)
        made.stored.connect(self.composer.clear_sent)
        made.problem.connect(self.problems.show)
        return made

    def close_comparisons(self) -> None:
        """Before the window closes: keep what the replies have that are being compared."""
        if "compare" in self.__dict__:
            self.compare.shutdown()

    @property
    def reading(self) -> ReadingPane:
        """The conversation with the bar to find words in it."""
        return self.desk.pane

    @property
    def transcript(self) -> TranscriptView:
        """The messages themselves."""
        return self.reading.transcript

    def set_typesetter(self, typeset: Typeset) -> None:
        """Have code coloured and formulas drawn; said before the first conversation is shown."""
        self._typeset = typeset

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        self._theme = theme
        if "desk" in self.__dict__:
            self.transcript.set_theme(theme)
        if "compare" in self.__dict__:
            self.compare.set_theme(theme)

    def say(self, text: str) -> None:
        """Tell something that needs no answer."""
        self.toast.say(text)

    def stop_or_dismiss(self) -> None:
        """What Esc does: stop the reply, else close the notice, else go back to writing."""
        if self._session.state is not ChatState.IDLE:
            self._session.stop()
        elif self.notice.isVisible():
            self.notice.dismiss()
        else:
            self._write_next()

    def copy_last_reply(self) -> None:
        """Put the newest reply on the clipboard."""
        shown = self._session.conversation
        replies = [message for message in shown.path() if message.role is Role.ASSISTANT] if shown else []
        if replies:
            self._copy(replies[-1].text, self.tr("Reply copied"))

    def copy_conversation(self) -> None:
        """Put the whole conversation on the clipboard, as text."""
        shown = self._session.conversation
        if shown is not None:
            self._copy("\n\n".join(map(self._as_text, shown.path())) + "\n", self.tr("Chat copied"))

    def resizeEvent(self, event: object) -> None:
        """Keep the short message in its place."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.toast.place()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.setMinimumHeight(80)
        self._stack.addWidget(self.start)
        self._lower.setMaximumWidth(COLUMN_WIDTH)
        inner = QVBoxLayout(self._lower)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(self.notice)
        inner.addWidget(self.strip)
        inner.addWidget(self.composer)
        middle = QHBoxLayout()
        # The transcript's scroll bar takes its width away from the column; what stands below is to be in line.
        middle.setContentsMargins(24, 8, 24, 0)
        left, right = (0, SCROLL_BAR_WIDTH) if self.isLeftToRight() else (SCROLL_BAR_WIDTH, 0)
        self.start.setContentsMargins(left, 0, right, 0)
        middle.addStretch()
        middle.addWidget(self._lower, 1000)
        middle.addStretch()
        middle.addSpacing(SCROLL_BAR_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)
        column.addLayout(middle)

    def _connect_session(self) -> None:
        session = self._session
        session.conversation_changed.connect(self._show_conversation)
        session.message_added.connect(self._add_message)
        session.problem.connect(self._on_problem)

    def _connect_widgets(self) -> None:
        self.composer.attach_requested.connect(self.choose_files)
        self.composer.files_pasted.connect(self.attach)
        self.composer.edit.last_wanted.connect(self.edit_last)
        self.composer.edit.undo_wanted.connect(self._tools.undo.undo)
        self._tools.tree.problem.connect(self.problems.show)
        self._tools.tree.branched.connect(lambda: self.say(self.tr("This is the new chat")))
        self._tools.undo.problem.connect(self.problems.show)
        self._tools.undo.pushed.connect(self._offer_undo)
        self.composer.stop_requested.connect(self._session.stop)
        self.header.copy_requested.connect(self.copy_conversation)
        self.header.title_left.connect(self._write_next)
        for passing in (self.notice, self.strip, self.toast):
            passing.left.connect(self._write_next)
        self.problems.open_model_requested.connect(self.open_model_requested)
        self.start.open_requested.connect(self.open_model_requested)
        self.start.choose_requested.connect(self.header.model.open_menu)
        self.problems.choose_model_requested.connect(self.header.model.open_menu)
        self.start.asked.connect(self.sending.send)

    def choose_files(self) -> None:
        """Let the user choose files for the next message to take along."""
        ask_files(self, self.tr("Attach files"), self.attach)

    def take_key(self, event: QKeyEvent) -> bool:
        """Whether a key that nothing else wanted goes to the messages, or begins or goes on with the next one."""
        if event.modifiers() & ~_Modifier.KeypadModifier == _Modifier.AltModifier and event.key() in _MESSAGES:
            return self._go_to_messages(_MESSAGES[event.key()])
        if event.matches(QKeySequence.StandardKey.Paste):
            self._write_next()
            self.composer.edit.paste()
            return True
        written = event.text()
        held = event.modifiers() & (_ALT_GR | _Modifier.MetaModifier)
        is_command = held not in (_Modifier.NoModifier, _ALT_GR)
        if is_command or not written.strip() or not written.isprintable():
            return False
        self._write_next()
        QGuiApplication.sendEvent(self.composer.edit, event)
        return True

    def _go_to_messages(self, by: int) -> bool:
        if self._session.conversation is None:
            return False
        transcript = self.transcript
        transcript.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if transcript.focus.place is None and transcript.is_at_end:
            transcript.focus.go_to_last()
        else:
            transcript.focus.go_to_message(by)
        return True

    def attach(self, paths: Sequence[Path]) -> None:
        """Take files along with the next message; the model is loaded, since it is to count them."""
        self._tools.attaching.add(paths)
        self._engine.prepare()
        self._write_next()

    def _write_next(self) -> None:
        self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def edit_last(self) -> None:
        """Edit the last message that the user wrote."""
        if self._session.conversation is not None:
            self.desk.edit_last()

    def retry_last(self) -> None:
        """Have the last message answered once more."""
        path = self._session.conversation.path() if self._session.conversation else []
        if path and path[-1].role is Role.ASSISTANT:
            self._session.retry(path[-1].id)

    def _add_message(self, message: StoredMessage) -> None:
        self.transcript.add_message(message)
        if message.role is Role.USER:
            self.sending.was_stored(message.text)

    def _show_conversation(self, conversation: Conversation | None) -> None:
        path = conversation.path() if conversation else []
        if conversation is not None:
            self.desk.show(conversation)
            for message in path[:2] + path[-2:]:
                if message.role is Role.USER:
                    self.sending.was_stored(message.text)
        title = conversation.summary.title if conversation else ""
        self.header.set_title(title, stored=conversation is not None)
        self.header.set_temporary(self._session.is_temporary)
        self.composer.set_temporary(self._session.is_temporary)
        self._show_engine()
        self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_engine(self) -> None:
        self._stack.setCurrentWidget(self.start if self._session.conversation is None else self.reading)
        self.header.model.show_model(self._engine.file)
        self._status.show()

    def _on_problem(self, error: ParleyError) -> None:
        self.sending.failed()
        self.problems.show(error)

    def _offer_undo(self, deed: Deed) -> None:
        done = {
            Deed.MESSAGE_DELETED: self.tr("Message deleted"),
            Deed.BRANCH_DELETED: self.tr("Messages deleted"),
        }.get(deed)
        if done is not None:
            self.toast.offer(done, self.tr("Undo"), self._tools.undo.undo)

    def _copy(self, text: str, said: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.toast.say(said)

    def _as_text(self, message: StoredMessage) -> str:
        match message.role:
            case Role.USER:
                who = self.tr("You")
            case Role.SYSTEM:
                who = self.tr("System prompt")
            case _:
                who = message.record.model.name if message.record else "Parley"
        return f"**{who}**\n\n{message.text}"
