from __future__ import annotations

from pathlib import Path

import pytest

from app.core.chat.conversation_errors import UnknownConversation, UnknownMessage
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.core.errors import Failure
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.rows import title_of
from tests.storage.filling import add_message, create


def texts(store: ConversationStore, conversation_id: int, leaf_id: int | None = None) -> list[str]:
    return [message.text for message in store.load(conversation_id).path(leaf_id)]


def test_an_exchange_is_a_titled_conversation_with_a_reply_under_way(
    store: ConversationStore, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "How are\nyou?", "Be kind.", record=record)

    loaded = store.load(exchange.conversation.id)
    assert loaded.path() == [exchange.system, exchange.user, exchange.reply]
    assert [message.role for message in loaded.path()] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert loaded.summary == exchange.conversation == store.summaries()[0]
    assert loaded.summary.title == "How are you?"
    assert exchange.reply.state is MessageState.STREAMING
    assert exchange.reply.record == record


def test_a_conversation_goes_on_below_its_leaf(store: ConversationStore, record: ReplyRecord) -> None:
    first = store.begin_exchange(None, None, "one", record=record)
    store.finish_reply(first.reply.id, "eins", "", MessageState.COMPLETE, record)
    second = store.begin_exchange(first.conversation.id, first.reply.id, "two", "ignored", record=record)

    assert texts(store, first.conversation.id) == ["one", "eins", "two", ""]
    assert second.system is None
    assert second.conversation.title == "one"


def test_another_reply_is_a_sibling_and_the_old_path_stays(store: ConversationStore, record: ReplyRecord) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    store.finish_reply(exchange.reply.id, "first", "", MessageState.COMPLETE, record)
    again = store.begin_reply(exchange.conversation.id, exchange.user.id, record=record)
    store.finish_reply(again.id, "second", "", MessageState.COMPLETE, record)

    loaded = store.load(exchange.conversation.id)
    assert loaded.siblings(again.id) == [exchange.reply.id, again.id]
    assert texts(store, exchange.conversation.id) == ["question", "second"]
    store.set_leaf(exchange.conversation.id, exchange.reply.id)
    assert texts(store, exchange.conversation.id) == ["question", "first"]


def test_a_conversation_may_have_several_roots(store: ConversationStore) -> None:
    chat = create(store, "Edited")
    add_message(store, chat.id, None, Role.USER, "draft")
    add_message(store, chat.id, None, Role.USER, "final")
    loaded = store.load(chat.id)
    assert texts(store, chat.id) == ["final"]
    assert len(loaded.siblings(loaded.path()[0].id)) == 2


def test_nothing_is_kept_of_an_exchange_that_fails(
    store: ConversationStore, record: ReplyRecord, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN new.role = 'assistant' "
            "BEGIN SELECT raise(ABORT, 'refused'); END"
        )
    with pytest.raises(Exception, match="refused"):
        store.begin_exchange(None, None, "lost", record=record)
    assert store.count() == 0

    with database.transaction() as connection:
        connection.execute("DROP TRIGGER refuse")
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)
    store.begin_exchange(None, None, "kept", record=record)
    assert store.count() == 1


def test_messages_stay_in_their_conversation(store: ConversationStore, record: ReplyRecord) -> None:
    mine, other = create(store), create(store)
    foreign = add_message(store, other.id, None, Role.USER, "elsewhere")
    with pytest.raises(UnknownMessage):
        store.begin_exchange(mine.id, foreign.id, "x", record=record)
    with pytest.raises(UnknownMessage):
        store.begin_reply(mine.id, foreign.id, record=record)
    with pytest.raises(UnknownMessage):
        store.set_leaf(mine.id, foreign.id)
    with pytest.raises(UnknownMessage):
        store.finish_reply(999, "x", "", MessageState.COMPLETE, record)


