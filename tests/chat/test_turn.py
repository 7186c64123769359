"""A reply's checkpoints and ends, on a real database lane and with a clock set by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.chat.turn import CHECKPOINT_SECONDS, Turn, opening_record
from app.core.chat.conversations import StoredMessage
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.engine_errors import EngineLost
from app.core.engine.engine_frames import Finished, ModelInfo, Piece
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, MessageState, ModelIdentity, ReplyRecord, Timings, Usage
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.storage.database import Database
from app.storage.lane import Lane
from app.storage.stores import open_stores

FILE = ModelFile(id=1, identity=ModelIdentity("Tiny", "/models/tiny.gguf", 3), modified_ns=0, template="chatml")
USAGE = Usage(prompt_tokens=5, reused_tokens=2, completion_tokens=3)
TIMINGS = Timings(0.1, 0.2, 0.3, 50.0, 10.0)


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parley.sqlite3"


@pytest.fixture
def lane(path: Path) -> Iterator[Lane]:
    lane = Lane(lambda: open_stores(path, busy_seconds=0.01))
    yield lane
    lane.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turn(lane: Lane, clock: Clock) -> Turn:
    record = opening_record(FILE, Sampling(temperature=0.5))
    exchange = lane.submit(lambda stores: stores.conversations.begin_exchange(None, None, "Hi", record=record)).result()
    return Turn(lane, exchange.reply, clock=clock)


def stored(lane: Lane) -> StoredMessage:
    """The reply as another reader finds it, after all writes so far."""
    conversation = lane.submit(lambda stores: stores.conversations.load(1)).result()
    return conversation.path()[-1]


def record_of(message: StoredMessage) -> ReplyRecord:
    assert message.record is not None
    return message.record


def test_the_first_piece_is_written_at_once_and_others_when_the_time_has_come(
    lane: Lane, turn: Turn, clock: Clock
) -> None:
    turn.add(Piece(id=2, text="Hello "))
    assert turn.tick() is None
    turn.add(Piece(id=2, reasoning="Hm."))
    assert (stored(lane).text, stored(lane).reasoning) == ("Hello ", "")
    assert turn.tick() is None
    clock.now = CHECKPOINT_SECONDS
    assert turn.tick() is None
    assert (stored(lane).text, stored(lane).reasoning) == ("Hello ", "Hm.")
    turn.add(Piece(id=2, text="world"))
    assert turn.tick() is None
    assert turn.tick() is None
    assert stored(lane).text == "Hello "
    clock.now = 2 * CHECKPOINT_SECONDS
    turn.tick()
    assert stored(lane).text == "Hello world"
    assert stored(lane).state is MessageState.STREAMING


def test_nothing_new_is_not_written(lane: Lane, turn: Turn, clock: Clock) -> None:
    for clock.now in (1.0, 2.0, 3.0):
        assert turn.tick() is None
    drafts = lane.submit(lambda stores: drafts_in(stores.database)).result()
    assert drafts == 0


def test_the_end_holds_what_was_never_checkpointed_and_how_it_came_to_be(lane: Lane, turn: Turn) -> None:
    turn.loaded(FILE, info())
    turn.add(Piece(id=2, text="Hello"))
    event = Finished(2, FinishReason.STOP, USAGE, TIMINGS, seed=7, template="llama3", view_start=2)
    reply = turn.finish(event).result()
    assert reply == stored(lane)
    assert (reply.text, reply.state) == ("Hello", MessageState.COMPLETE)
    assert record_of(reply) == ReplyRecord(
        model=FILE.identity,
        engine="llama.cpp",
        engine_version="b1",
        template="llama3",
        sampling=Sampling(temperature=0.5),
        options=LoadOptions(context_length=512),
        seed=7,
        view_start=2,
        usage=USAGE,
        timings=TIMINGS,
        finish_reason=FinishReason.STOP,
    )


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (FinishReason.LENGTH, MessageState.COMPLETE),
        (FinishReason.CONTEXT, MessageState.COMPLETE),
        (FinishReason.CANCELLED, MessageState.STOPPED),
    ],
)
def test_a_reply_that_the_user_stopped_is_told_from_one_at_a_limit(
    turn: Turn, reason: FinishReason, state: MessageState
) -> None:
    assert turn.finish(Finished(2, reason, USAGE, TIMINGS, seed=1, template="")).result().state is state


def test_a_reply_stopped_before_the_engine_began(turn: Turn) -> None:
    reply = turn.stop().result()
    assert (reply.state, record_of(reply).finish_reason) == (MessageState.STOPPED, FinishReason.CANCELLED)


def test_a_lost_engine_leaves_what_it_wrote_and_why(turn: Turn) -> None:
    turn.add(Piece(id=2, text="Half a"))
    reply = turn.fail(EngineLost(reason="it was killed"), MessageState.INTERRUPTED).result()
    assert (reply.text, reply.state) == ("Half a", MessageState.INTERRUPTED)
    failure = record_of(reply).failure
    assert failure is not None
    assert failure.error().sentence == "The engine stopped: it was killed."


def test_a_failed_checkpoint_is_told_once_kept_and_written_later(
    lane: Lane, path: Path, turn: Turn, clock: Clock, tmp_path: Path
) -> None:
    turn.add(Piece(id=2, text="one "))
    with locked(path):
        clock.now = 1.0
        assert turn.tick() is None
        barrier(lane)
        turn.add(Piece(id=2, text="two "))
        error = turn.tick()
        assert isinstance(error, DatabaseLocked)
        assert turn.tick() is None
    clock.now = 2.0
    assert turn.tick() is None
    assert stored(lane).text == "one two "
    assert turn.tick() is None


def test_an_end_that_could_not_be_written_is_written_again(lane: Lane, path: Path, turn: Turn) -> None:
    turn.add(Piece(id=2, text="all"))
    with locked(path), pytest.raises(DatabaseLocked):
        turn.stop().result()
    assert stored(lane).state is MessageState.STREAMING
    reply = turn.commit_again().result()
    assert (reply.text, reply.state) == ("all", MessageState.STOPPED)


def test_many_pieces_cost_no_more_each_than_few(turn: Turn, clock: Clock) -> None:
    for _ in range(10_000):
        turn.add(Piece(id=2, text="word "))
    assert turn.text == "word " * 10_000
    assert turn.stop().result().text == turn.text


def info() -> ModelInfo:
    return ModelInfo(
        name="Tiny", path="/models/tiny.gguf", architecture="llama", quantization="Q8_0", parameters=1, bytes=3,
        context_length=512, trained_context=512, layers=1, gpu_layers=0, template="chatml", engine="llama.cpp",
        engine_version="b1", options=LoadOptions(context_length=512), memory_bytes=1, device="CPU",
    )  # fmt: skip


def barrier(lane: Lane) -> None:
    """Wait until all that was submitted has run."""
    lane.submit(lambda stores: None).result()


def drafts_in(database: Database) -> int:
    with database.snapshot() as connection:
        return int(connection.execute("SELECT count(*) FROM drafts").fetchone()[0])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While another program is writing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def test_the_guide_recites_unless_a_temperature_was_chosen() -> None:
    guide = ModelFile(id=0, identity=ModelIdentity(name="Guide", path="/g", bytes=1, built_in=True), modified_ns=0)
    other = ModelFile(id=1, identity=ModelIdentity(name="Other", path="/o", bytes=1), modified_ns=0)
    assert opening_record(guide, Sampling(seed=7)).sampling == Sampling(seed=7, temperature=0)
    assert opening_record(guide, Sampling(temperature=0.5)).sampling.temperature == 0.5
    assert opening_record(other, Sampling()).sampling == Sampling()
