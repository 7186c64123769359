"""What the user asks of the shown conversation: messages to be answered, and replies given anew.

Runs on the window's thread. Everything slow happens elsewhere: writes on the database lane,
inference in the engine's child.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.chat.context import model_view, require_text
from app.chat.turn import opening_record
from app.core.chat.conversation_errors import UnknownFolder
from app.core.chat.conversations import Conversation, StoredMessage
from app.core.engine.engine_errors import EngineBusy
from app.core.engine.messages import ReplyRecord
from app.core.engine.model_errors import NoModel
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import ParleyError
from app.services.engine_host import EngineHost
from app.services.relay import Storage
from app.services.reply_run import ReplyJob
from app.services.shown_conversation import ShownConversation

if TYPE_CHECKING:
    from app.storage.conversations import Exchange
    from app.storage.stores import Stores


class ChatSession(ShownConversation):
    """The shown conversation and the one engine that answers; one reply is begun or written at a time."""

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
        super().__init__(engine, storage, parent, temporary=temporary)
        self._user_name = user_name
        self._must_ask = must_ask
        self._agreed: object = None

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
        conversation_id, preset = shown.summary.id if shown else None, self.preset
        system = (preset.system or "") if preset and parent_id is None else ""
        folder_id = self.folder_id

        def begin(stores: Stores) -> Exchange:
            exchange = stores.conversations.begin_exchange(conversation_id, parent_id, clean, system, record=record)
            if preset is not None and conversation_id is None:
                stores.presets.set_for_conversation(exchange.conversation.id, preset)
            if folder_id is not None and conversation_id is None:
                with suppress(UnknownFolder):  # it was deleted while the first message was being written
                    stores.listing.file({exchange.conversation.id: folder_id})
            return exchange

        self._run.claim()
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
        self._run.claim()
        self.storage.call(
            lambda stores: begin(stores, record), lambda reply: self._begin_again(shown, reply), self._not_begun
        )

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
            self._keep_preset()
        return opening_record(file, preset.preset.sampling, preset, path)

    def _begin(self, asked: Conversation | None, exchange: Exchange) -> None:
        messages = [one for one in (exchange.system, exchange.user, exchange.reply) if one is not None]
        if asked is None:
            self._begin_first(Conversation(exchange.conversation, messages, exchange.reply.id), exchange.reply)
            return
        shown = self._as_shown(asked)
        follows = exchange.user.parent_id == shown.leaf_id
        for message in messages:
            shown.put(message)
            if self.conversation is shown and follows:
                self.message_added.emit(message)
        if self.conversation is shown and not follows:
            self.show_path()
        self._answer(shown, exchange.reply)

    def _begin_first(self, made: Conversation, reply: StoredMessage) -> None:
        if self.conversation is None and self.is_temporary == made.summary.is_temporary:
            self._show(made, self.preset)
        self._answer(made, reply)

    def _begin_again(self, asked: Conversation, reply: StoredMessage) -> None:
        shown = self._as_shown(asked)
        shown.put(reply)
        if self.conversation is shown:
            self.show_path()
        self._answer(shown, reply)

    def _answer(self, conversation: Conversation, reply: StoredMessage) -> None:
        if conversation.summary.is_temporary and not self._is_shown(conversation):
            self._run.release()  # it was left meanwhile, and nobody could ever read the reply
            return
        self.conversations_changed.emit()
        assert reply.record is not None
        # What is continued has words already: the model reads them, and writes on.
        view = model_view(conversation.path(reply.id if reply.text else reply.parent_id), reply.record.system)
        storage = self._storage_of(is_temporary=conversation.summary.is_temporary)
        self._run.start(ReplyJob(conversation.summary.id, reply, view, storage, reply.record.template))
        self.answering_changed.emit(self.answering_id)

    def _not_begun(self, error: ParleyError) -> None:
        self._run.release()
        self.problem.emit(error)
