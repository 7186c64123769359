"""Replies side by side in the real window, each written by an engine child of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, Role
from app.services.compare import Progress
from app.ui.compare.dialog import CompareDialog
from app.ui.compare.setup import CompareSetup
from app.ui.details import DetailsDialog
from app.ui.transcript.rows.row import Action
from tests.ui.seen import button
from tests.window.conftest import User

SHORT = LoadOptions(context_length=96, threads=1)


@pytest.fixture
def models(user: User, tiny_gguf: Path, tmp_path: Path) -> User:
    """A window that knows two models, of which the first is loaded."""
    copies = [tmp_path / "first.gguf", tmp_path / "second.gguf"]
    for copy in reversed(copies):
        shutil.copy(tiny_gguf, copy)
        user.open_model(copy)
        user.load_with(SHORT)
    return user


def written(user: User) -> StoredMessage:
    """A reply whose record knows the hash of the model's file."""
    reply = user.exchange("Say something")
    shown = user.program.chats.session.conversation
    assert shown is not None
    number = shown.summary.id

    def is_known() -> bool:
        stored = user.program.ground.storage.lane.submit(lambda stores: stores.conversations.load(number)).result()
        record = stored[reply.id].record
        return record is not None and bool(record.model.sha256)

    user.qtbot.waitUntil(is_known)
    return reply


def dialog_of(user: User) -> CompareDialog:
    user.qtbot.waitUntil(lambda: user.page.compare.dialog is not None)
    found = user.page.compare.dialog
    assert found is not None
    return found


def ended(user: User) -> CompareDialog:
    dialog = dialog_of(user)
    user.qtbot.waitUntil(lambda: dialog.comparison.progress is Progress.ENDED, timeout=60_000)
    return dialog


def left(user: User, leave: Callable[[], object]) -> list[StoredMessage]:
    """Leave the dialog; the path that is shown then."""
    session = user.program.chats.session
    shows = session.conversation_changed if session.conversation is None else session.path_changed
    with user.qtbot.waitSignal(shows):
        leave()
    shown = user.program.chats.session.conversation
    assert shown is not None
    return shown.path()


def siblings(user: User, message: StoredMessage) -> list[StoredMessage]:
    shown = user.program.chats.session.conversation
    assert shown is not None
    return [shown[number] for number in shown.siblings(message.id)]


def test_a_reply_that_is_run_again_exactly_is_the_same(models: User) -> None:
    first = written(models)
    models.page.compare.run_again(first)
    dialog = ended(models)
    assert dialog.outcome == "The same text came out."
    path = left(models, dialog.reject)
    assert path[-1].id == first.id
    old, new = siblings(models, first)
    assert old.record is not None and new.record is not None
    assert new.text == old.text and new.record.seed == old.record.seed
    assert new.record.usage is not None and old.record.usage is not None
    assert new.record.usage.prompt_tokens == old.record.usage.prompt_tokens


def test_a_reply_that_was_stopped_is_the_same_as_far_as_it_goes(models: User) -> None:
    models.load_with(LoadOptions(context_length=4096, threads=1))
    session = models.program.chats.session
    stopping = session.reply_text.connect(lambda *_: session.stop())
    first = written(models)
    session.disconnect(stopping)
    assert first.state is MessageState.STOPPED and first.text
    models.page.compare.run_again(first)
    dialog = ended(models)
    columns = [column.reply for column in dialog.columns]
    assert len({column.text for column in columns if column is not None}) == 2
    assert dialog.outcome == "The same text came out, as far as the first one goes."


def test_the_new_reply_can_be_discarded_and_brought_back(models: User) -> None:
    first = written(models)
    models.page.compare.run_again(first)
    dialog = ended(models)
    with models.qtbot.waitSignal(models.program.chats.conversations.undo.pushed):
        models.qtbot.mouseClick(button(dialog, "Discard the new reply"), Qt.MouseButton.LeftButton)
    assert siblings(models, first) == [models.program.chats.session.conversation.path()[-1]]  # type: ignore[union-attr]
    with models.qtbot.waitSignal(models.program.chats.session.path_changed):
        models.program.chats.conversations.undo.undo()
    assert len(siblings(models, first)) == 2


def test_a_changed_model_file_is_refused(models: User, make_model: Callable[..., Path]) -> None:
    first = written(models)
    file = models.program.engines.engine.file
    assert file is not None
    shutil.copy(make_model("tiny", "--no-template"), file.identity.path)
    models.page.compare.run_again(first)
    dialog = ended(models)
    assert "has changed since" in dialog.outcome
    dialog.reject()
    assert siblings(models, first) == [first]