def test_an_unknown_conversation_is_told_by_its_number(store: ConversationStore, record: ReplyRecord) -> None:
    for operation in (
        lambda: store.load(5),
        lambda: store.summary(5),
        lambda: store.rename(5, "x"),
        lambda: store.begin_exchange(5, None, "x", record=record),
    ):
        with pytest.raises(UnknownConversation) as caught:
            operation()
        assert caught.value.values == {"id": 5}


def test_summaries_are_in_order_of_the_last_change(store: ConversationStore) -> None:
    first, second, third = create(store, "Straße"), create(store, "stream"), create(store, "Other")
    add_message(store, first.id, None, Role.USER, "new")
    assert [line.id for line in store.summaries()] == [first.id, third.id, second.id]
    assert [line.id for line in store.summaries(limit=1, offset=1)] == [third.id]
    assert [line.title for line in store.summaries(contains="STR")] == ["Straße", "stream"]
    assert [line.title for line in store.summaries(contains="STRASSE")] == ["Straße"]
    assert store.summaries(contains="%") == []
    assert store.count() == 3


def test_renaming_keeps_the_place(store: ConversationStore) -> None:
    first, second = create(store, "a"), create(store, "b")
    store.rename(first.id, "c")
    assert [line.title for line in store.summaries()] == ["b", "c"]
    assert store.summary(first.id).title == "c"
    assert store.summary(second.id) == second


def test_a_reply_under_way_shows_its_drafts(store: ConversationStore, record: ReplyRecord) -> None:
    exchange = store.begin_exchange(None, None, "go", record=record)
    store.append_draft(exchange.reply.id, "", "hm")
    store.append_draft(exchange.reply.id, "on", "")
    store.append_draft(exchange.reply.id, "ce")
    shown = store.load(exchange.conversation.id).path()[-1]
    assert (shown.text, shown.reasoning, shown.state) == ("once", "hm", MessageState.STREAMING)


def test_the_finished_reply_replaces_its_drafts(
    store: ConversationStore, record: ReplyRecord, database: Database
) -> None:
    exchange = store.begin_exchange(None, None, "go", record=record)
    store.append_draft(exchange.reply.id, "on")
    finished = store.finish_reply(exchange.reply.id, "once", "thought", MessageState.STOPPED, record)
    store.append_draft(exchange.reply.id, "too late")

    assert store.load(exchange.conversation.id).path()[-1] == finished
    assert (finished.text, finished.reasoning, finished.state) == ("once", "thought", MessageState.STOPPED)
    with database.snapshot() as connection:
        assert connection.execute("SELECT count(*) FROM drafts").fetchone() == (0,)


@pytest.mark.parametrize("text", ["a\0b", "\0", "x" * 3_000_000, "🙂‮עברית\r\n", "'; DROP TABLE messages; --"])
def test_any_text_comes_back_as_it_was(store: ConversationStore, record: ReplyRecord, text: str) -> None:
    exchange = store.begin_exchange(None, None, text, text, record=record)
    store.append_draft(exchange.reply.id, text, text)
    assert texts(store, exchange.conversation.id) == [text, text, text]
    store.finish_reply(exchange.reply.id, text, text, MessageState.COMPLETE, record)
    assert texts(store, exchange.conversation.id) == [text, text, text]


def test_lone_surrogates_become_replacement_characters(store: ConversationStore, record: ReplyRecord) -> None:
    broken = record.__class__(
        model=record.model,
        engine="\udc80",
        engine_version="",
        template="",
        sampling=record.sampling,
        options=record.options,
        failure=Failure("Bug", {"file\ud800": "\ud800"}, "\udfff"),
    )
    exchange = store.begin_exchange(None, None, "a\ud800b", "\udfff", record=broken)
    store.append_draft(exchange.reply.id, "\ud83d\ude42 \ud83d")
    loaded = store.load(exchange.conversation.id)
    assert texts(store, exchange.conversation.id) == ["�", "a�b", "🙂 �"]
    kept = loaded.path()[-1].record
    assert kept is not None
    assert kept.sampling == record.sampling
    assert kept.failure == Failure("Bug", {"file�": "�"}, "�")
    assert store.summaries(contains="\ud800") == []


