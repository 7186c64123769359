"""Several processes on one database, and what is left of one that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.engine.messages import MessageState, ReplyRecord
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.stores import open_stores
from app.storage.writers import is_alive, this_process

ROOT = Path(__file__).parents[2]


def child(module: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"tests.storage.{module}", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("drafts", [1, 7, 60])
def test_what_a_killed_process_had_committed_is_found(path: Path, drafts: int) -> None:
    with child("stream_drafts", path) as process:
        assert process.stdout is not None
        conversation_id = int(process.stdout.readline())
        for _ in range(drafts):
            process.stdout.readline()
        process.kill()
        rest = process.stdout.read().split()
    last = int(rest[-1]) if rest else drafts - 1

    stores = open_stores(path)
    reply = stores.conversations.load(conversation_id).path()[-1]
    with stores.database.snapshot() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM drafts").fetchone() == (0,)
        assert connection.execute("SELECT state FROM messages WHERE id = ?", (reply.id,)).fetchone() == ("interrupted",)
    stores.database.close()
    assert reply.state is MessageState.INTERRUPTED
    assert reply.text.startswith("".join(f"{number} " for number in range(last + 1)))
    assert reply.reasoning.startswith("".join(f"({number})" for number in range(last + 1)))


def test_a_live_process_is_left_alone(path: Path) -> None:
    with child("stream_drafts", path) as process:
        assert process.stdout is not None
        conversation_id = int(process.stdout.readline())
        for _ in range(3):
            process.stdout.readline()
        with Database(path) as database:
            store = ConversationStore(database)
            assert store.recover() == 0
            reply = store.load(conversation_id).path()[-1]
            assert reply.state is MessageState.STREAMING
            assert reply.text.startswith("0 1 2 ")
        process.kill()


def test_two_processes_write_at_once_from_an_empty_folder(path: Path) -> None:
    writers = [child("write_exchanges", path, 40) for _ in range(2)]
    assert [writer.wait(timeout=100) for writer in writers] == [0, 0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    with Database(path) as database:
        store = ConversationStore(database)
        loaded = [store.load(line.id) for line in store.summaries()]
        assert len(loaded) == 80
        for conversation in loaded:
            question, answer = conversation.path()
            assert answer.text.split()[1] == question.text.split()[1]


def test_a_dead_writer_reads_as_interrupted_where_nothing_can_be_written(
    store: ConversationStore, database: Database, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "go", record=record)
    store.append_draft(exchange.reply.id, "half")
    reader = ConversationStore(database, is_alive=lambda writer: False)
    reply = reader.load(exchange.conversation.id).path()[-1]
    assert (reply.text, reply.state) == ("half", MessageState.INTERRUPTED)
    assert store.load(exchange.conversation.id).path()[-1].state is MessageState.STREAMING


def test_recovering_takes_only_the_replies_of_the_dead(
    store: ConversationStore, database: Database, record: ReplyRecord
) -> None:
    dead = ConversationStore(database, writer="dead")
    cut = dead.begin_exchange(None, None, "cut", record=record)
    dead.append_draft(cut.reply.id, "ha\0", "hm")
    dead.append_draft(cut.reply.id, "lf")
    empty = dead.begin_exchange(None, None, "empty", record=record)
    live = store.begin_exchange(None, None, "live", record=record)
    order = store.summaries()

    keeper = ConversationStore(database, is_alive=lambda writer: writer != "dead")
    assert keeper.recover() == 2
    assert keeper.recover() == 0
    reply = store.load(cut.conversation.id).path()[-1]
    assert (reply.text, reply.reasoning, reply.state) == ("ha\0lf", "hm", MessageState.INTERRUPTED)
    assert store.load(empty.conversation.id).path()[-1].state is MessageState.INTERRUPTED
    assert store.load(live.conversation.id).path()[-1].state is MessageState.STREAMING
    assert store.summaries() == order


def test_a_process_is_known_by_its_number_and_start() -> None:
    assert is_alive(this_process())
    pid, _, created = this_process().partition(":")
    assert not is_alive(f"{pid}:{float(created) - 60}")
    assert not is_alive("")
    assert not is_alive(f"{pid}:soon")
    assert not is_alive("-1:5")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no zombies")
def test_a_process_that_was_not_reaped_is_dead() -> None:
    script = "from app.storage.writers import this_process; print(this_process(), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    writer = process.stdout.readline().strip()
    assert is_alive(writer)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(writer)
    process.communicate()
    assert not is_alive(writer)
