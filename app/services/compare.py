"""One message answered by several models or presets, each in an engine child of its own.

Runs on the window's thread. Every reply is a row of the conversation from its beginning on, a sibling of
the others, so that nothing is lost however the comparison ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.chat.again import view_again
from app.chat.context import ModelView, model_view
from app.core.chat.compare_errors import ModelChanged
from app.core.chat.conversations import StoredMessage
from app.core.chat.word_diff import WordDiff, word_diff
from app.core.engine.engine_frames import Digest
from app.core.engine.messages import ReplyRecord
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.prediction.together import Together
from app.services.child_slot import ChildFactory
from app.services.engine_host import EngineHost, EngineState
from app.services.relay import Relay, Storage
from app.services.reply_run import ChatState, ReplyJob, ReplyRun
from app.services.together import TogetherFinder

if TYPE_CHECKING:
    from app.storage.stores import Stores


@dataclass(frozen=True)
class Candidate:
    """A model and the record its reply begins with; where `sha256` is told, its file has to be that one."""

    file: ModelFile
    record: ReplyRecord
    sha256: str = ""


@dataclass(frozen=True)
class Question:
    """What is answered: the last message of `path`, or `text`, which comes below it.

    Without a conversation, `text` begins one.
    """

    storage: Storage
    conversation_id: int | None
    path: tuple[StoredMessage, ...]
    text: str = ""


@dataclass(frozen=True)
class Begun:
    """The rows of the replies, in the candidates' order, and the path that they answer."""

    conversation_id: int
    path: tuple[StoredMessage, ...]
    replies: tuple[StoredMessage, ...]


class Progress(Enum):
    """How far a comparison is."""

    CHECKING = auto()
    PLANNING = auto()
    ANSWERING = auto()
    ENDED = auto()


