"""What comes in is kept once, joined with what is here, and goes out again as it was."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from app.core.chat.conversations import Conversation, ConversationSummary
from app.core.chat.search import SearchQuery
from app.core.data.exchange import ExportFormat
from app.core.engine.messages import MessageState, Role
from app.core.errors import Failure
from app.exchange.exporting import Exporter
from app.exchange.importing import Outcome
from app.exchange.portable import PortableConversation, PortableMessage, native_origin, portable
from app.exchange.reading import read_path
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.exchange import ExchangeStore
from app.storage.folders import FolderStore
from app.storage.listing import ListingStore
from app.storage.search import SearchStore
from tests.exchange.trees import PRESET, RECORD, conversations, shape
from tests.storage.filling import add_message, create


def exporter():
    return Exporter(lambda *_: None, lambda done: None, lambda: False, overwrite=True)


def said(conversation):
    return [message.text for message in conversation.active_path()]


def line(*texts, origin="claude:1", leaf=None):
    messages = tuple(
        PortableMessage(id=at, parent=at - 1 or None, role=(Role.ASSISTANT, Role.USER)[at % 2], text=text)
        for at, text in enumerate(texts, 1)
    )
    return PortableConversation(origin=origin, title="T", leaf=leaf or len(texts), messages=messages)


@settings(max_examples=60)
@given(conversation=conversations())
def test_a_tree_goes_out_as_json_and_comes_in_the_same(tmp_path, conversation):
    path = tmp_path / "out.json"
    with Database(tmp_path / "a.sqlite3") as first:
        first_store = ExchangeStore(first)
        assert first_store.put([conversation]) == [(Outcome.ADDED, len(conversation.messages))]
        number = first_store.ids()[-1]
        out = first_store.read(number)
        exporter().run([out], 1, ExportFormat.JSON, path)
        with first.transaction() as connection:
            connection.execute("DELETE FROM conversations")
    (found,) = [one.read for one in read_path(path)]
    with Database(tmp_path / "b.sqlite3") as second:
        store = ExchangeStore(second)
        store.put([found])
        (number,) = store.ids()
        assert shape(store.read(number)) == shape(out) == shape(conversation)
        assert store.put([found]) == [(Outcome.PRESENT, 0)]
        with second.transaction() as connection:
            connection.execute("DELETE FROM conversations")


def test_a_conversation_comes_into_the_folder_of_its_name_and_stays_where_the_user_puts_it(store, database):
    here = FolderStore(database)
    work = here.create("Work")
    filed = msgspec.structs.replace(line("a", "b"), folder=("Work", "Plans"), pinned=True)
    store.put([filed])
    (plans,) = [folder for folder in here.list() if folder.name == "Plans"]
    assert plans.parent_id == work.id
    (number,) = store.ids()
    assert ListingStore(database).file({number: None}) == {number: plans.id}
    store.put([filed])
    assert (store.read(number).folder, len(here.list())) == ((), 2)


def test_a_message_whose_time_nobody_knows_is_found_with_that_of_its_conversation(store, database):
    store.put([msgspec.structs.replace(line("sunny"), updated_at=1_700_000_000.0)])
    (hit,) = SearchStore(database).search(SearchQuery("sunny")).hits
    assert hit.at == 1_700_000_000.0


def test_importing_twice_makes_no_duplicates(store):
    assert store.put([line("a", "b")]) == [(Outcome.ADDED, 2)]
    assert store.put([line("a", "b")]) == [(Outcome.PRESENT, 0)]
    assert len(store.ids()) == 1


def test_a_conversation_that_grew_gets_its_new_messages_and_goes_on(store):
    store.put([line("a", "b")])
    assert store.put([line("a", "b", "c", "d")]) == [(Outcome.GROWN, 2)]
    (number,) = store.ids()
    assert said(store.read(number)) == ["a", "b", "c", "d"]
    assert store.put([line("a", "b", "c", "d")]) == [(Outcome.PRESENT, 0)]


def test_what_was_said_here_since_is_kept_and_stays_active(store, database):
    store.put([line("a", "b")])
    (number,) = store.ids()
    here = ConversationStore(database)
    add_message(here, number, here.load(number).leaf_id, Role.USER, "mine")
    assert store.put([line("a", "b", "theirs")]) == [(Outcome.GROWN, 1)]
    assert said(store.read(number)) == ["a", "b", "mine"]
    assert sorted(message.text for message in store.read(number).messages) == ["a", "b", "mine", "theirs"]


def test_two_siblings_that_say_the_same_are_two(store):
    twins = PortableConversation(
        origin="chatgpt:1",
        leaf=3,
        messages=(
            PortableMessage(id=1, role=Role.USER, text="q"),
            PortableMessage(id=2, parent=1, role=Role.ASSISTANT, text="same"),
            PortableMessage(id=3, parent=1, role=Role.ASSISTANT, text="same"),
        ),
    )
    assert store.put([twins]) == [(Outcome.ADDED, 3)]
    assert store.put([twins]) == [(Outcome.PRESENT, 0)]


def test_a_conversation_of_parley_is_known_where_it_began_and_elsewhere(tmp_path, store, database):
    here = ConversationStore(database)
    exchange = here.begin_exchange(None, None, "Hello", record=RECORD)
    here.finish_reply(exchange.reply.id, "Hi", "", MessageState.COMPLETE, RECORD)
    (number,) = store.ids()
    out = store.read(number)
    assert out.origin == native_origin(number, exchange.conversation.created_at)
    assert store.put([out]) == [(Outcome.PRESENT, 0)]
    with Database(tmp_path / "other.sqlite3") as other:
        elsewhere = ExchangeStore(other)
        assert elsewhere.put([out])[0][0] is Outcome.ADDED
        assert elsewhere.put([out]) == [(Outcome.PRESENT, 0)]
        assert elsewhere.read(elsewhere.ids()[0]).origin == out.origin


def test_another_conversation_with_the_same_number_is_another(store, database):
    create(ConversationStore(database), "Mine")
    foreign = line("x", origin=native_origin(1, 5.0))
    assert store.put([foreign])[0][0] is Outcome.ADDED
    assert len(store.ids()) == 2


def test_what_is_in_the_trash_stays_there(store, database):
    store.put([line("a", "b")])
    (number,) = store.ids()
    with database.transaction() as connection:
        connection.execute("UPDATE conversations SET trashed_at = 1 WHERE id = ?", (number,))
    assert store.ids() == []
    assert store.put([line("a", "b", "c")]) == [(Outcome.TRASHED, 0)]


def test_nothing_is_hung_below_a_message_in_the_trash(store, database):
    store.put([line("a", "b", "c")])
    (number,) = store.ids()
    with database.transaction() as connection:
        first = connection.execute("SELECT min(id) FROM messages").fetchone()[0]
        connection.execute(
            "INSERT INTO trash (id, conversation_id, message_id, trashed_at, moved) VALUES (1, ?, ?, 1, '[]')",
            (number, first + 1),
        )
        connection.execute("UPDATE messages SET trash_id = 1 WHERE id > ?", (first,))
        connection.execute("UPDATE conversations SET leaf_id = ?", (first,))
    assert store.put([line("a", "b", "c", "d", "e")]) == [(Outcome.PRESENT, 0)]
    assert said(store.read(number)) == ["a"]


def test_a_reply_under_way_comes_in_as_interrupted(tmp_path):
    message = PortableMessage(id=1, role=Role.ASSISTANT, text="Hal", state=MessageState.STREAMING)
    path = tmp_path / "a.json"
    path.write_bytes(msgspec.json.encode([PortableConversation(origin="parley:1", leaf=1, messages=(message,))]))
    (found,) = [one.read for one in read_path(path)]
    assert found.messages[0].state is MessageState.INTERRUPTED


def test_an_unfinished_title_is_the_first_words(store):
    store.put([PortableConversation(origin="jan:1", leaf=1, messages=(line("What is a group size?").messages))])
    assert store.read(store.ids()[0]).title == "What is a group size?"


def test_what_a_later_parley_adds_anywhere_is_passed_over(tmp_path):
    reply = PortableMessage(id=1, role=Role.ASSISTANT, text="x", record=RECORD)
    conversation = PortableConversation(origin="jan:1", leaf=1, preset=PRESET, messages=(reply,))
    later = msgspec.to_builtins(conversation)
    (message,) = later["messages"]
    chosen = later["preset"]
    for place in (later, message, message["record"], message["record"]["model"], chosen, chosen["preset"]):
        place["new_field"] = 1
    chosen["preset"]["sampling"]["new_option"] = 1
    for name in ("options", "sampling"):
        message["record"][name] = {**message["record"].get(name, {}), "new_option": 1}
    path = tmp_path / "later.json"
    path.write_bytes(msgspec.json.encode([later]))
    (found,) = [one.read for one in read_path(path)]
    assert found.messages[0].record == RECORD
    assert found.preset == PRESET


@pytest.mark.parametrize("record", [[], {"options": 1}, {"options": {"new": 1}}, {"sampling": []}, 7])
def test_a_record_of_parley_that_is_none_is_refused(tmp_path, record):
    document = {"origin": "jan:1", "messages": [{"id": 1, "role": "assistant", "text": "x", "record": record}, 3]}
    path = tmp_path / "a.json"
    path.write_bytes(msgspec.json.encode([document]))
    assert all(isinstance(one.read, Failure) and one.read.code == "RecordInvalid" for one in read_path(path))


def test_a_folder_that_no_one_made_is_cut_to_one_that_someone_could(tmp_path):
    path = tmp_path / "a.json"
    deep = ("\n ", "a\nb" + "c" * 1000, *("x" * 1000))
    path.write_bytes(msgspec.json.encode([PortableConversation(origin="jan:1", folder=deep)]))
    (found,) = [one.read for one in read_path(path)]
    assert found.folder[0].startswith("a b")
    assert len(found.folder) <= 20 and max(map(len, found.folder)) <= 200


@pytest.mark.parametrize("origin", ["", "nowhere", "unknown:1", "chatgpt:"])
def test_a_document_of_parley_with_an_origin_that_makes_no_sense_is_refused(tmp_path, origin):
    path = tmp_path / "a.json"
    path.write_bytes(msgspec.json.encode([PortableConversation(origin=origin)]))
    assert all(isinstance(one.read, Failure) for one in read_path(path))


def test_a_conversation_without_messages_travels():
    empty = Conversation(ConversationSummary(3, "Empty", 1.0, 2.0), [], None)
    assert portable(empty) == PortableConversation(
        origin=native_origin(3, 1.0), title="Empty", created_at=1.0, updated_at=2.0
    )