def test_another_model_answers_beside_the_first_and_the_chat_goes_on_with_it(models: User) -> None:
    first = models.exchange("Say something")
    other = models.page.choices.files[1]
    models.page.compare.run_with(first, other, None)
    dialog = ended(models)
    models.qtbot.waitUntil(dialog.differences.isChecked)
    models.qtbot.waitUntil(lambda: dialog.columns[0].marked.toPlainText() == first.text)
    assert dialog.outcome == "The texts differ."
    path = left(models, dialog.columns[1].chosen.emit)
    assert path[-1].id != first.id
    assert path[-1].record is not None and path[-1].record.model.path == other.identity.path
    assert len(siblings(models, first)) == 2


def test_two_models_answer_one_message_at_once_where_they_fit(models: User) -> None:
    models.page.composer.set_text("Which is better?")
    models.view.page.compare.open_setup("Which is better?")
    setup = models.page.findChild(CompareSetup)
    assert setup is not None and setup.begin.isEnabled()
    models.qtbot.mouseClick(setup.begin, Qt.MouseButton.LeftButton)
    dialog = ended(models)
    assert dialog.told.startswith("All at once: ")
    assert not models.page.composer.text()
    path = left(models, dialog.columns[1].chosen.emit)
    assert [message.text for message in path][:1] == ["Which is better?"]
    both = siblings(models, path[-1])
    assert [one.state for one in both] == [MessageState.COMPLETE] * 2
    assert {one.record.model.path for one in both if one.record} == {
        file.identity.path for file in models.page.choices.files
    }
    assert path[-1].id == both[1].id


def test_what_was_written_is_kept_when_the_comparison_is_left_early(models: User) -> None:
    models.exchange("Say something")
    files = [(file, None) for file in models.page.compare.files]
    models.page.compare.compare("And now?", files)
    dialog = dialog_of(models)
    with models.qtbot.waitSignal(dialog.comparison.text_added):
        pass
    path = left(models, dialog.reject)
    assert path[-2].text == "And now?"
    assert len(siblings(models, path[-1])) == 2
    assert all(one.state is not MessageState.STREAMING for one in siblings(models, path[-1]))


def test_the_menu_of_a_reply_offers_it(models: User) -> None:
    reply = models.exchange("Say something")
    menu = QMenu()
    models.page.compare.fill(menu, reply)
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["Run again exactly", "Compare with another model", "Compare with another preset"]


def test_details_show_the_prompt_that_the_model_saw(models: User) -> None:
    reply = models.exchange("Say something")
    shown = models.program.chats.session.conversation
    assert shown is not None
    dialog = DetailsDialog(reply, shown.path(reply.parent_id), models.view.page._tools, models.window)
    dialog.open()
    prompt = dialog.prompt
    assert prompt is not None
    models.qtbot.waitUntil(lambda: prompt.toPlainText() != "…")
    assert prompt.toPlainText() == "<|im_start|>user\nSay something<|im_end|>\n<|im_start|>assistant\n"
    models.qtbot.waitUntil(lambda: "Costs in the context" in dialog.record.toPlainText())
    assert "Seed" in dialog.record.toPlainText()
    dialog.accept()


def test_a_pinned_message_is_still_seen_when_older_turns_are_left_out(models: User) -> None:
    models.load_with(LoadOptions(context_length=128, threads=1))
    session, transcript = models.program.chats.session, models.page.transcript
    question = models.exchange("My name is Ada").parent_id
    assert question is not None
    with models.qtbot.waitSignal(session.path_changed):
        models.program.view.page._tools.tree.pin(question, pinned=True)
    first = transcript.document.items[0]
    assert [hot.action for hot in first.action_hots()].count(Action.UNPIN) == 1
    shown = session.conversation
    assert shown is not None
    cut = next(message for message in shown.path() if message.role is Role.ASSISTANT)
    with models.qtbot.waitSignal(session.path_changed):
        models.program.view.page._tools.tree.edit_reply(cut.id, "Hello")
    for number in range(3):
        models.exchange(f"Word {number}")
        last = session.conversation.path()[-1]  # type: ignore[union-attr]
        with models.qtbot.waitSignal(session.path_changed):
            models.program.view.page._tools.tree.edit_reply(last.id, "w " * 12)
    record = models.exchange("Who am I?").record
    assert record is not None and record.view_start > 0
    assert record.kept == (0, 1)
    with models.qtbot.waitSignal(session.path_changed):
        transcript.press(first, first.action_hots()[0]._replace(action=Action.UNPIN))
    assert not session.conversation.path()[0].pinned  # type: ignore[union-attr]
