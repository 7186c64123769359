"""The one reply that is being written, from its empty row to its committed end.

Runs on the window's thread.  It goes on, whichever conversation is shown.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QObject, QTimer, Signal

from app.chat.context import ModelView
from app.chat.turn import Turn, generation
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import Digest, Finished, Piece, PromptProgress
from app.core.engine.messages import MessageState
from app.core.engine.model_errors import NoModel
from app.core.errors import ParleyError
from app.core.protocol import Event, Failed
from app.services.engine_host import EngineHost, EngineState
from app.services.rate import RateMeter
from app.services.relay import Storage

CHECKPOINT_MS = 250
HUNG_ENGINE_MS = 5000
SAVE_AGAIN_MS = 2000


class ChatState(Enum):
    """How far a reply is; `IDLE` when there is none."""

    IDLE = auto()
    LOADING = auto()
    READING_PROMPT = auto()
    GENERATING = auto()
    STOPPING = auto()
    SAVING = auto()


@dataclass(frozen=True)
class ReplyJob:
    """A reply to write: where it belongs, its row, what the model is given, and where it is stored.

    `template` names a chat template in place of the model's own, or is empty.
    """

    conversation_id: int
    reply: StoredMessage
    view: ModelView
    storage: Storage
    template: str = ""


class ReplyRun(QObject):
    """At most one job at a time. Every signal but `problem` begins with the reply's message id."""

    state_changed = Signal(int, ChatState)
    text_added = Signal(int, str, str)  # text, reasoning
    prompt_progress = Signal(int, int, int)  # tokens done, total
    view_found = Signal(int, int)  # messages the model no longer sees
    rate_changed = Signal(int, float, int)  # tokens per second, tokens in the context now
    finished = Signal(int, object)  # StoredMessage
    problem = Signal(object)  # ParleyError: a write that will be tried again

    def __init__(self, engine: EngineHost, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._turn: Turn | None = None
        self._claimed = False
        self._rate = RateMeter()
        self._context_tokens = 0
        self._checkpoint = QTimer(self, interval=CHECKPOINT_MS)
        self._checkpoint.timeout.connect(self._save)
        self._hung = QTimer(self, singleShot=True, interval=HUNG_ENGINE_MS)
        self._hung.timeout.connect(engine.kill)
        self.job: ReplyJob | None = None
        self.state = ChatState.IDLE
        engine.reply_event.connect(self._on_event)
        engine.state_changed.connect(self._on_engine_state)
        engine.digest.connect(self._on_digest)

    @property
    def so_far(self) -> tuple[str, str]:
        """The running reply's text and reasoning."""
        return (self._turn.text, self._turn.reasoning) if self._turn else ("", "")

    @property
    def is_free(self) -> bool:
        """Whether a reply can be begun: none is written, and none is about to be."""
        return self.job is None and not self._claimed

    def claim(self) -> None:
        """The row of a reply is being made: until `start` or `release` no other reply is begun."""
        self._claimed = True

    def release(self) -> None:
        """It came to no reply."""
        self._claimed = False

    def start(self, job: ReplyJob) -> None:
        """Write a reply; the engine is loaded first if it has to be."""
        self.job = job
        self._claimed = False
        self._turn = Turn(job.storage.lane, job.reply)
        self._rate = RateMeter()
        self._checkpoint.start()
        if self._engine.state is EngineState.READY:
            self._generate()
            return
        self._enter(ChatState.LOADING)
        if self._engine.file is None:
            self._commit(self._turn.fail(NoModel()))
        elif self._engine.state is not EngineState.LOADING:
            self._engine.load(self._engine.file)

    def stop(self) -> None:
        """Stop the reply; what was written is kept. An engine that does not answer is ended."""
        if self.state is ChatState.LOADING and self._turn:
            self._commit(self._turn.stop())
        elif self.state in (ChatState.READING_PROMPT, ChatState.GENERATING):
            self._engine.cancel()
            self._hung.start()
            self._enter(ChatState.STOPPING)

    def save_and_leave(self) -> None:
        """Before the program exits: commit what there is, as stopped by the user unless it has ended by itself."""
        turn, self._turn = self._turn, None
        for timer in (self._checkpoint, self._hung):
            timer.stop()
        if turn is not None and self.state is ChatState.SAVING:
            turn.commit_again()
        elif turn is not None:
            turn.stop()

    def _generate(self) -> None:
        assert self.job and self._turn and self._engine.model and self._engine.file
        self._turn.loaded(self._engine.file, self._engine.model)
        job, record = self.job, self.job.reply.record
        assert record is not None
        template = job.template or self._engine.file.template
        self._engine.generate(generation(job.reply.id, record, job.view, template))
        self._enter(ChatState.READING_PROMPT)

    def _on_engine_state(self, state: EngineState) -> None:
        if self._turn is None or self.state in (ChatState.IDLE, ChatState.SAVING):
            return
        if state is EngineState.READY and self.state is ChatState.LOADING:
            self._generate()
        elif state is EngineState.EMPTY or (state is EngineState.LOADING and self.state is not ChatState.LOADING):
            # The model that was answering is gone, or gives way to another one.
            self._commit(self._turn.stop())
        elif state is EngineState.FAILED and self._engine.error is not None:
            self._lose(self._turn, self._engine.error)

    def _lose(self, turn: Turn, error: ParleyError) -> None:
        if self.state is ChatState.STOPPING:
            self._commit(turn.stop())
            return
        lost = isinstance(error, EngineLost) and self.state is not ChatState.LOADING
        self._commit(turn.fail(error, MessageState.INTERRUPTED if lost else MessageState.FAILED))

    def _on_digest(self, digest: Digest) -> None:
        if self._turn is not None:
            self._turn.identified(digest)

    def _on_event(self, event: Event) -> None:
        if self._turn is None or self.job is None or getattr(event, "id", None) != self.job.reply.id:
            return
        match event:
            case PromptProgress():
                self._context_tokens = event.total
                self.view_found.emit(event.id, event.view_start)
                self.prompt_progress.emit(event.id, event.done, event.total)
            case Piece():
                self._take(event, self._turn)
            case Finished():
                self._commit(self._turn.finish(event))
            case Failed():
                self._commit(self._turn.fail(event.failure.error()))

    def _take(self, piece: Piece, turn: Turn) -> None:
        if self.state is ChatState.READING_PROMPT:
            self._enter(ChatState.GENERATING)
        turn.add(piece)
        self._save()
        self._context_tokens += piece.tokens
        if self._rate.count(piece.tokens):
            self.rate_changed.emit(piece.id, self._rate.per_second, self._context_tokens)
        if piece.text or piece.reasoning:
            self.text_added.emit(piece.id, piece.text, piece.reasoning)

    def _save(self) -> None:
        if self._turn and (error := self._turn.tick()):
            self.problem.emit(error)

    def _commit(self, write: Future[StoredMessage]) -> None:
        self._hung.stop()
        self._checkpoint.stop()
        self._enter(ChatState.SAVING)
        assert self.job is not None
        self.job.storage.settle(write, self._committed, self._not_committed)

    def _committed(self, reply: StoredMessage) -> None:
        self._turn = None
        self.job = None
        self.state = ChatState.IDLE
        self.finished.emit(reply.id, reply)
        self.state_changed.emit(reply.id, ChatState.IDLE)

    def _not_committed(self, error: ParleyError) -> None:
        self.problem.emit(error)
        QTimer.singleShot(SAVE_AGAIN_MS, self, self._commit_again)

    def _commit_again(self) -> None:
        if self._turn is not None and self.job is not None:
            self.job.storage.settle(self._turn.commit_again(), self._committed, self._not_committed)

    def _enter(self, state: ChatState) -> None:
        self.state = state
        if self.job is not None:
            self.state_changed.emit(self.job.reply.id, state)
