from __future__ import annotations

import pytest

from app.core.chat.conversation_errors import ConversationBusy, NothingToContinue, NotInTrash, UnknownMessage
from app.core.engine.messages import MessageState, ReplyRecord, Role
from app.storage.branches import BranchStore
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from tests.storage.conftest import Clock
from tests.storage.filling import add_message, create


@pytest.fixture
def branches(database: Database) -> BranchStore:
    return BranchStore(database, clock=Clock())


def talk(store: ConversationStore, *texts: str) -> tuple[int, list[int]]:
    """A conversation in which user and model take turns; its number and those of its messages."""
    chat = create(store, "Talk")
    ids: list[int] = []
    for place, text in enumerate(texts):
        role = Role.ASSISTANT if place % 2 else Role.USER
        ids.append(add_message(store, chat.id, ids[-1] if ids else None, role, text).id)
    return chat.id, ids


def texts(store: ConversationStore, chat: int, leaf_id: int | None = None) -> list[str]:
    return [message.text for message in store.load(chat).path(leaf_id)]


def test_a_deleted_message_lets_those_below_it_follow_the_one_above(
    store: ConversationStore, branches: BranchStore
) -> None:
    chat, (_, second, third, _) = talk(store, "a", "b", "c", "d")
    deleted = branches.delete_message(chat, second)
    assert texts(store, chat) == ["a", "c", "d"]
    assert second not in store.load(chat)
    with pytest.raises(UnknownMessage):
        add_message(store, chat, second, Role.USER, "below the deleted one")
    assert branches.restore(deleted) == chat
    assert texts(store, chat) == ["a", "b", "c", "d"]
    assert store.load(chat)[third].parent_id == second
    with pytest.raises(NotInTrash):
        branches.restore(deleted)


def test_a_deleted_branch_shows_the_newest_one_beside_it(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, second, _) = talk(store, "a", "b", "c")
    other = add_message(store, chat, first, Role.ASSISTANT, "b2")
    store.set_leaf(chat, store.load(chat).leaf_below(second))
    deleted = branches.delete_branch(chat, second)
    loaded = store.load(chat)
    assert [message.text for message in loaded.path()] == ["a", "b2"]
    assert loaded.siblings(other.id) == [other.id]
    branches.restore(deleted)
    assert texts(store, chat) == ["a", "b", "c"]
    assert store.load(chat).siblings(other.id) == [second, other.id]


def test_a_whole_conversation_can_be_emptied_and_filled_again(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, *_) = talk(store, "a", "b", "c")
    deleted = branches.delete_branch(chat, first)
    assert store.load(chat).path() == []
    branches.restore(deleted)
    assert texts(store, chat) == ["a", "b", "c"]


def test_deletions_are_taken_back_in_any_order(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, second, third, _) = talk(store, "a", "b", "c", "d")
    inner = branches.delete_message(chat, third)
    outer = branches.delete_branch(chat, second)
    assert texts(store, chat) == ["a"]
    branches.restore(inner)
    assert texts(store, chat) == ["a", "c"]
    branches.restore(outer)
    found = {message.text for message in store.load(chat)}
    assert found == {"a", "b", "c", "d"}
    assert store.load(chat)[second].parent_id == first


def test_what_was_deleted_is_listed(store: ConversationStore, branches: BranchStore) -> None:
    chat, (_, second, _) = talk(store, "a", "b" * 100, "c")
    deleted = branches.delete_branch(chat, second)
    (entry,) = branches.trashed()
    assert (entry.id, entry.conversation_id, entry.title, entry.messages) == (deleted, chat, "Talk", 2)
    assert entry.beginning == "b" * 80


