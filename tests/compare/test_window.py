"""Replies side by side in the real window, each written by an engine child of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.core.conversations import StoredMessage
from app.core.loading import LoadOptions
from app.core.messages import MessageState
from app.services.compare import Progress
from app.ui.compare.dialog import CompareDialog
from app.ui.compare.setup import CompareSetup
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
    with user.qtbot.waitSignal(user.program.engine.digest, timeout=30_000):
        reply = user.exchange("Say something")
    return reply


def dialog_of(user: User) -> CompareDialog:
    user.qtbot.waitUntil(lambda: user.page.compare.dialog is not None, timeout=10_000)
    found = user.page.compare.dialog
    assert found is not None
    return found


def ended(user: User) -> CompareDialog:
    dialog = dialog_of(user)
    user.qtbot.waitUntil(lambda: dialog.comparison.progress is Progress.ENDED, timeout=60_000)
    return dialog


def left(user: User, leave: Callable[[], object]) -> list[StoredMessage]:
    """Leave the dialog; the path that is shown then."""
    with user.qtbot.waitSignal(user.program.session.conversations_changed, timeout=20_000):
        leave()
    shown = user.program.session.conversation
    assert shown is not None
    return shown.path()


def siblings(user: User, message: StoredMessage) -> list[StoredMessage]:
    shown = user.program.session.conversation
    assert shown is not None
    return [shown[number] for number in shown.siblings(message.id)]


def test_a_reply_that_is_run_again_exactly_is_the_same(models: User) -> None:
    first = written(models)
    models.page.compare.run_again(first)
    dialog = ended(models)
    assert dialog.result == "The same text came out."
    path = left(models, dialog.reject)
    assert path[-1].id == first.id
    old, new = siblings(models, first)
    assert old.record is not None and new.record is not None
    assert new.text == old.text and new.record.seed == old.record.seed
    assert new.record.usage is not None and old.record.usage is not None
    assert new.record.usage.prompt_tokens == old.record.usage.prompt_tokens


def test_the_new_reply_can_be_discarded_and_brought_back(models: User) -> None:
    first = written(models)
    models.page.compare.run_again(first)
    dialog = ended(models)
    with models.qtbot.waitSignal(models.program.conversations.undo.pushed, timeout=20_000):
        models.qtbot.mouseClick(dialog.discard_button, Qt.MouseButton.LeftButton)
    assert siblings(models, first) == [models.program.session.conversation.path()[-1]]  # type: ignore[union-attr]
    with models.qtbot.waitSignal(models.program.session.path_changed, timeout=20_000):
        models.program.conversations.undo.undo()
    assert len(siblings(models, first)) == 2


def test_a_changed_model_file_is_refused(models: User, make_model: Callable[..., Path]) -> None:
    first = written(models)
    file = models.program.engine.file
    assert file is not None
    shutil.copy(make_model("tiny", "--no-template"), file.identity.path)
    models.page.compare.run_again(first)
    dialog = ended(models)
    assert dialog.result.startswith("first has changed since") or "has changed since" in dialog.result
    dialog.reject()
    assert siblings(models, first) == [first]


def test_another_model_answers_beside_the_first_and_the_chat_goes_on_with_it(models: User) -> None:
    first = models.exchange("Say something")
    other = models.page.choices.files[1]
    models.page.compare.run_with(first, other, None)
    dialog = ended(models)
    models.qtbot.waitUntil(dialog.differences.isChecked)
    assert dialog.columns[0].marked.toPlainText() == first.text
    assert dialog.result == "The texts differ."
    path = left(models, dialog.columns[1].chosen.emit)
    assert path[-1].id != first.id
    assert path[-1].record is not None and path[-1].record.model.path == other.identity.path
    assert len(siblings(models, first)) == 2


def test_two_models_answer_one_message_at_once_where_they_fit(models: User) -> None:
    models.view.page.compare.open_setup("Which is better?")
    setup = models.page.findChild(CompareSetup)
    assert setup is not None and setup.begin.isEnabled()
    models.qtbot.mouseClick(setup.begin, Qt.MouseButton.LeftButton)
    dialog = ended(models)
    assert dialog.told.startswith("All at once: ")
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
    files = [(file, None) for file in models.page.choices.files]
    models.page.compare.compare("And now?", files)
    dialog = dialog_of(models)
    with models.qtbot.waitSignal(dialog.comparison.text_added, timeout=30_000):
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
