from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.core.data.database_errors import DatabaseLocked
from app.core.errors import Bug
from app.storage.lane import Lane
from app.storage.stores import Stores, open_stores
from tests.storage import filling

ROOT = Path(__file__).parents[2]


def create(title: str, stores: Stores) -> int:
    return filling.create(stores.conversations, title).id


def count(stores: Stores) -> int:
    return stores.conversations.count()


def test_operations_run_in_order_on_one_other_thread(path: Path) -> None:
    lane = Lane(lambda: open_stores(path))
    threads = [lane.submit(lambda _: threading.get_ident()) for _ in range(3)]
    created = [lane.submit(partial(create, str(number))) for number in range(50)]
    lane.close()
    assert len({thread.result() for thread in threads}) == 1
    assert threads[0].result() != threading.get_ident()
    assert [future.result() for future in created] == list(range(1, 51))
    with closing(open_stores(path).database), pytest.raises(RuntimeError):
        lane.submit(count)
    lane.close()


def test_an_error_reaches_its_caller_alone(path: Path) -> None:
    lane = Lane(lambda: open_stores(path))
    failed = lane.submit(lambda stores: stores.conversations.load(5))
    assert lane.submit(count).result() == 0
    assert failed.exception() is not None
    lane.close()


def test_a_cancelled_operation_does_not_run(path: Path) -> None:
    gate: Future[None] = Future()
    lane = Lane(lambda: open_stores(path))
    lane.submit(lambda _: gate.result())
    cancelled = lane.submit(partial(create, "never"))
    assert cancelled.cancel()
    gate.set_result(None)
    assert lane.submit(count).result() == 0
    lane.close()


def test_a_locked_database_can_be_tried_again(path: Path) -> None:
    open_stores(path).database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        lane = Lane(lambda: open_stores(path, busy_seconds=0.05))
        errors = [lane.submit(count).exception(), lane.submit(count).exception(), lane.reopen().exception()]
        assert [type(error) for error in errors] == [DatabaseLocked] * 3
        assert errors[0] is not errors[1]
    assert lane.reopen().result() is None
    assert lane.submit(count).result() == 0
    assert lane.reopen().result() is None
    assert lane.submit(count).result() == 0
    lane.close()


def test_a_bug_while_opening_is_told_with_its_trace() -> None:
    lane = Lane(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    error = lane.submit(count).exception()
    assert isinstance(error, Bug)
    assert "ZeroDivisionError" in error.detail
    lane.close()


def test_the_thread_does_not_hold_the_process(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from app.storage.lane import Lane; "
        "from app.storage.stores import open_stores; "
        "lane = Lane(lambda: open_stores(Path(sys.argv[1])));"
        "print(lane.submit(lambda stores: stores.conversations.count()).result())"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"0", b"")
