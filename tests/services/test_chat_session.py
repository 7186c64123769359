from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from app.catalog.shelf.library import identify
from app.core.chat.conversation_errors import ConversationBusy
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.engine_errors import EngineBusy, EngineLost
from app.core.engine.messages import FinishReason, MessageState, Role
from app.core.engine.model_errors import NoModel
from app.core.engine.prompt_errors import EmptyPrompt, PromptTooLong
from app.core.file_errors import DiskFull, FileGone
from app.services.engine_host import EngineState
from app.services.model_library import ModelLibrary
from app.services.reply_run import ChatState
from app.storage.conversations import ConversationStore
from app.storage.stores import open_stores
from tests.services.conftest import Services, model_file
from tests.storage.filling import add_message

LONG_REPLY = [sys.executable, "-m", "tests.bench.paced_engine", "4000", "8000"]
STUBBORN = [sys.executable, "-m", "tests.services.stubborn_engine"]


def kill_engine(services: Services) -> None:
    pid = services.children[-1].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_message_is_stored_answered_and_stored_again(services: Services) -> None:
    states: list[ChatState] = []
    services.session.state_changed.connect(states.append)
    reply = services.exchange("Hello there")
    assert [m.role for m in services.path()] == [Role.USER, Role.ASSISTANT]
    assert services.path()[1] == reply
    assert reply.state is MessageState.COMPLETE
    assert services.texts[reply.id] == reply.text != ""
    order = [ChatState.IDLE, ChatState.LOADING, ChatState.READING_PROMPT, ChatState.GENERATING, ChatState.SAVING]
    assert [state for state in order if state in states] == sorted(set(states), key=states.index)
    assert services.problems == []


def test_the_reply_keeps_what_makes_it_reproducible(services: Services, tiny_gguf: Path) -> None:
    record = services.exchange("Hello there").record
    assert record is not None and record.usage is not None and record.timings is not None
    assert record.model.path == str(tiny_gguf)
    assert record.engine == "llama.cpp"
    assert record.engine_version
    assert record.template
    assert record.seed > 0
    assert record.usage.prompt_tokens > 0
    assert record.usage.completion_tokens > 0
    assert record.finish_reason in (FinishReason.STOP, FinishReason.CONTEXT)


def test_the_files_hash_is_known_to_every_reply_in_the_end(services: Services, tiny_gguf: Path) -> None:
    library = ModelLibrary(services.storage, identify)
    services.engine.digest.connect(library.set_digest)
    with services.qtbot.waitSignal(services.engine.digest):
        services.session.send("Hello there")
    services.qtbot.waitUntil(lambda: services.session.state is ChatState.IDLE)
    services.exchange("And again")
    library.shutdown()
    expected = hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()
    replies = [m for m in services.path() if m.role is Role.ASSISTANT]
    assert [m.record and m.record.model.sha256 for m in replies] == [expected, expected]


def test_a_hash_that_is_known_is_not_computed_again(services: Services, tiny_gguf: Path) -> None:
    file = model_file(tiny_gguf, context_length=256)
    identity = msgspec.structs.replace(file.identity, sha256="ab" * 32)
    modified = tiny_gguf.stat().st_mtime_ns
    services.engine.choose(msgspec.structs.replace(file, identity=identity, modified_ns=modified))
    with services.qtbot.waitSignal(services.engine.digest):
        services.engine.prepare()
    assert services.engine.file is not None
    assert services.engine.file.identity.sha256 == "ab" * 32
    assert services.exchange("Hello there").record.model.sha256 == "ab" * 32


def test_the_hash_of_a_file_that_was_replaced_is_not_believed(services: Services, tiny_gguf: Path) -> None:
    file = model_file(tiny_gguf, context_length=256)
    identity = msgspec.structs.replace(file.identity, sha256="ab" * 32)
    services.engine.choose(msgspec.structs.replace(file, identity=identity, modified_ns=1))
    reply = services.exchange("Hello there")
    services.qtbot.waitUntil(lambda: services.engine.file.identity.sha256 != "")
    expected = hashlib.sha256(tiny_gguf.read_bytes()).hexdigest()
    assert services.engine.file.identity.sha256 == expected
    assert reply.record.model.sha256 in ("", expected)