class Comparison(QObject):
    """Runs once. `refused` is the end of one in which nothing has begun; else `ended` follows `begun`."""

    progressed = Signal(Progress)
    planned = Signal(object)  # Together
    begun = Signal(object)  # Begun
    text_added = Signal(int, str, str)  # message id, text, reasoning
    state_changed = Signal(int, ChatState)
    reply_finished = Signal(object)  # StoredMessage
    problem = Signal(object)  # ParleyError: a write that is tried again
    refused = Signal(object)  # ParleyError
    ended = Signal()

    def __init__(
        self,
        start_engine: ChildFactory,
        start_probe: ChildFactory,
        relay: Relay,
        question: Question,
        candidates: Sequence[Candidate],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._start_probe = start_probe
        self._relay = relay
        self._question = question
        self._candidates = candidates
        self._runners = [_Runner(EngineHost(start_engine, relay, self), one, self) for one in candidates]
        self._waiting: list[tuple[_Runner, ReplyJob]] = []
        self._finder: TogetherFinder | None = None
        self._differing: ThreadPoolExecutor | None = None
        self._at_once = False
        self._stopped = False
        self.storage = question.storage
        self.progress = Progress.CHECKING
        self.replies: dict[int, StoredMessage] = {}
        for runner in self._runners:
            runner.refused.connect(self._refuse)
            runner.checked.connect(self._plan)
            runner.run.text_added.connect(self.text_added)
            runner.run.state_changed.connect(self.state_changed)
            runner.run.problem.connect(self.problem)
            runner.run.finished.connect(self._on_finished)

    def start(self) -> None:
        """Check the files, find out what fits, and begin."""
        if any(one.sha256 for one in self._candidates):
            self._enter(Progress.CHECKING)
            for runner in self._runners:
                runner.check()
        else:
            self._plan()

    def differ(self, left: str, right: str, then: Callable[[WordDiff], None]) -> None:
        """Find out where two texts differ, on a thread of its own: long ones take a second."""
        if self._differing is None:
            self._differing = ThreadPoolExecutor(1, "word-diff")
        self._relay.deliver(self._differing.submit(word_diff, left, right), then, self.problem.emit)

    def stop(self) -> None:
        """Stop every reply; what was written is kept, and what has not begun stays empty."""
        self._stopped = True
        if self.progress in (Progress.CHECKING, Progress.PLANNING):
            self.shutdown()
            self._enter(Progress.ENDED)
            self.ended.emit()
            return
        for runner in self._runners:
            runner.run.stop()

    def shutdown(self) -> None:
        """Store what there is, and end every child."""
        self._stopped = True
        if self._differing is not None:
            self._differing.shutdown(wait=False)
            self._differing = None
        if self._finder is not None:
            self._finder.shutdown()
        for runner in self._runners:
            runner.shutdown()

    def _refuse(self, error: ParleyError) -> None:
        self.shutdown()
        self._enter(Progress.ENDED)
        self.refused.emit(error)

    def _plan(self) -> None:
        if not all(runner.is_checked for runner in self._runners):
            return
        if len(self._candidates) == 1:
            self._begin(True)
            return
        self._enter(Progress.PLANNING)
        files = [one.file for one in self._candidates]
        self._finder = TogetherFinder(self._start_probe, self._relay, files, self._take_plan)

    def _take_plan(self, found: Together) -> None:
        self.planned.emit(found)
        self._begin(found.fits)

    def _begin(self, at_once: bool) -> None:
        self._at_once = at_once
        self._question.storage.call(self._make_rows, self._on_begun, self._refuse)

    def _make_rows(self, stores: Stores) -> Begun:
        """On the storage lane."""
        question, records = self._question, [one.record for one in self._candidates]
        path, number = question.path, question.conversation_id
        replies: list[StoredMessage] = []
        if question.text:
            above = path[-1].id if path else None
            exchange = stores.conversations.begin_exchange(number, above, question.text, record=records.pop(0))
            path, number = (*path, exchange.user), exchange.conversation.id
            replies.append(exchange.reply)
        assert number is not None
        replies += [stores.conversations.begin_reply(number, path[-1].id, record=record) for record in records]
        return Begun(number, path, tuple(replies))

    def _on_begun(self, begun: Begun) -> None:
        self._enter(Progress.ANSWERING)
        self.begun.emit(begun)
        for runner, reply in zip(self._runners, begun.replies, strict=True):
            view = runner.view(begun.path)
            job = ReplyJob(begun.conversation_id, reply, view, self._question.storage, runner.candidate.record.template)
            self._waiting.append((runner, job))
        self._next()

    def _next(self) -> None:
        while self._waiting:
            runner, job = self._waiting.pop(0)
            runner.answer(job)
            if self._stopped:
                runner.run.stop()
            if not self._at_once:
                return

    def _on_finished(self, reply_id: int, reply: StoredMessage) -> None:
        self.replies[reply_id] = reply
        for runner in self._runners:
            if runner.run.job is None and runner.has_answered:
                runner.engine.unload()
        self.reply_finished.emit(reply)
        if len(self.replies) == len(self._runners):
            self._enter(Progress.ENDED)
            self.ended.emit()
        elif not self._at_once:
            self._next()

    def _enter(self, progress: Progress) -> None:
        self.progress = progress
        self.progressed.emit(progress)


class _Runner(QObject):
    """One candidate with its engine."""

    refused = Signal(object)  # ParleyError
    checked = Signal()

    def __init__(self, engine: EngineHost, candidate: Candidate, parent: QObject) -> None:
        super().__init__(parent)
        self.engine = engine
        self.run = ReplyRun(engine, self)
        self.candidate = candidate
        self.is_checked = not candidate.sha256
        self.has_answered = False

    def check(self) -> None:
        """Load the model, and find out whether its file is the one that is meant."""
        if not self.is_checked:
            self.engine.digest.connect(self._compare)
            self.engine.state_changed.connect(self._on_state)
            self.engine.load(self.candidate.file)

    def view(self, path: Sequence[StoredMessage]) -> ModelView:
        """What the model is given."""
        record = self.candidate.record
        return view_again(path, record) if self.candidate.sha256 else model_view(path, record.system)

    def answer(self, job: ReplyJob) -> None:
        """Write the reply; the model is loaded first unless it was for the check."""
        self.has_answered = True
        if self.engine.state is EngineState.EMPTY:
            self.engine.choose(self.candidate.file)
        self.run.start(job)

    def shutdown(self) -> None:
        """Store what there is, and end the child."""
        self.run.save_and_leave()
        self.engine.shutdown()

    def _on_state(self, state: EngineState) -> None:
        if state is EngineState.FAILED and not self.is_checked and self.engine.error is not None:
            self.refused.emit(self.engine.error)

    def _compare(self, digest: Digest) -> None:
        if self.is_checked:
            return
        if digest.sha256 != self.candidate.sha256:
            self.refused.emit(ModelChanged(name=self.candidate.file.identity.name))
            return
        self.is_checked = True
        self.checked.emit()
