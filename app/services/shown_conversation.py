"""The conversation that is shown: which one it is, the path that is read, and how far its reply is.

Runs on the window's thread; conversations are read on the database lane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.chat.context import context_use, first_seen
from app.core.chat.conversations import Conversation, ConversationSummary, StoredMessage
from app.core.chat.presets import ChosenPreset
from app.services.engine_host import EngineHost
from app.services.relay import Storage, ignore
from app.services.reply_run import ChatState, ReplyRun

if TYPE_CHECKING:
    from app.storage.stores import Stores


class ShownConversation(QObject):
    """What is shown; of the running reply only what belongs to it is passed on."""

    conversation_changed = Signal(object)  # Conversation, or None for a new one
    message_added = Signal(object)  # StoredMessage
    reply_text = Signal(int, str, str)  # message id, text, reasoning
    reply_finished = Signal(object)  # StoredMessage
    path_changed = Signal(list)  # list[StoredMessage]; what both paths begin with is the same
    state_changed = Signal(ChatState)
    prompt_progress = Signal(int, int)  # tokens done, total
    context_changed = Signal(int, int)  # tokens used, limit; 0, 0 when unknown
    rate_changed = Signal(float)  # tokens per second
    view_changed = Signal(object)  # id of the first message the model sees, or None
    problem = Signal(object)  # ParleyError
    answering_changed = Signal(object)  # id of the conversation that is being answered, or None
    message_found = Signal(int)  # a message to jump to stands in the shown conversation now
    conversations_changed = Signal()  # one was made, or got a new message
    preset_changed = Signal(object)  # ChosenPreset, or None
    titled = Signal(str)  # the shown conversation has another title

    def __init__(
        self,
        engine: EngineHost,
        storage: Storage,
        parent: QObject | None = None,
        *,
        temporary: Storage | None = None,
    ) -> None:
        """`temporary` holds what leaves no trace."""
        super().__init__(parent)
        self._engine = engine
        self._run = ReplyRun(engine, self)
        self._kept = storage
        self._temporary = temporary
        self._wanted = 0
        self.folder_id: int | None = None
        self.is_temporary = False
        self.conversation: Conversation | None = None
        self.preset: ChosenPreset | None = None
        engine.state_changed.connect(lambda _: self._show_context())
        self._run.problem.connect(self.problem)
        self._run.finished.connect(self._on_finished)
        self._run.state_changed.connect(self._on_state)
        self._run.prompt_progress.connect(self._on_prompt)
        self._run.rate_changed.connect(self._on_rate)
        self._run.view_found.connect(self._on_view)
        self._run.text_added.connect(self._on_text)

    @property
    def state(self) -> ChatState:
        """How far the shown conversation's reply is."""
        job = self._run.job
        return self._run.state if job and self._shows(job.reply.id) else ChatState.IDLE

    @property
    def is_answering(self) -> bool:
        """Whether a reply is being begun or written, in whichever conversation."""
        return not self._run.is_free

    @property
    def answering_id(self) -> int | None:
        """The conversation that is being answered, whichever is shown."""
        job = self._run.job
        return None if job is None else job.conversation_id

    @property
    def storage(self) -> Storage:
        """Where the shown conversation is, or will be."""
        return self._storage_of(is_temporary=self.is_temporary)

    def new_conversation(
        self, preset: ChosenPreset | None = None, *, temporary: bool = False, folder_id: int | None = None
    ) -> None:
        """Show an empty conversation; it is stored with its first message, a temporary one in memory alone."""
        self._wanted += 1
        self._leave()
        self.is_temporary = temporary
        self.folder_id = folder_id
        self._show(None, preset)

    def use_preset(self, preset: ChosenPreset | None) -> None:
        """Answer with a preset from the next reply on."""
        self.preset = preset
        self.preset_changed.emit(preset)
        self._keep_preset()

    def open(self, conversation_id: int, message_id: int | None = None) -> None:
        """Show a stored conversation, unless another one is asked for before it has been read.

        With a message it is shown on a path that holds it; `message_found` follows if it is still there.
        """
        self._wanted += 1
        wanted = self._wanted

        def read(stores: Stores) -> tuple[Conversation, ChosenPreset | None]:
            found = stores.conversations.load(conversation_id)
            if message_id is not None and message_id in found and message_id not in {one.id for one in found.path()}:
                found.leaf_id = found.leaf_below(message_id)
                stores.conversations.set_leaf(conversation_id, found.leaf_id)
            return found, stores.presets.of_conversation(conversation_id)

        def show(found: tuple[Conversation, ChosenPreset | None]) -> None:
            if wanted == self._wanted:
                self._leave()
                self.is_temporary, self.folder_id = False, None
                self._show(*found)
                if message_id is not None and message_id in found[0]:
                    self.message_found.emit(message_id)

        self._kept.call(read, show, self.problem.emit)

    def show_changed(self, conversation: Conversation) -> None:
        """Show what has become of the shown conversation; nothing if another one is shown by now."""
        if self._is_shown(conversation):
            self.conversation = conversation
            self.show_path()

    def read_again(self) -> None:
        """Show what another process made of the shown conversation, unless a reply is being written here."""
        shown = self.conversation
        if shown is None or self.is_answering or self.is_temporary:
            return

        def compare(found: Conversation) -> None:
            if self.conversation is shown and not self.is_answering and found.path() != shown.path():
                self.show_changed(found)

        self._kept.call(lambda stores: stores.conversations.load(shown.summary.id), compare, ignore)

    def read_title(self) -> None:
        """Find out what the shown conversation is called now, and where it is."""
        shown = self.conversation
        if shown is None:
            return

        def take(found: ConversationSummary) -> None:
            now = self._as_shown(shown)
            before, now.summary = now.summary, found
            if self.conversation is now and found.title != before.title:
                self.titled.emit(found.title)

        self.storage.call(lambda stores: stores.conversations.summary(shown.summary.id), take, ignore)

    def show_path(self) -> None:
        """Tell which path of the shown conversation is read now."""
        if self.conversation is not None:
            self._take_over_reply(self.conversation)
            self.path_changed.emit(self.conversation.path())
            self._show_context()
            self._show_view()

    def stop(self) -> None:
        """Stop the shown conversation's reply; what was written is kept."""
        if self.state is not ChatState.IDLE:
            self._run.stop()

    def _storage_of(self, *, is_temporary: bool) -> Storage:
        return self._temporary if is_temporary and self._temporary is not None else self._kept

    def _is_shown(self, conversation: Conversation) -> bool:
        """Whether it is the shown one, whatever was read of it since."""
        return self.conversation is not None and self.conversation.summary.id == conversation.summary.id

    def _as_shown(self, conversation: Conversation) -> Conversation:
        """A conversation with what was read of it since, if it is still the shown one."""
        shown = self.conversation
        return shown if shown is not None and self._is_shown(conversation) else conversation

    def _keep_preset(self) -> None:
        """Store what the shown conversation is answered with; a new one's is stored with its first message."""
        shown, preset = self.conversation, self.preset
        if shown is not None:
            self.storage.call(
                lambda stores: stores.presets.set_for_conversation(shown.summary.id, preset), ignore, self.problem.emit
            )

    def _leave(self) -> None:
        """A reply that nobody could ever read again is not written to its end."""
        if self.is_temporary:
            self.stop()

    def _show(self, conversation: Conversation | None, preset: ChosenPreset | None) -> None:
        if conversation is not None:
            self._take_over_reply(conversation)
        self.conversation = conversation
        self.preset = preset
        self.conversation_changed.emit(conversation)
        self.preset_changed.emit(preset)
        self.state_changed.emit(self.state)
        self._show_context()
        self._show_view()

    def _take_over_reply(self, conversation: Conversation) -> None:
        """Put what the running reply has come to into a conversation that was read or was not followed."""
        job = self._run.job
        if job is not None and job.reply.id in conversation:
            text, reasoning = self._run.so_far
            reply = msgspec.structs.replace(conversation[job.reply.id], text=text, reasoning=reasoning)
            conversation.put(reply, activate=False)

    def _shows(self, reply_id: int) -> bool:
        return self.conversation is not None and reply_id in self.conversation

    def _on_state(self, reply_id: int, state: ChatState) -> None:
        if self._shows(reply_id):
            self.state_changed.emit(state)

    def _on_prompt(self, reply_id: int, done: int, total: int) -> None:
        if self._shows(reply_id):
            self.prompt_progress.emit(done, total)
            self.context_changed.emit(done, self._context_limit())

    def _on_rate(self, reply_id: int, rate: float, context_tokens: int) -> None:
        if self._shows(reply_id):
            self.rate_changed.emit(rate)
            self.context_changed.emit(context_tokens, self._context_limit())

    def _on_text(self, reply_id: int, text: str, reasoning: str) -> None:
        if self._shows(reply_id):
            self.reply_text.emit(reply_id, text, reasoning)

    def _on_view(self, reply_id: int, view_start: int) -> None:
        job = self._run.job
        if job is not None and self._shows(reply_id):
            self.view_changed.emit(job.view.first_seen(view_start))

    def _on_finished(self, reply_id: int, reply: StoredMessage) -> None:
        if self.conversation is not None and self._shows(reply_id):
            self.conversation.put(reply, activate=False)
            self.reply_finished.emit(reply)
            self._show_context()
        self.answering_changed.emit(self.answering_id)
        self.conversations_changed.emit()

    def _show_context(self) -> None:
        path = self.conversation.path() if self.conversation else []
        self.context_changed.emit(context_use(path)[0], self._context_limit())

    def _context_limit(self) -> int:
        if self._engine.model is not None:
            return self._engine.model.context_length
        return context_use(self.conversation.path() if self.conversation else [])[1]

    def _show_view(self) -> None:
        self.view_changed.emit(first_seen(self.conversation.path()) if self.conversation else None)