def test_a_reply_under_way_is_not_deleted_or_copied(
    store: ConversationStore, branches: BranchStore, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    chat, reply, user = exchange.conversation.id, exchange.reply.id, exchange.user.id
    for operation in (
        lambda: branches.delete_message(chat, reply),
        lambda: branches.delete_branch(chat, user),
        lambda: branches.branch_off(chat, reply),
        lambda: branches.duplicate(chat),
    ):
        with pytest.raises(ConversationBusy):
            operation()
    branches.delete_message(chat, user)
    store.finish_reply(reply, "answer", "", MessageState.COMPLETE, record)
    assert texts(store, chat) == ["answer"]


def test_an_edited_reply_stands_beside_the_models_own(
    store: ConversationStore, branches: BranchStore, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    store.finish_reply(exchange.reply.id, "wrong", "", MessageState.COMPLETE, record)
    edited = branches.edit_reply(exchange.conversation.id, exchange.reply.id, "right")
    loaded = store.load(exchange.conversation.id)
    assert [message.text for message in loaded.path()] == ["question", "right"]
    assert (edited.role, edited.record) == (Role.ASSISTANT, None)
    assert loaded[exchange.reply.id].record == record
    assert loaded.siblings(edited.id) == [exchange.reply.id, edited.id]


def test_a_path_becomes_a_conversation_of_its_own(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, second, _) = talk(store, "a", "b", "c")
    add_message(store, chat, first, Role.ASSISTANT, "b2")
    copy = branches.branch_off(chat, second)
    assert texts(store, copy.id) == ["a", "b"]
    assert len(store.load(copy.id)) == 2
    assert copy.title == "Talk"
    add_message(store, copy.id, store.load(copy.id).leaf_id, Role.USER, "only here")
    assert texts(store, chat) == ["a", "b2"]


def test_a_copy_has_every_branch_and_nothing_of_the_trash(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, _, third) = talk(store, "a", "b", "c")
    add_message(store, chat, first, Role.ASSISTANT, "b2")
    branches.delete_message(chat, third)
    copy = branches.duplicate(chat)
    loaded = store.load(copy.id)
    assert sorted(message.text for message in loaded) == ["a", "b", "b2"]
    assert texts(store, copy.id) == texts(store, chat) == ["a", "b2"]
    assert {message.id for message in loaded}.isdisjoint(message.id for message in store.load(chat))


def test_a_reply_is_continued_in_its_place(store: ConversationStore, record: ReplyRecord) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    chat, reply = exchange.conversation.id, exchange.reply.id
    store.finish_reply(reply, "once", "hm", MessageState.STOPPED, record)
    continued = store.begin_continuation(chat, reply, record=record)
    assert (continued.text, continued.state) == ("once", MessageState.STREAMING)
    store.append_draft(reply, " upon")
    assert texts(store, chat) == ["question", "once upon"]
    store.finish_reply(reply, "once upon a time", "hm", MessageState.COMPLETE, record)
    assert texts(store, chat) == ["question", "once upon a time"]


def test_a_continuation_that_a_crash_cut_off_keeps_its_beginning(
    store: ConversationStore, database: Database, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    store.finish_reply(exchange.reply.id, "once", "", MessageState.STOPPED, record)
    store.begin_continuation(exchange.conversation.id, exchange.reply.id, record=record)
    store.append_draft(exchange.reply.id, " upon")
    assert ConversationStore(database, is_alive=lambda writer: False).recover() == 1
    reply = store.load(exchange.conversation.id).path()[-1]
    assert (reply.text, reply.state) == ("once upon", MessageState.INTERRUPTED)


def test_only_a_reply_with_words_is_continued(store: ConversationStore, record: ReplyRecord) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    store.finish_reply(exchange.reply.id, "", "", MessageState.FAILED, record)
    for message in (exchange.user, exchange.reply):
        with pytest.raises(NothingToContinue):
            store.begin_continuation(exchange.conversation.id, message.id, record=record)


def test_one_process_at_a_time_answers_in_a_conversation(
    store: ConversationStore, database: Database, record: ReplyRecord
) -> None:
    exchange = store.begin_exchange(None, None, "question", record=record)
    chat = exchange.conversation.id
    other = ConversationStore(database, writer="other", is_alive=lambda writer: True)
    for operation in (
        lambda: other.begin_exchange(chat, exchange.reply.id, "me too", record=record),
        lambda: other.begin_reply(chat, exchange.user.id, record=record),
        lambda: other.begin_continuation(chat, exchange.reply.id, record=record),
    ):
        with pytest.raises(ConversationBusy):
            operation()
    other.begin_exchange(None, None, "elsewhere", record=record)
    dead = ConversationStore(database, writer="third", is_alive=lambda writer: False)
    dead.begin_reply(chat, exchange.user.id, record=record)


def test_a_pin_goes_with_the_message_wherever_it_is_copied(store: ConversationStore, branches: BranchStore) -> None:
    chat, (first, second) = talk(store, "a", "b")
    branches.set_pinned(chat, first, pinned=True)
    assert [message.pinned for message in store.load(chat).path()] == [True, False]
    copy = branches.branch_off(chat, second)
    assert [message.pinned for message in store.load(copy.id).path()] == [True, False]
    branches.set_pinned(chat, first, pinned=False)
    assert not store.load(chat)[first].pinned
    with pytest.raises(UnknownMessage):
        branches.set_pinned(chat, 999, pinned=True)