def test_the_users_message_is_on_disk_before_the_engine_starts(services: Services) -> None:
    with services.qtbot.waitSignal(services.engine.state_changed):
        services.session.send("Hello there")
    with sqlite3.connect(services.folders.database) as other:
        rows = other.execute("SELECT role, text, state FROM messages ORDER BY id").fetchall()
    other.close()
    assert rows == [("user", "Hello there", "complete"), ("assistant", "", "streaming")]


def test_a_second_turn_reads_only_what_is_new(long_winded: Services) -> None:
    first = long_winded.begin_and_stop("Hello there")
    second = long_winded.begin_and_stop("And again")
    assert first.record and first.record.usage and second.record and second.record.usage
    assert second.record.usage.reused_tokens >= first.record.usage.context_tokens - 1


def test_stopping_keeps_what_was_written(long_winded: Services) -> None:
    long_winded.until_some_text("Hello there")
    with long_winded.qtbot.waitSignal(long_winded.session.reply_finished) as caught:
        long_winded.session.stop()
    reply = caught.args[0]
    assert reply.state is MessageState.STOPPED
    assert reply.text == long_winded.texts[reply.id] != ""
    assert long_winded.path()[-1] == reply
    assert long_winded.session.state is ChatState.IDLE


def test_stopping_while_the_model_loads_leaves_an_empty_stopped_reply(services: Services) -> None:
    with services.qtbot.waitSignal(services.session.conversation_changed):
        services.session.send("Hello there")
    assert services.session.state is ChatState.LOADING
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.stop()
    assert caught.args[0].state is MessageState.STOPPED
    assert services.exchange("Hello again").state is MessageState.COMPLETE


def test_a_killed_engine_leaves_an_interrupted_reply_and_the_next_message_starts_a_new_one(
    long_winded: Services,
) -> None:
    long_winded.until_some_text("Hello there")
    with long_winded.qtbot.waitSignal(long_winded.session.reply_finished) as caught:
        kill_engine(long_winded)
    reply = caught.args[0]
    assert reply.state is MessageState.INTERRUPTED
    assert reply.text == long_winded.texts[reply.id] != ""
    assert reply.record.failure.error().sentence.startswith("The engine stopped: it was killed (signal 9)")
    assert long_winded.engine.state is EngineState.FAILED
    assert isinstance(long_winded.engine.error, EngineLost)
    assert long_winded.begin_and_stop("Are you there?").text
    assert len(long_winded.children) == 2


def test_an_engine_that_does_not_stop_is_ended(start_services: Callable[..., Services], tiny_gguf: Path) -> None:
    services = start_services(STUBBORN)
    services.engine.choose(model_file(tiny_gguf))
    services.until_some_text("Hello there")
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.stop()
    assert caught.args[0].state is MessageState.STOPPED
    assert caught.args[0].text == "some words"
    assert services.children[0].wait(10)


def test_retry_answers_again_beside_the_first_reply(services: Services) -> None:
    first = services.exchange("Hello there")
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.retry(first.id)
    second = caught.args[0]
    conversation = services.session.conversation
    assert conversation is not None
    assert conversation.siblings(second.id) == [first.id, second.id]
    assert [m.id for m in services.path()] == [first.parent_id, second.id]


def test_a_reply_goes_on_while_another_conversation_is_shown(long_winded: Services) -> None:
    long_winded.begin_and_stop("First conversation")
    first = long_winded.session.conversation
    assert first is not None
    long_winded.session.new_conversation()
    long_winded.until_some_text("Second conversation")
    second = long_winded.session.conversation
    assert second is not None
    long_winded.session.open(first.summary.id)
    long_winded.qtbot.waitUntil(lambda: long_winded.session.conversation is not second)
    assert long_winded.session.state is ChatState.IDLE
    long_winded.session.send("Not now")
    assert isinstance(long_winded.problems[-1], EngineBusy)
    with long_winded.qtbot.waitSignal(long_winded.session.conversation_changed):
        long_winded.session.open(second.summary.id)
    with long_winded.qtbot.waitSignal(long_winded.session.reply_finished):
        long_winded.session.stop()
    shown = long_winded.session.conversation
    assert shown is not None
    assert [m.text for m in shown.path()] == [m.text for m in long_winded.path()]
    assert long_winded.path()[-1].state is MessageState.STOPPED