def test_what_a_later_version_wrote_hides_nothing(
    store: ConversationStore, record: ReplyRecord, database: Database
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    store.finish_reply(exchange.reply.id, "answer", "", MessageState.COMPLETE, record)
    reply, user = exchange.reply.id, exchange.user.id
    with database.transaction() as connection:
        connection.execute("UPDATE messages SET record = '{\"engine\": 5}', state = 'dreamt' WHERE id = ?", (reply,))
        connection.execute("UPDATE messages SET record = 'no json', role = 'tool' WHERE id = ?", (user,))
    loaded = store.load(exchange.conversation.id)
    assert texts(store, exchange.conversation.id) == ["question", "answer"]
    assert [message.record for message in loaded.path()] == [None, None]
    assert loaded[reply].state is MessageState.COMPLETE


def test_a_digest_is_put_into_the_records_that_lack_it(
    store: ConversationStore, record: ReplyRecord, database: Database
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    damaged = add_message(store, exchange.conversation.id, None, Role.ASSISTANT, "", record=record)
    with database.transaction() as connection:
        connection.execute("UPDATE messages SET record = '{' WHERE id = ?", (damaged.id,))
    store.fill_digest(record.model.path, 1, "other size")
    store.fill_digest(record.model.path, record.model.bytes, "abc")
    store.fill_digest(record.model.path, record.model.bytes, "later")
    kept = store.load(exchange.conversation.id)[exchange.reply.id].record
    assert kept is not None
    assert kept.model.sha256 == "abc"
    assert kept.sampling == record.sampling


def test_everything_is_there_after_opening_anew(path: Path, record: ReplyRecord) -> None:
    with Database(path) as first:
        exchange = ConversationStore(first).begin_exchange(None, None, "question", record=record)
        ConversationStore(first).finish_reply(exchange.reply.id, "answer", "why", MessageState.COMPLETE, record)
    with Database(path) as second:
        reply = ConversationStore(second).load(exchange.conversation.id).path()[-1]
    assert (reply.text, reply.reasoning, reply.record) == ("answer", "why", record)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  short\n\ttext ", "short text"),
        ("nothing\0but\x1bcontrol\u202ecodes", "nothing but control codes"),
        ("👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم"),
        (
            "one two three four five six seven eight nine ten eleven",
            "one two three four five six seven eight nine ten…",
        ),
        ("x" * 60, "x" * 48 + "…"),
        (
            "a comma stands before the cut of this long line, which goes on",
            "a comma stands before the cut of this long line…",
        ),
        ("", ""),
    ],
)
def test_a_title_is_the_first_words(text: str, title: str) -> None:
    assert title_of(text) == title


def statements(store: ConversationStore, database: Database, call: str, *arguments: object) -> list[str]:
    """The statements that a method runs, their values filled in."""
    seen: list[str] = []
    with database.snapshot() as connection:
        pass
    connection.set_trace_callback(seen.append)
    getattr(store, call)(*arguments)
    connection.set_trace_callback(None)
    return [statement for statement in seen if statement.lstrip().startswith(("SELECT", "UPDATE"))]


def plan(database: Database, statement: str) -> str:
    with database.snapshot() as connection:
        return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))


def test_opening_a_conversation_and_recovering_search_indexes(
    store: ConversationStore, database: Database, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    dead = ConversationStore(database, is_alive=lambda writer: False)
    found = statements(store, database, "load", exchange.conversation.id) + statements(dead, database, "recover")
    assert len(found) >= 7
    for statement in found:
        described = plan(database, statement)
        assert "SEARCH" in described or described == "SCAN messages USING INDEX messages_streaming"
        assert "TEMP B-TREE" not in described
