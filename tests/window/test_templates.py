"""A chat template that its user edits: rendered as it is typed, kept for the model, deleted, all with a real model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QWidget

from app.core.engine.templates import own_names, template_source
from app.services.engine_host import EngineState
from app.ui.details import describe
from app.ui.model_options import ModelOptionsDialog
from app.ui.template_editor import TemplateEditor
from app.ui.text_dialog import MessageDialog
from tests.ui.seen import button
from tests.window.conftest import User

MINE = "{% for message in messages %}Q: {{ message.content }}\n{% endfor %}A:"


@pytest.fixture
def user(start_program: Callable[[], User], tiny_gguf: Path) -> User:
    made = start_program()
    made.open_model(tiny_gguf)
    return made


def shown(kind: type[QDialog], window: QWidget) -> QDialog:
    return next(one for one in window.findChildren(QDialog) if isinstance(one, kind) and one.isVisible())


def load_options(user: User) -> ModelOptionsDialog:
    user.page.header.model.options_requested.emit()
    dialog = shown(ModelOptionsDialog, user.window)
    assert isinstance(dialog, ModelOptionsDialog)
    return dialog


def editor_of(user: User, options: ModelOptionsDialog) -> TemplateEditor:
    """The editor, once it shows the template that is chosen and what the model sees with it."""
    options.edit_template.click()
    editor = shown(TemplateEditor, options)
    assert isinstance(editor, TemplateEditor)
    user.qtbot.waitUntil(editor.save.isEnabled)
    return editor


def saved_as(user: User, name: str, source: str) -> ModelOptionsDialog:
    options = load_options(user)
    editor = editor_of(user, options)
    editor.text.setPlainText(source)
    editor.name.setText(name)
    user.qtbot.waitUntil(editor.save.isEnabled)
    with user.qtbot.waitSignal(editor.saved):
        editor.save.click()
    return options


def loaded_with(user: User, options: ModelOptionsDialog) -> None:
    options.context.setValue(256)  # the replies of this model never end by themselves
    options.threads.setValue(1)
    with user.qtbot.waitSignal(user.program.models.library.opened):
        options.accept()
    user.qtbot.waitUntil(lambda: user.program.engines.engine.state is EngineState.READY)


def click(dialog: QDialog, text: str) -> None:
    button(dialog, text).click()


def test_the_models_own_template_is_edited_with_a_live_rendering(user: User) -> None:
    editor = editor_of(user, load_options(user))
    assert "<|im_start|>" in editor.source and editor.name.text() == "My template"
    assert "<|im_start|>user\nHello!" in editor.preview.text.toPlainText()
    assert "tokens." in editor.preview.state.text()
    assert editor.findings.text() == "It shows the model no tools."
    assert not editor.delete.isVisible()
    with user.qtbot.waitSignal(editor.preview.answered):
        editor.text.moveCursor(QTextCursor.MoveOperation.End)
        user.qtbot.keyClicks(editor.text, "Go on:")
    assert editor.preview.text.toPlainText().endswith("Go on:")


def test_what_is_wrong_is_said_with_its_line_and_is_not_saved(user: User) -> None:
    editor = editor_of(user, load_options(user))
    editor.text.setPlainText("{% for message in messages %}\n{{ message.content }")
    assert not editor.save.isEnabled()
    with user.qtbot.waitSignal(editor.preview.answered):
        pass
    assert "line 2: " in editor.preview.state.text()
    assert not editor.save.isEnabled()
    editor.text.setPlainText("A:")
    user.qtbot.waitUntil(editor.save.isEnabled)
    assert "It cannot render two turns with a system message." in editor.findings.text()
    for name in ("chatml", "a/b", ""):
        editor.name.setText(name)
        assert not editor.save.isEnabled() and "cannot be the name of a template" in editor.problem.text()
    editor.name.setText("mine")
    assert editor.save.isEnabled() and not editor.problem.text()


def test_a_saved_template_is_the_models_from_then_on(user: User) -> None:
    options = saved_as(user, "mine", MINE)
    assert (own_names(), template_source("mine")) == (("mine",), MINE)
    assert options.template.currentData() == "mine"
    loaded_with(user, options)
    reply = user.exchange("Hi")
    assert reply.record is not None and reply.record.template == "mine" and reply.record.template_sha256
    assert "mine" in describe(reply)

    options = load_options(user)
    assert options.template.currentData() == "mine"
    editor = editor_of(user, options)
    assert (editor.name.text(), editor.source) == ("mine", MINE)
    editor.text.setPlainText(f"!{MINE}")
    user.qtbot.waitUntil(editor.save.isEnabled)
    editor.save.click()
    options.reject()
    again = user.exchange("Hi")
    assert again.record is not None and again.record.template == "mine"
    assert again.record.template_sha256 != reply.record.template_sha256

    user.page.compare.run_again(reply)
    user.qtbot.waitUntil(lambda: "“mine” has changed since" in str(user.page.notice.error))


def test_nothing_is_written_over_a_template_that_is_still_read(user: User) -> None:
    options = load_options(user)
    options.edit_template.click()
    editor = shown(TemplateEditor, options)
    assert isinstance(editor, TemplateEditor)
    user.qtbot.keyClicks(editor.text, "mine")
    user.qtbot.waitUntil(editor.save.isEnabled)
    assert "<|im_start|>" in editor.source and "mine" not in editor.source
    user.qtbot.keyClicks(editor.text, "mine")
    assert editor.source.startswith("mine")


def test_a_template_is_kept_unless_its_deletion_is_chosen(user: User) -> None:
    editor = editor_of(user, saved_as(user, "mine", MINE))
    editor.delete.click()
    asked = shown(MessageDialog, editor)
    user.qtbot.keyClick(asked, Qt.Key.Key_Return)
    assert not asked.isVisible() and editor.isVisible() and own_names() == ("mine",)


def test_a_deleted_template_is_told_when_it_is_needed(user: User) -> None:
    loaded_with(user, saved_as(user, "mine", MINE))
    options = load_options(user)
    editor = editor_of(user, options)
    user.qtbot.mouseClick(editor.delete, Qt.MouseButton.LeftButton)
    with user.qtbot.waitSignal(editor.deleted):
        click(shown(MessageDialog, editor), "Delete")
    assert own_names() == () and options.template.currentData() == ""
    options.reject()
    reply = user.exchange("Hi")
    assert reply.record is not None and reply.record.failure is not None
    assert str(reply.record.failure.error()).startswith("There is no chat template “mine”. Choose another one")


def test_changes_are_not_given_up_unasked(user: User) -> None:
    editor = editor_of(user, load_options(user))
    editor.text.setPlainText("A:")
    user.qtbot.keyClick(editor, Qt.Key.Key_Escape)
    click(shown(MessageDialog, editor), "Go on")
    assert editor.isVisible()
    user.qtbot.keyClick(editor, Qt.Key.Key_Escape)
    with user.qtbot.waitSignal(editor.finished):
        click(shown(MessageDialog, editor), "Give up")
    assert own_names() == ()


def test_a_model_whose_own_template_is_broken_can_be_mended(user: User, tiny_gguf: Path) -> None:
    saved = saved_as(user, "mine", MINE)
    saved.reject()
    path = user.program.ground.data_folder.folders.templates / "mine.jinja"
    path.write_text("{% for %}")
    options = load_options(user)
    options.template.setCurrentIndex(options.template.findData("mine"))
    options.edit_template.click()
    editor = shown(TemplateEditor, options)
    assert isinstance(editor, TemplateEditor)
    user.qtbot.waitUntil(lambda: "line 1: " in editor.preview.state.text())
    assert editor.source == "{% for %}" and not editor.save.isEnabled()
    editor.text.setPlainText("no-break\u00a0{{ messages[0].content }}")
    user.qtbot.waitUntil(editor.save.isEnabled)
    editor.save.click()
    assert template_source("mine") == "no-break\u00a0{{ messages[0].content }}"