def test_a_conversation_that_is_read_late_does_not_displace_a_new_one(services: Services) -> None:
    services.exchange("First conversation")
    first = services.session.conversation
    assert first is not None
    services.session.open(first.summary.id)
    services.session.new_conversation()
    services.ask(lambda stores: stores.conversations.count())
    services.exchange("Second conversation")
    assert services.session.conversation is not None
    assert services.session.conversation.summary.id != first.summary.id


def test_nothing_is_stored_without_a_model_or_a_text(start_services: Callable[..., Services], tiny_gguf: Path) -> None:
    services = start_services()
    services.session.send("Hello")
    services.engine.choose(model_file(tiny_gguf))
    services.session.send(" \n ")
    assert [type(problem) for problem in services.problems] == [NoModel, EmptyPrompt]
    assert services.ask(lambda stores: stores.conversations.count()) == 0


def test_a_model_that_is_gone_fails_the_reply_with_a_sentence(
    start_services: Callable[..., Services], tmp_path: Path
) -> None:
    services = start_services()
    services.engine.choose(model_file(tmp_path / "gone.gguf"))
    reply = services.exchange("Hello there")
    assert reply.state is MessageState.FAILED
    assert reply.record is not None and reply.record.failure is not None
    assert isinstance(reply.record.failure.error(), FileGone)
    assert services.engine.state is EngineState.FAILED


def test_a_message_longer_than_the_context_fails_and_is_kept(services: Services) -> None:
    reply = services.exchange("word " * 2000)
    assert reply.state is MessageState.FAILED
    assert reply.record is not None and reply.record.failure is not None
    assert isinstance(reply.record.failure.error(), PromptTooLong)
    assert services.path()[0].text == "word " * 2000
    assert services.engine.state is EngineState.READY


def test_a_locked_database_refuses_the_message_and_takes_it_later(services: Services) -> None:
    services.ask(lambda stores: stores.conversations.count())
    other = sqlite3.connect(services.folders.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with services.qtbot.waitSignal(services.session.problem):
        services.session.send("Hello there")
    assert isinstance(services.problems[-1], DatabaseLocked)
    other.execute("ROLLBACK")
    other.close()
    assert services.exchange("Hello there").state is MessageState.COMPLETE


def test_a_reply_waits_for_room_on_a_full_disk(start_services: Callable[..., Services], tiny_gguf: Path) -> None:
    services = start_services(LONG_REPLY)
    services.engine.choose(model_file(tiny_gguf))

    def fill_disk(pages: int | None) -> None:
        def limit(stores: object) -> None:
            with stores.database.snapshot() as connection:  # type: ignore[attr-defined]
                used = connection.execute("PRAGMA page_count").fetchone()[0]
                connection.execute(f"PRAGMA max_page_count = {pages or used}")

        services.ask(limit)

    def begin(*_: object) -> None:
        """In the turn of the first words: the others are not far behind."""
        services.session.reply_text.disconnect(begin)
        fill_disk(None)

    services.session.reply_text.connect(begin)
    with services.qtbot.waitSignal(services.session.problem, timeout=60_000):
        services.session.send("Hello there")
    assert isinstance(services.problems[-1], DiskFull)
    with services.qtbot.waitSignal(services.session.reply_finished, timeout=60_000) as caught:
        fill_disk(1_000_000)
    assert services.path()[-1].text == caught.args[0].text == services.texts[caught.args[0].id]


def test_what_is_written_when_the_program_ends_is_kept(long_winded: Services) -> None:
    long_winded.until_some_text("Hello there")
    long_winded.session.shutdown()
    long_winded.engine.shutdown()
    stored = long_winded.path()[-1]
    assert stored.state is MessageState.STOPPED
    assert stored.text.startswith(long_winded.texts[stored.id]) and stored.text


def test_a_reply_that_has_ended_when_the_program_ends_was_not_stopped(services: Services) -> None:
    def end(state: ChatState) -> None:
        if state is ChatState.SAVING:
            services.session.shutdown()

    services.session.state_changed.connect(end)
    services.until_some_text("Hello there")
    services.qtbot.waitUntil(lambda: services.path()[-1].state is not MessageState.STREAMING)
    reply = services.path()[-1]
    assert reply.state is MessageState.COMPLETE
    assert reply.record is not None
    assert reply.record.finish_reason in (FinishReason.STOP, FinishReason.CONTEXT)


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "nul \0 byte", "x" * 100])
def test_any_text_can_be_sent(services: Services, text: str) -> None:
    services.exchange(text)
    assert services.path()[0].text == text.replace("\ud800", "\ufffd")


