"""A conversation from the terminal: the same steps as in the window, one after another.

Runs on the command line's only thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from app.chat.context import model_view, require_text
from app.chat.turn import Turn, generation, opening_record
from app.cli.engine import Engine
from app.cli.options import Manner
from app.cli.output import OutputFailed
from app.core.chat.conversations import Conversation, StoredMessage
from app.core.chat.presets import ChosenPreset, VariablesMissing
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import Digest, Finished, Generate, Piece, PromptProgress
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.core.engine.model_errors import NoModel
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import Cancelled, ParleyError, UserError
from app.storage.lane import Lane
from app.storage.stores import Stores


class NothingToRetry(UserError):
    """There is no message yet that could be answered again."""

    text = "There is no message to answer again."
    advice = "Write one first."


class ReplyView(Protocol):
    """What shows a reply while it is written; every method may raise `OutputFailed`."""

    def loading(self, fraction: float) -> None:
        """The model is being loaded."""

    def reading(self, progress: PromptProgress) -> None:
        """The prompt is being processed."""

    def piece(self, piece: Piece) -> None:
        """The next words."""

    def problem(self, error: ParleyError) -> None:
        """A write failed that will be tried again."""


class Unseen:
    """Shows nothing: for a reply whose output is closed."""

    def loading(self, fraction: float) -> None:
        """Shows nothing."""

    def reading(self, progress: PromptProgress) -> None:
        """Shows nothing."""

    def piece(self, piece: Piece) -> None:
        """Shows nothing."""

    def problem(self, error: ParleyError) -> None:
        """Shows nothing."""


class Session:
    """One conversation at a time and one engine; `conversation` is None until something was said."""

    def __init__(self, lane: Lane, engine: Engine, manner: Manner, user_name: str = "") -> None:
        """`user_name` is what {{user}} in a preset stands for."""
        self._lane = lane
        self._engine = engine
        self._manner = manner
        self._user_name = user_name
        self._file: ModelFile | None = None
        self._preset: ChosenPreset | None = None
        self.conversation: Conversation | None = None

    def use(self, file: ModelFile) -> None:
        """Answer with another model from now on."""
        self._engine.close()
        self._file = file

    def use_preset(self, preset: ChosenPreset) -> None:
        """Answer with a preset from now on.

        Raises:
            VariablesMissing: it needs values that were not given.
        """
        if preset.missing:
            raise VariablesMissing(name=preset.preset.name, variables=", ".join(preset.missing))
        self._preset = preset
        if self.conversation is not None:
            self._keep_preset(self.conversation.summary.id, preset)

    def open(self, conversation_id: int | None) -> None:
        """Go on with a stored conversation and its preset, or begin a new one.

        Raises:
            ParleyError: there is none with this number, or the database cannot be read.
        """
        if conversation_id is None:
            self.conversation = None
            if self._preset is not None:
                self._preset = msgspec.structs.replace(self._preset, system=None)
        else:
            self.conversation, self._preset = self._lane.submit(
                lambda stores: (
                    stores.conversations.load(conversation_id),
                    stores.presets.of_conversation(conversation_id),
                )
            ).result()

    def say(self, text: str, view: ReplyView) -> StoredMessage:
        """Store a message and have it answered.

        Returns:
            The reply, `STOPPED` if the user interrupted it.

        Raises:
            OutputFailed: the reply was stopped and stored because nobody can read it.
            ParleyError: what else prevented an answer; what was written of it is stored.
        """
        clean, shown = require_text(text), self.conversation
        record = self._opening_record(shown.path() if shown else [])
        system = (self._preset.system or "") if self._preset else self._manner.system
        conversation_id, leaf_id = (shown.summary.id, shown.leaf_id) if shown else (None, None)
        with self._engine.interruptible():
            exchange = self._lane.submit(
                lambda stores: stores.conversations.begin_exchange(
                    conversation_id, leaf_id, clean, system, record=record
                )
            ).result()
            if shown is None:
                shown = self.conversation = Conversation(exchange.conversation, (), None)
                self._keep_preset(shown.summary.id, self._preset)
            for message in (exchange.system, exchange.user, exchange.reply):
                if message is not None:
                    shown.put(message)
            return self._answer(shown, exchange.reply, view)

    def retry(self, view: ReplyView) -> StoredMessage:
        """Have the last message answered once more; returns and raises as `say`."""
        shown = self.conversation
        path = shown.path() if shown else []
        asked = next((message for message in reversed(path) if message.role is Role.USER), None)
        if shown is None or asked is None:
            raise NothingToRetry
        record = self._opening_record(shown.path(asked.id))
        with self._engine.interruptible():
            reply = self._lane.submit(
                lambda stores: stores.conversations.begin_reply(shown.summary.id, asked.id, record=record)
            ).result()
            shown.put(reply)
            return self._answer(shown, reply, view)

    def _opening_record(self, path: list[StoredMessage]) -> ReplyRecord:
        file, preset = self._chosen_file(), self._preset
        if preset is None:
            return opening_record(file, self._manner.over(Sampling()))
        if preset.system is None:
            preset = self._preset = preset.begun(self._user_name, file.identity.name, datetime.now())
            if self.conversation is not None:
                self._keep_preset(self.conversation.summary.id, preset)
        return opening_record(file, self._manner.over(preset.preset.sampling), preset, path)

    def _keep_preset(self, conversation_id: int, preset: ChosenPreset | None) -> None:
        if preset is not None:
            self._lane.submit(lambda stores: stores.presets.set_for_conversation(conversation_id, preset)).result()

    def _chosen_file(self) -> ModelFile:
        if self._file is None:
            raise NoModel
        return self._file

    def _answer(self, conversation: Conversation, reply: StoredMessage, view: ReplyView) -> StoredMessage:
        turn = Turn(self._lane, reply)
        state_if_lost = MessageState.FAILED
        unread: OutputFailed | None = None
        try:
            file = self._chosen_file()
            turn.loaded(file, self._engine.model or self._engine.load(file, view.loading))
            state_if_lost = MessageState.INTERRUPTED
            events = self._engine.generate(self._command(conversation, reply))
            try:
                finished = follow(events, turn, view)
            except OutputFailed as error:
                unread = error
                self._engine.cancel()
                finished = follow(events, turn, Unseen())
            write = turn.finish(finished)
        except Cancelled:
            write = turn.stop()
        except Exception as error:
            state = state_if_lost if isinstance(error, EngineLost) else MessageState.FAILED
            conversation.put(turn.fail(error, state).result())
            raise
        stored = write.result()
        conversation.put(stored)
        if unread is not None:
            raise unread
        return stored

    def _command(self, conversation: Conversation, reply: StoredMessage) -> Generate:
        assert reply.record is not None
        seen = model_view(conversation.path(reply.parent_id), reply.record.system)
        return generation(reply.id, reply.record, seen, reply.record.template)


def keep_digest(lane: Lane) -> Callable[[Digest], None]:
    """What stores a file's hash, also in the replies that were written before it was known."""

    def keep(digest: Digest) -> None:
        def store(stores: Stores) -> None:
            if stores.models.set_digest(digest.path, digest.bytes, digest.modified_ns, digest.sha256):
                stores.conversations.fill_digest(digest.path, digest.bytes, digest.sha256)

        lane.submit(store)

    return keep


def follow(events: Iterator[PromptProgress | Piece | Finished | None], turn: Turn, view: ReplyView) -> Finished:
    """Store and show a reply as it comes, to its end; what keeps it from being stored is told once."""
    told: set[type[ParleyError]] = set()
    for event in events:
        if isinstance(event, Piece):
            turn.add(event)
        if (problem := turn.tick()) is not None and type(problem) not in told:
            told.add(type(problem))
            view.problem(problem)
        match event:
            case Finished():
                return event
            case Piece():
                view.piece(event)
            case PromptProgress():
                view.reading(event)
    raise AssertionError("an engine ends a reply with Finished or an error")
