"""A reply while it is written: its text, its checkpoints, and how it ends.

All methods run on one thread, the window's or the command line's; the writes happen on the
database lane.  Text that could not be written stays here and is tried again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec

from app.chat.context import ModelView, system_of
from app.core.chat.conversations import StoredMessage
from app.core.chat.presets import ChosenPreset
from app.core.engine.engine_frames import Digest, Finished, Generate, ModelInfo, Piece
from app.core.engine.guide import recited
from app.core.engine.messages import FinishReason, MessageState, ReplyRecord
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import Failure, ParleyError
from app.core.remote.server_errors import ReplyCutOff

if TYPE_CHECKING:
    from app.storage.lane import Lane

CHECKPOINT_SECONDS = 0.5


def opening_record(
    file: ModelFile, sampling: Sampling, chosen: ChosenPreset | None = None, path: Sequence[StoredMessage] = ()
) -> ReplyRecord:
    """What is known of a reply before its engine has answered.

    `chosen` is a preset that has begun. `path` is what is answered: where the preset's prompt is not the
    system message it begins with, the record holds that prompt. Of a new conversation there is no path.
    """
    if file.identity.built_in:
        sampling = recited(sampling)
    record = ReplyRecord(
        model=file.identity,
        engine="",
        engine_version="",
        template=file.template,
        sampling=sampling,
        options=file.options,
    )
    if chosen is None:
        return record
    preset = chosen.preset
    return msgspec.structs.replace(
        record,
        template=preset.template or file.template,
        preset=preset.name,
        system=chosen.system if path and chosen.system != system_of(path) else None,
        template_variables=preset.template_variables,
        context_limit=preset.context_limit,
    )


def generation(number: int, record: ReplyRecord, view: ModelView, template: str) -> Generate:
    """What the engine is asked for, as the record of the reply has it; `template` as chosen for it."""
    return Generate(
        id=number,
        messages=view.messages,
        sampling=record.sampling,
        template=template,
        template_variables=record.template_variables,
        view_start=view.view_start,
        pinned=view.pinned,
        context_limit=record.context_limit,
    )


class Turn:
    """One reply, from its row, which is empty unless it is continued, to its final state."""

    def __init__(self, lane: Lane, reply: StoredMessage, *, clock: Callable[[], float] = time.monotonic) -> None:
        assert reply.record is not None
        self.reply_id = reply.id
        self._lane = lane
        self._record = reply.record
        self._clock = clock
        self._text: list[str] = [reply.text]
        self._reasoning: list[str] = [reply.reasoning]
        self._unsaved: list[tuple[str, str]] = []
        self._saving: Future[None] | None = None
        self._in_flight: list[tuple[str, str]] = []
        self._saved_at = -math.inf
        self._state = MessageState.STREAMING

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        """What was thought so far."""
        return "".join(self._reasoning)

    def loaded(self, file: ModelFile, info: ModelInfo) -> None:
        """Note which model answers, on which engine, and with which options it resolved."""
        self._record = msgspec.structs.replace(
            self._record,
            model=file.identity,
            engine=info.engine,
            engine_version=info.engine_version,
            template=info.template,
            options=info.options,
        )

    def identified(self, digest: Digest) -> None:
        """Note the hash of the model's file, which was computed meanwhile."""
        model = self._record.model
        if (model.path, model.bytes) == (digest.path, digest.bytes):
            model = msgspec.structs.replace(model, sha256=digest.sha256)
            self._record = msgspec.structs.replace(self._record, model=model)

    def add(self, piece: Piece) -> None:
        """Take the next words."""
        if piece.text:
            self._text.append(piece.text)
        if piece.reasoning:
            self._reasoning.append(piece.reasoning)
        self._unsaved.append((piece.text, piece.reasoning))

    def tick(self) -> ParleyError | None:
        """Write what is new if the last write is long enough ago; call this several times a second.

        Returns the error of the last write, if it failed: its text is kept and tried again.
        """
        if self._saving is not None:
            if not self._saving.done():
                return None
            error = self._saving.exception()
            self._saving = None
            if error is not None:
                self._unsaved[:0] = self._in_flight
                if not isinstance(error, ParleyError):
                    raise error
                return error
        now = self._clock()
        if self._unsaved and now - self._saved_at >= CHECKPOINT_SECONDS:
            self._saved_at = now
            self._checkpoint()
        return None

    def _checkpoint(self) -> None:
        self._in_flight, self._unsaved = self._unsaved, []
        text = "".join(part[0] for part in self._in_flight)
        reasoning = "".join(part[1] for part in self._in_flight)
        reply_id = self.reply_id
        self._saving = self._lane.submit(lambda stores: stores.conversations.append_draft(reply_id, text, reasoning))

    def finish(self, event: Finished) -> Future[StoredMessage]:
        """Commit a reply that ended by itself, at a limit, or by the user."""
        self._record = msgspec.structs.replace(
            self._record,
            template=event.template,
            template_sha256=event.template_sha256,
            seed=event.seed,
            view_start=event.view_start,
            usage=event.usage,
            timings=event.timings,
            finish_reason=event.reason,
            left_out=event.left_out,
            kept=event.kept,
        )
        stopped = event.reason is FinishReason.CANCELLED
        return self.commit(MessageState.STOPPED if stopped else MessageState.COMPLETE)

    def stop(self) -> Future[StoredMessage]:
        """Commit a reply that the user stopped before the engine had begun, or while it hung."""
        self._record = msgspec.structs.replace(self._record, finish_reason=FinishReason.CANCELLED)
        return self.commit(MessageState.STOPPED)

    def fail(self, error: BaseException, state: MessageState = MessageState.FAILED) -> Future[StoredMessage]:
        """Commit what there is of a reply that an error ended; `INTERRUPTED` when the engine or a stream was lost."""
        if isinstance(error, ReplyCutOff):
            state = MessageState.INTERRUPTED
        self._record = msgspec.structs.replace(self._record, failure=Failure.of(error))
        return self.commit(state)

    def commit(self, state: MessageState) -> Future[StoredMessage]:
        """Write the reply as it is."""
        self._state = state
        return self.commit_again()

    def commit_again(self) -> Future[StoredMessage]:
        """Write the end once more, after that failed."""
        state = self._state
        reply_id, text, reasoning, record = self.reply_id, self.text, self.reasoning, self._record
        return self._lane.submit(
            lambda stores: stores.conversations.finish_reply(reply_id, text, reasoning, state, record)
        )
