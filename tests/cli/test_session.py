from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from app.chat.turn import Turn
from app.cli.session import Unseen, follow
from app.core.engine.engine_frames import Finished, Piece
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, ModelIdentity, ReplyRecord, Timings, Usage
from app.core.engine.sampling import Sampling
from app.core.errors import ParleyError
from app.core.file_errors import DiskFull
from app.storage.lane import Lane
from app.storage.stores import Stores, open_stores


class Notes(Unseen):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.problems: list[ParleyError] = []

    def problem(self, error: ParleyError) -> None:
        self.problems.append(error)


def test_a_full_disk_is_told_once_in_a_reply(tmp_path: Path) -> None:
    record = ReplyRecord(
        model=ModelIdentity("Tiny", "/tiny.gguf", 1),
        engine="",
        engine_version="",
        template="",
        sampling=Sampling(),
        options=LoadOptions(),
    )
    lane = Lane(lambda: open_stores(tmp_path / "parley.sqlite3"))
    reply = (
        lane.submit(lambda stores: stores.conversations.begin_exchange(None, None, "Hi", record=record)).result().reply
    )

    def limit(pages: int | None, stores: Stores) -> None:
        with stores.database.snapshot() as connection:
            used = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages or used}")

    def events() -> Iterator[Piece | Finished]:
        lane.submit(lambda stores: limit(None, stores)).result()
        for _ in range(6):
            yield Piece(id=reply.id, text="x" * 100_000, tokens=1)
            lane.submit(lambda _: None).result()
        lane.submit(lambda stores: limit(1_000_000, stores)).result()
        yield Finished(
            id=reply.id,
            reason=FinishReason.STOP,
            usage=Usage(1, 0, 1),
            timings=Timings(0.1, 0.1, 0.1, 1.0, 1.0),
            seed=1,
            template="",
            view_start=0,
        )

    notes, ticks = Notes(), count()
    turn = Turn(lane, reply, clock=lambda: float(next(ticks)))
    finished = follow(events(), turn, notes)
    stored = turn.finish(finished).result()
    lane.close()
    assert [type(error) for error in notes.problems] == [DiskFull]
    assert stored.text == "x" * 600_000
    with sqlite3.connect(tmp_path / "parley.sqlite3") as connection:
        assert connection.execute("SELECT length(text) FROM messages WHERE id = ?", (reply.id,)).fetchone() == (
            600_000,
        )
    connection.close()