def test_another_model_ends_the_reply_of_the_one_before(long_winded: Services, tiny_no_template_gguf: Path) -> None:
    long_winded.until_some_text("Hello there")
    with long_winded.qtbot.waitSignal(long_winded.session.reply_finished) as caught:
        long_winded.engine.load(model_file(tiny_no_template_gguf, context_length=256))
    assert caught.args[0].state is MessageState.STOPPED
    assert caught.args[0].text == long_winded.texts[caught.args[0].id] != ""
    assert long_winded.session.state is ChatState.IDLE
    reply = long_winded.exchange("And you?")
    assert reply.state is MessageState.COMPLETE
    assert reply.record.model.path == str(tiny_no_template_gguf)


def test_a_model_chosen_while_another_loads_answers_and_is_named(
    services: Services, tiny_no_template_gguf: Path
) -> None:
    with services.qtbot.waitSignal(services.session.conversation_changed):
        services.session.send("Hello there")
    other = msgspec.structs.replace(model_file(tiny_no_template_gguf, context_length=256), template="vicuna")
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.engine.load(other)
    reply = caught.args[0]
    assert reply.state is MessageState.COMPLETE
    assert reply.record.model.path == str(tiny_no_template_gguf)
    assert reply.record.template == "vicuna"


def test_a_load_given_up_leaves_the_model_chosen(services: Services, tiny_gguf: Path) -> None:
    services.engine.prepare()
    assert services.engine.state is EngineState.LOADING
    services.engine.cancel_load()
    assert services.engine.state is EngineState.EMPTY
    assert services.engine.file is not None
    assert services.engine.file.identity.path == str(tiny_gguf)
    assert services.exchange("Hello there").state is MessageState.COMPLETE


def test_a_message_whose_model_is_taken_away_before_it_is_stored_fails(services: Services) -> None:
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.send("Hello there")
        services.engine.unload()
    assert caught.args[0].state is MessageState.FAILED
    assert caught.args[0].record.failure.code == NoModel.__name__
    assert services.session.state is ChatState.IDLE


def test_what_another_process_adds_to_the_shown_conversation_is_shown(services: Services) -> None:
    reply = services.exchange("Hello there")
    shown = services.session.conversation
    assert shown is not None
    other = open_stores(services.folders.database)
    add_message(other.conversations, shown.summary.id, reply.id, Role.USER, "from elsewhere")
    other.database.close()
    with services.qtbot.waitSignal(services.session.path_changed) as caught:
        services.session.read_again()
    assert [message.text for message in caught.args[0]][-1] == "from elsewhere"
    assert services.session.conversation is not shown


def test_a_conversation_that_another_process_answers_is_busy(services: Services) -> None:
    services.exchange("Hello there")
    shown = services.session.conversation
    assert shown is not None and shown.leaf_id is not None
    other = open_stores(services.folders.database)
    living = psutil.Process(os.getppid())
    elsewhere = ConversationStore(other.database, writer=f"{living.pid}:{living.create_time():.2f}")
    record = shown[shown.leaf_id].record
    assert record is not None
    elsewhere.begin_exchange(shown.summary.id, shown.leaf_id, "from elsewhere", record=record)
    with services.qtbot.waitSignal(services.session.problem) as caught:
        services.session.send("And here")
    other.database.close()
    assert isinstance(caught.args[0], ConversationBusy)
    assert not services.session.is_answering


def test_a_message_sent_while_the_conversation_is_read_anew_is_shown(services: Services) -> None:
    services.exchange("Hello there")
    before = services.session.conversation
    assert before is not None
    anew = services.ask(lambda stores: stores.conversations.load(before.summary.id))
    with services.qtbot.waitSignal(services.session.reply_finished):
        services.session.send("More")
        services.session.show_changed(anew)
    assert services.session.conversation is anew
    assert anew.path() == services.path() and len(anew.path()) == 4
