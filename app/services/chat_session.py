"""The conversation that is shown, and what the user asks of it.

Runs on the window's thread.  Everything slow happens elsewhere: writes on the database lane,
inference in the engine's child.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app.chat.context import context_use, first_seen, model_view, require_text
from app.chat.turn import opening_record
from app.core.conversation_errors import UnknownFolder
from app.core.conversations import Conversation, StoredMessage
from app.core.errors import EngineBusy, NoModel, ParleyError
from app.core.messages import ReplyRecord
from app.core.models import ModelFile
from app.core.presets import ChosenPreset
from app.core.sampling import Sampling
from app.services.engine_host import EngineHost
from app.services.relay import Storage, ignore
from app.services.reply_run import ChatState, ReplyJob, ReplyRun

if TYPE_CHECKING:
    from app.storage.conversations import Exchange
    from app.storage.stores import Stores

__all__ = ["ChatSession", "ChatState"]


class ChatSession(QObject):
    """The shown conversation; of the running reply only what belongs to it is passed on."""

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
    consent_needed = Signal(object, object)  # ModelFile on a server, Callable that goes on
    values_needed = Signal(object, str)  # ChosenPreset whose variables have no value yet, the message that waits

    def __init__(
        self,
        engine: EngineHost,
        storage: Storage,
        parent: QObject | None = None,
        *,
        temporary: Storage | None = None,
        user_name: Callable[[], str] = str,
        must_ask: Callable[[ModelFile, Conversation | None], bool] = lambda *_: False,
    ) -> None:
        """`temporary` holds what leaves no trace; `user_name` tells what {{user}} in a preset stands for now.

        `must_ask` tells whether the user has to agree before a conversation goes where a model runs.
        """
        super().__init__(parent)
        self._engine = engine
        self._kept = storage
        self._temporary = temporary
        self._user_name = user_name
        self._must_ask = must_ask
        self._agreed: object = None
        self._beginning = False
        self._wanted = 0
        self.is_temporary = False
        self._folder_id: int | None = None
        self.preset: ChosenPreset | None = None
        self._run = ReplyRun(engine, self)
        self.conversation: Conversation | None = None
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
        """Whether a reply is being written, in whichever conversation."""
        return self._beginning or self._run.job is not None

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
        self._folder_id = folder_id
        self._show(None, preset)

    def use_preset(self, preset: ChosenPreset | None) -> None:
        """Answer with a preset from the next reply on."""
        self.preset = preset
        self.preset_changed.emit(preset)
        shown = self.conversation
        if shown is not None:
            self._keep_preset(shown.summary.id, preset)

    @property
    def answering_id(self) -> int | None:
        """The conversation that is being answered, whichever is shown."""
        job = self._run.job
        return None if job is None else job.conversation_id

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
                self.is_temporary, self._folder_id = False, None
                self._show(*found)
                if message_id is not None and message_id in found[0]:
                    self.message_found.emit(message_id)

        self._kept.call(read, show, self.problem.emit)

    def show_changed(self, conversation: Conversation) -> None:
        """Show what has become of the shown conversation; nothing if another one is shown by now."""
        shown = self.conversation
        if shown is not None and shown.summary.id == conversation.summary.id:
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

    def show_path(self) -> None:
        """Tell which path of the shown conversation is read now."""
        if self.conversation is not None:
            self._take_over_reply(self.conversation)
            self.path_changed.emit(self.conversation.path())
            self._show_context()
            self._show_view()

    def send(self, text: str) -> None:
        """Store the user's message, then have it answered."""
        self._ask(text, self.conversation.leaf_id if self.conversation else None)

    def send_instead(self, message_id: int, text: str) -> None:
        """Put other words beside a message of the user's, and have them answered; the old branch stays."""
        shown = self.conversation
        if shown is not None and message_id in shown:
            self._ask(text, shown[message_id].parent_id)

    def _ask(self, text: str, parent_id: int | None) -> None:
        shown = self.conversation
        conversation_id = shown.summary.id if shown else None
        if self.preset is not None and self.preset.system is None and self.preset.missing:
            self.values_needed.emit(self.preset, text)
            return
        if self._waits_for_consent(lambda: self._ask(text, parent_id)):
            return
        try:
            clean = require_text(text)
            record = self._opening_record(shown.path(parent_id) if shown and parent_id is not None else [])
        except ParleyError as error:
            self.problem.emit(error)
            return
        preset = self.preset
        system = (preset.system or "") if preset and parent_id is None else ""

        folder_id = self._folder_id

        def begin(stores: Stores) -> Exchange:
            exchange = stores.conversations.begin_exchange(conversation_id, parent_id, clean, system, record=record)
            if preset is not None and conversation_id is None:
                stores.presets.set_for_conversation(exchange.conversation.id, preset)
            if folder_id is not None and conversation_id is None:
                with suppress(UnknownFolder):  # it was deleted while the first message was being written
                    stores.listing.file({exchange.conversation.id: folder_id})
            return exchange

        self._beginning = True
        self.storage.call(begin, lambda exchange: self._begin(shown, exchange), self._not_begun)

    def _waits_for_consent(self, then: Callable[[], None]) -> bool:
        """Whether the user is asked first; `then` follows if it is still about the same when they agree."""
        file, shown = self._engine.file, self.conversation
        asked = (file, shown)
        if file is None or self._agreed == asked or not self._must_ask(file, shown):
            return False

        def go_on() -> None:
            if (self._engine.file, self.conversation) != asked:
                return
            self._agreed = asked
            then()
            self._agreed = None

        self.consent_needed.emit(file, go_on)
        return True

    def retry(self, reply_id: int) -> None:
        """Answer the same message once more, beside the reply there is."""
        if self._waits_for_consent(lambda: self.retry(reply_id)):
            return
        shown = self.conversation
        if shown is None or reply_id not in shown or (parent_id := shown[reply_id].parent_id) is None:
            return
        self._begin_reply(
            shown,
            shown.path(parent_id),
            lambda stores, record: stores.conversations.begin_reply(shown.summary.id, parent_id, record=record),
        )

    def go_on(self, reply_id: int) -> None:
        """Let a reply be written further from where it was cut off."""
        if self._waits_for_consent(lambda: self.go_on(reply_id)):
            return
        shown = self.conversation
        if shown is None or reply_id not in shown:
            return
        self._begin_reply(
            shown,
            shown.path(shown[reply_id].parent_id),
            lambda stores, record: stores.conversations.begin_continuation(shown.summary.id, reply_id, record=record),
        )

    def _begin_reply(
        self,
        shown: Conversation,
        path: list[StoredMessage],
        begin: Callable[[Stores, ReplyRecord], StoredMessage],
    ) -> None:
        try:
            record = self._opening_record(path)
        except ParleyError as error:
            self.problem.emit(error)
            return
        self._beginning = True
        self.storage.call(
            lambda stores: begin(stores, record), lambda reply: self._begin_again(shown, reply), self._not_begun
        )

    def stop(self) -> None:
        """Stop the shown conversation's reply; what was written is kept."""
        if self.state is not ChatState.IDLE:
            self._run.stop()

    def shutdown(self) -> None:
        """Before the program exits: store what the running reply has."""
        self._run.save_and_leave()

    def _free_engine_file(self) -> ModelFile:
        if self.is_answering:
            raise EngineBusy
        if self._engine.file is None:
            raise NoModel
        return self._engine.file

    def _opening_record(self, path: list[StoredMessage]) -> ReplyRecord:
        """The record of a reply to a path, made with the preset of now; it is filled in if it was not yet."""
        file, preset = self._free_engine_file(), self.preset
        if preset is None:
            return opening_record(file, Sampling())
        if preset.system is None:
            preset = self.preset = preset.begun(self._user_name(), file.identity.name, datetime.now())
            if self.conversation is not None:
                self._keep_preset(self.conversation.summary.id, preset)
        return opening_record(file, preset.preset.sampling, preset, path)

    def _keep_preset(self, conversation_id: int, preset: ChosenPreset | None) -> None:
        self.storage.call(
            lambda stores: stores.presets.set_for_conversation(conversation_id, preset), ignore, self.problem.emit
        )

    def _begin(self, shown: Conversation | None, exchange: Exchange) -> None:
        if shown is None:
            messages = [one for one in (exchange.system, exchange.user, exchange.reply) if one is not None]
            shown = Conversation(exchange.conversation, messages, exchange.reply.id)
            if self.conversation is None and self.is_temporary == shown.summary.is_temporary:
                self._show(shown, self.preset)
            self._answer(shown, exchange.reply)
            return
        follows = exchange.user.parent_id == shown.leaf_id
        for message in (exchange.system, exchange.user, exchange.reply):
            if message is not None:
                shown.put(message)
                if self.conversation is shown and follows:
                    self.message_added.emit(message)
        if self.conversation is shown and not follows:
            self.show_path()
        self._answer(shown, exchange.reply)

    def _begin_again(self, shown: Conversation, reply: StoredMessage) -> None:
        shown.put(reply)
        if self.conversation is shown:
            self.show_path()
        self._answer(shown, reply)

    def _answer(self, conversation: Conversation, reply: StoredMessage) -> None:
        self._beginning = False
        self.conversations_changed.emit()
        assert reply.record is not None
        # What is continued has words already: the model reads them, and writes on.
        view = model_view(conversation.path(reply.id if reply.text else reply.parent_id), reply.record.system)
        storage = self._storage_of(is_temporary=conversation.summary.is_temporary)
        self._run.start(ReplyJob(conversation.summary.id, reply, view, storage, reply.record.template))
        self.answering_changed.emit(self.answering_id)

    def _storage_of(self, *, is_temporary: bool) -> Storage:
        return self._temporary if is_temporary and self._temporary is not None else self._kept

    def _leave(self) -> None:
        """A reply that nobody could ever read again is not written to its end."""
        if self.is_temporary:
            self.stop()

    def _not_begun(self, error: ParleyError) -> None:
        self._beginning = False
        self.problem.emit(error)

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
