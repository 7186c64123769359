from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.chat.conversation_errors import ConversationBusy
from app.core.engine.messages import MessageState, Role
from app.services.chat_session import ChatSession
from app.services.message_tree import MessageTree
from app.services.relay import Relay, Storage
from app.services.reply_run import ChatState
from app.services.undo import Deed, UndoStack
from app.storage.lane import Lane
from app.storage.stores import open_temporary
from tests.kept import files_with
from tests.services.conftest import Services, model_file


@pytest.fixture
def undo(services: Services) -> UndoStack:
    return UndoStack(services.storage)


@pytest.fixture
def tree(services: Services, undo: UndoStack) -> MessageTree:
    made = MessageTree(services.session, undo)
    made.problem.connect(services.problems.append)
    return made


def changed(services: Services, act: Callable[[], object]) -> list[str]:
    """The path's texts as they are shown after something was done."""
    with services.qtbot.waitSignal(services.session.path_changed):
        act()
    assert services.session.conversation is not None
    return [message.text for message in services.session.conversation.path()]


def test_other_words_begin_a_branch_and_the_old_one_stays(services: Services, tree: MessageTree) -> None:
    first = services.exchange("Hello there")
    services.exchange("More")
    question = services.path()[0]
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.send_instead(question.id, "Good morning")
    assert [message.text for message in services.path()] == ["Good morning", caught.args[0].text]
    shown = services.session.conversation
    assert shown is not None and len(shown.siblings(shown.path()[0].id)) == 2
    texts = changed(services, lambda: tree.walk(shown.path()[0].id, -1))
    assert texts[:3] == ["Hello there", first.text, "More"]
    services.qtbot.waitUntil(lambda: services.path()[0].text == "Hello there")


def test_a_stopped_reply_is_continued_from_where_it_ends(
    services: Services, tree: MessageTree, slow_gguf: Path
) -> None:
    services.engine.choose(model_file(slow_gguf, context_length=1024))
    stopped = services.begin_and_stop("Tell me everything")
    assert stopped.state is MessageState.STOPPED and stopped.text
    with services.qtbot.waitSignal(services.session.reply_finished) as caught:
        services.session.go_on(stopped.id)
    whole = caught.args[0]
    assert whole.id == stopped.id
    assert whole.text.startswith(stopped.text) and len(whole.text) > len(stopped.text)
    assert services.path()[-1] == whole


def test_the_users_own_wording_stands_beside_the_reply(services: Services, tree: MessageTree) -> None:
    reply = services.exchange("Hello there")
    assert changed(services, lambda: tree.edit_reply(reply.id, "As I would say it")) == [
        "Hello there",
        "As I would say it",
    ]
    assert services.path()[-1].record is None


def test_what_is_deleted_can_be_taken_back(services: Services, tree: MessageTree, undo: UndoStack) -> None:
    services.exchange("Hello there")
    services.exchange("More")
    before = [message.text for message in services.path()]
    done: list[Deed] = []
    undo.pushed.connect(done.append)
    number = services.path()[1].id
    with services.qtbot.waitSignal(undo.pushed):
        tree.delete_message(number)
    assert [message.text for message in services.path()] == [before[0], *before[2:]]
    with services.qtbot.waitSignal(undo.pushed):
        tree.delete_branch(services.path()[1].id)
    assert [message.text for message in services.path()] == before[:1]
    changed(services, undo.undo)
    assert changed(services, undo.undo) == before
    assert done == [Deed.MESSAGE_DELETED, Deed.BRANCH_DELETED]


def test_a_reply_under_way_is_not_deleted(services: Services, tree: MessageTree, slow_gguf: Path) -> None:
    services.engine.choose(model_file(slow_gguf, context_length=4096))
    services.until_some_text("Tell me everything")
    shown = services.session.conversation
    assert shown is not None and shown.leaf_id is not None
    with services.qtbot.waitSignal(tree.problem):
        tree.delete_message(shown.leaf_id)
    assert isinstance(services.problems[-1], ConversationBusy)


def test_a_reply_goes_on_while_another_branch_is_read(services: Services, tree: MessageTree) -> None:
    old = services.exchange("Hello there")
    with services.qtbot.waitSignal(services.session.reply_text):
        services.session.retry(old.id)
    shown = services.session.conversation
    assert shown is not None and shown.leaf_id is not None
    running = shown.leaf_id
    assert changed(services, lambda: tree.walk(running, -1))[-1] == old.text
    services.qtbot.waitUntil(lambda: services.session.state is ChatState.IDLE)
    assert changed(services, lambda: tree.walk(old.id, 1))[-1] == shown[running].text != ""


def test_a_branch_becomes_a_conversation_of_its_own(services: Services, tree: MessageTree) -> None:
    reply = services.exchange("Hello there")
    services.exchange("More")
    old = services.session.conversation
    with services.qtbot.waitSignal(services.session.conversation_changed):
        tree.branch_off(reply.id)
    shown = services.session.conversation
    assert shown is not None and old is not None and shown.summary.id != old.summary.id
    assert [message.text for message in shown.path()] == ["Hello there", reply.text]


def test_a_temporary_conversation_leaves_no_trace(services: Services) -> None:
    relay = Relay()
    lane = Lane(open_temporary)
    session = ChatSession(services.engine, services.storage, temporary=Storage(lane, relay))
    session.new_conversation(temporary=True)
    with services.qtbot.waitSignal(session.reply_finished):
        session.send("A secret of mine")
    assert session.conversation is not None and session.conversation.summary.is_temporary
    assert [message.role for message in session.conversation.path()] == [Role.USER, Role.ASSISTANT]
    assert services.ask(lambda stores: stores.conversations.count()) == 0
    assert files_with("secret", services.folders.data) == []
    session.new_conversation()
    assert not session.is_temporary and session.storage is services.storage
    session.shutdown()
    lane.close()


def test_leaving_a_temporary_conversation_stops_its_reply(long_winded: Services) -> None:
    relay = Relay()
    lane = Lane(open_temporary)
    session = ChatSession(long_winded.engine, long_winded.storage, temporary=Storage(lane, relay))
    session.new_conversation(temporary=True)
    with long_winded.qtbot.waitSignal(session.reply_text):
        session.send("Tell me everything")
    session.new_conversation()
    long_winded.qtbot.waitUntil(lambda: not session.is_answering)
    session.shutdown()
    lane.close()


def test_a_temporary_conversation_left_before_its_first_word_is_not_answered(long_winded: Services) -> None:
    relay = Relay()
    lane = Lane(open_temporary)
    session = ChatSession(long_winded.engine, long_winded.storage, temporary=Storage(lane, relay))
    session.new_conversation(temporary=True)
    session.send("Tell me everything")
    session.new_conversation()
    assert session.is_answering
    long_winded.qtbot.waitUntil(lambda: not session.is_answering)
    assert long_winded.children == []
    session.shutdown()
    lane.close()
