"""Presets in the window: the header's menu, the questions before the start, and the editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.chat.presets import ChosenPreset, Preset, Reasoning, StoredPreset
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.data.exchange_errors import ExportFailed
from app.core.engine.messages import ReplyRecord, Role
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.services.reply_run import ChatState
from app.storage.preset_file import read_presets
from app.ui.presets.editor import PresetEditor
from app.ui.presets.form import PresetForm
from app.ui.presets.values import ValuesDialog
from app.ui.text_dialog import MessageDialog
from app.ui.theme import ThemeSource

FileFactory = Callable[..., ModelFile]


@pytest.fixture
def ready(program: Program, qtbot: QtBot, model_file: FileFactory) -> Program:
    """A window that knows its presets and has a model chosen."""
    program.chats.presets.refresh()
    qtbot.waitUntil(lambda: bool(program.chats.presets.presets))
    program.engines.engine.choose(model_file())
    return program


@pytest.fixture
def editor(ready: Program, qtbot: QtBot) -> PresetEditor:
    made = ready.desks.settings.show_presets()
    with qtbot.waitActive(made):
        made.activateWindow()
    return made


def named(program: Program, name: str) -> StoredPreset:
    return next(one for one in program.chats.presets.presets if one.preset.name == name)


def names(program: Program) -> list[str]:
    return [one.preset.name for one in program.chats.presets.presets]


def ask(program: Program, qtbot: QtBot, text: str) -> ReplyRecord:
    """Send a message and give the record of its reply."""
    with qtbot.waitSignal(program.chats.session.reply_finished) as finished:
        program.chats.session.send(text)
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)
    record = finished.args[0].record
    assert isinstance(record, ReplyRecord)
    return record


def test_a_new_chat_begins_with_the_default(ready: Program, qtbot: QtBot) -> None:
    assert ready.view.page.header.preset.text() == "General"
    ready.chats.presets.make_default(named(ready, "Concise"))
    qtbot.keyClick(ready.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert ready.view.page.header.preset.text() == "Concise"
    record = ask(ready, qtbot, "Hello")
    assert (record.preset, record.sampling.temperature, record.system) == ("Concise", 0.4, None)
    assert ready.chats.session.conversation is not None
    assert ready.chats.session.conversation.path()[0].role is Role.SYSTEM


def test_the_default_preset_adds_no_message(ready: Program, qtbot: QtBot) -> None:
    record = ask(ready, qtbot, "Hello")
    assert record.preset == "General"
    assert ready.chats.session.conversation is not None
    assert [one.role for one in ready.chats.session.conversation.path()] == [Role.USER, Role.ASSISTANT]


def test_another_preset_counts_from_the_next_reply_on(ready: Program, qtbot: QtBot) -> None:
    ask(ready, qtbot, "Hello")
    ready.view.page.header.preset.chosen.emit(named(ready, "Tutor"))
    record = ask(ready, qtbot, "And now?")
    assert (record.preset, (record.system or "")[:22]) == ("Tutor", "You are a patient tuto")
    shown = ready.chats.session.conversation
    assert shown is not None
    number = shown.summary.id
    qtbot.keyClick(ready.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert ready.view.page.header.preset.text() == "General"
    with qtbot.waitSignal(ready.chats.session.preset_changed):
        ready.chats.session.open(number)
    assert ready.view.page.header.preset.text() == "Tutor"


def test_retry_answers_with_the_preset_of_now(ready: Program, qtbot: QtBot) -> None:
    ask(ready, qtbot, "Hello")
    ready.view.page.header.preset.chosen.emit(named(ready, "Careful"))
    shown = ready.chats.session.conversation
    assert shown is not None and shown.leaf_id is not None
    with qtbot.waitSignal(ready.chats.session.reply_finished) as finished:
        ready.chats.session.retry(shown.leaf_id)
    assert finished.args[0].record.preset == "Careful"


def test_a_chat_keeps_a_deleted_preset(ready: Program, qtbot: QtBot) -> None:
    ready.view.page.header.preset.chosen.emit(named(ready, "Tutor"))
    ask(ready, qtbot, "Hello")
    with qtbot.waitSignal(ready.chats.presets.changed):
        ready.chats.presets.delete(named(ready, "Tutor").id)
    assert "Tutor" not in names(ready)
    assert ask(ready, qtbot, "Go on").preset == "Tutor"


def test_free_variables_are_asked_for_before_it_is_used(ready: Program, qtbot: QtBot) -> None:
    ready.view.page.header.preset.chosen.emit(named(ready, "Translate"))
    dialog = ready.view.findChild(ValuesDialog)
    assert isinstance(dialog, ValuesDialog)
    assert not dialog.use.isEnabled()
    QTest.keyClicks(dialog.fields["language"], "Latin")
    QTest.keyClick(dialog.fields["language"], Qt.Key.Key_Return)
    record = ask(ready, qtbot, "Hello")
    assert record.preset == "Translate"
    assert ready.chats.session.conversation is not None
    assert ready.chats.session.conversation.path()[0].text.startswith("Translate every message of the user into Latin.")


def test_a_default_with_variables_asks_when_the_first_message_is_sent(ready: Program, qtbot: QtBot) -> None:
    ready.chats.presets.make_default(named(ready, "Translate"))
    qtbot.keyClick(ready.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    ready.chats.session.send("Good morning")
    dialog = ready.view.findChild(ValuesDialog)
    assert isinstance(dialog, ValuesDialog)
    QTest.keyClicks(dialog.fields["language"], "Greek")
    with qtbot.waitSignal(ready.chats.session.reply_finished):
        dialog.use.click()
    assert ready.chats.session.conversation is not None
    first, second, _ = ready.chats.session.conversation.path()
    assert ("Greek" in first.text, second.text) == (True, "Good morning")


def test_the_form_gives_back_what_it_shows(qtbot: QtBot) -> None:
    form = PresetForm()
    qtbot.addWidget(form)
    preset = Preset(
        name="Rich",
        description="All of it",
        system="Line\nline {{a}}",
        sampling=Sampling(temperature=0.123, stop=("\n\n", "a\\n", "#"), seed=0, max_tokens=7, xtc_probability=0.5),
        template="chatml",
        reasoning=Reasoning.ON,
        context_limit=512,
    )
    form.show_preset(preset)
    assert form.preset() == preset
    assert "a" in form.variables.text()
    form.show_preset(Preset(name="Plain"))
    assert form.preset() == Preset(name="Plain")
    form.fractions["temperature"].setValue(0.5)
    assert form.preset().sampling == Sampling(temperature=0.5)


def test_every_number_is_seen_whole_in_large_text(qtbot: QtBot, themed: ThemeSource) -> None:
    themed.set_text_size(200)
    try:
        form = PresetForm()
        qtbot.addWidget(form)
        form.resize(form.minimumSizeHint())
        form.show()
        for box in form.fractions.values():
            field = box.lineEdit()
            margins = field.textMargins()
            room = field.width() - margins.left() - margins.right()
            assert room >= box.fontMetrics().horizontalAdvance(box.text())
    finally:
        themed.set_text_size(100)


def test_changes_are_saved_by_key_and_counted_where_they_are_used(
    ready: Program, editor: PresetEditor, qtbot: QtBot
) -> None:
    editor.begin("Concise")
    QTest.keyClicks(editor.form.name, " answers")
    assert editor.save.isEnabled()
    with qtbot.waitSignal(ready.chats.presets.saved):
        QTest.keyClick(editor.form.name, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "Concise answers" in names(ready)
    assert not editor.save.isEnabled()


def at_end(editor: PresetEditor) -> None:
    """Put the cursor behind the system prompt."""
    editor.form.system.setFocus()
    editor.form.system.moveCursor(QTextCursor.MoveOperation.End)


def test_saving_leaves_the_cursor_and_what_can_be_undone(ready: Program, editor: PresetEditor, qtbot: QtBot) -> None:
    editor.begin("Coding")
    at_end(editor)
    QTest.keyClicks(editor.form.system, " One")
    with qtbot.waitSignal(ready.chats.presets.changed):
        QTest.keyClick(editor.form.system, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor.form.system, ", two")
    assert editor.form.system.toPlainText().endswith(" One, two")
    assert editor.save.isEnabled()
    editor.form.system.undo()
    editor.form.system.undo()
    assert not editor.form.system.toPlainText().endswith(" One")


def test_what_is_typed_while_a_preset_is_saved_stays(ready: Program, editor: PresetEditor, qtbot: QtBot) -> None:
    editor.begin("Coding")
    at_end(editor)
    QTest.keyClicks(editor.form.system, " One")
    with qtbot.waitSignal(ready.chats.presets.changed):
        QTest.keyClick(editor.form.system, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(editor.form.system, ", two")
    assert named(ready, "Coding").preset.system.endswith(" One")
    assert editor.form.system.toPlainText().endswith(" One, two")
    with qtbot.waitSignal(ready.chats.presets.changed):
        editor.save.click()
    assert named(ready, "Coding").preset.system.endswith(" One, two")
    assert not editor.save.isEnabled()


def test_saving_leads_nobody_back(ready: Program, editor: PresetEditor, qtbot: QtBot) -> None:
    editor.begin("Coding")
    editor.form.system.appendPlainText("More.")
    with qtbot.waitSignal(ready.chats.presets.changed):
        editor.save.click()
        editor.begin("Tutor")
    assert editor.form.name.text() == "Tutor"
    assert editor.pane.list.currentItem().text() == "Tutor"


def test_a_preset_without_a_name_keeps_its_other_changes(ready: Program, editor: PresetEditor, qtbot: QtBot) -> None:
    editor.begin("Coding")
    editor.form.name.setFocus()
    editor.form.name.selectAll()
    QTest.keyClick(editor.form.name, Qt.Key.Key_Delete)
    assert editor.remark.text() == "A preset needs a name of at most 80 characters. Give it one."
    assert not editor.save.isEnabled()
    at_end(editor)
    QTest.keyClicks(editor.form.system, " More.")
    editor.begin("Tutor")
    editor.close()
    answer(editor, "Save")
    assert editor.isVisible()
    assert (editor.form.name.text(), editor.form.system.toPlainText()[-6:]) == ("", " More.")
    assert editor.remark.text()
    QTest.keyClicks(editor.form.name, "Programs")
    with qtbot.waitSignal(ready.chats.presets.changed):
        editor.save.click()
    assert named(ready, "Programs").preset.system.endswith(" More.")


def test_unsaved_changes_stay_until_they_are_given_up(editor: PresetEditor, ready: Program) -> None:
    editor.begin("Coding")
    editor.form.system.appendPlainText("More.")
    editor.begin("General")
    assert not editor.save.isEnabled()
    editor.begin("Coding")
    assert editor.form.system.toPlainText().endswith("More.")
    editor.close()
    assert editor.isVisible()
    dialog = editor.findChild(MessageDialog)
    assert isinstance(dialog, MessageDialog)
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "Give up").click()
    assert not editor.isVisible()
    assert not named(ready, "Coding").preset.system.endswith("More.")


def answer(editor: PresetEditor, words: str) -> None:
    """Press a button of the question that stands over the editor."""
    dialog = next(one for one in editor.findChildren(MessageDialog) if one.isVisible())
    next(button for button in dialog.findChildren(QPushButton) if button.text() == words).click()


def test_what_is_saved_on_the_way_out_lets_the_window_close(editor: PresetEditor, ready: Program, qtbot: QtBot) -> None:
    for name in ("Coding", "Tutor"):
        editor.begin(name)
        editor.form.system.appendPlainText("More.")
    editor.close()
    answer(editor, "Save")
    qtbot.waitUntil(lambda: not editor.isVisible())
    assert all(named(ready, name).preset.system.endswith("More.") for name in ("Coding", "Tutor"))


def test_what_cannot_be_saved_on_the_way_out_stays(editor: PresetEditor, ready: Program, qtbot: QtBot) -> None:
    editor.begin("Coding")
    editor.form.name.setText("general")
    editor.form.edited.emit()
    editor.close()
    with qtbot.waitSignal(ready.chats.presets.problem):
        answer(editor, "Save")
    assert editor.isVisible()
    editor.form.name.setText("Programs")
    editor.form.edited.emit()
    with qtbot.waitSignal(ready.chats.presets.saved):
        editor.save.click()
    assert editor.isVisible()


def test_a_new_one_is_named_at_once(editor: PresetEditor, ready: Program, qtbot: QtBot) -> None:
    editor.pane._new.setFocus()
    with qtbot.waitSignal(ready.chats.presets.changed):
        QTest.keyClick(editor.pane._new, Qt.Key.Key_Space)
    focused = editor.focusWidget()
    assert isinstance(focused, QLineEdit)
    QTest.keyClicks(focused, "Pirate")
    assert editor.form.name.text() == "Pirate"


def test_what_went_out_and_what_did_not_come_in_is_said(
    editor: PresetEditor, ready: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    with qtbot.waitSignal(ready.chats.presets.exported):
        ready.chats.presets.export_file(file, [named(ready, "Coding").preset])
    assert editor.remark.text() == "Exported to mine.toml"
    with qtbot.waitSignal(ready.chats.presets.imported):
        ready.chats.presets.import_file(file)
    assert editor.remark.text() == "These presets are here already."


def test_another_preset_is_shown_from_its_top(editor: PresetEditor) -> None:
    editor.resize(900, 480)
    bar = editor._area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    editor.begin("Tutor")
    assert bar.value() == 0


def test_a_taken_name_is_refused_and_nothing_is_lost(editor: PresetEditor, ready: Program, qtbot: QtBot) -> None:
    editor.begin("Coding")
    editor.form.name.setText("general")
    editor.form.edited.emit()
    with qtbot.waitSignal(ready.chats.presets.problem):
        editor.save.click()
    assert "already" in editor.remark.text()
    assert editor.form.name.text() == "general"
    editor.form.name.setText("")
    editor.form.edited.emit()
    assert not editor.save.isEnabled()


def test_make_copy_order_and_delete(editor: PresetEditor, ready: Program, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ready.chats.presets.saved):
        editor.pane.new_requested.emit()
    assert editor.form.name.text() == "New preset"
    with qtbot.waitSignal(ready.chats.presets.changed):
        editor.pane._copy.click()
    assert names(ready)[-2:] == ["New preset", "New preset 2"]
    editor.pane.list.setFocus()
    with qtbot.waitSignal(ready.chats.presets.changed):
        QTest.keyClick(editor.pane.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(ready)[-2:] == ["New preset 2", "New preset"]
    editor.pane._delete.click()
    dialog = editor.findChild(MessageDialog)
    assert isinstance(dialog, MessageDialog)
    with qtbot.waitSignal(ready.chats.presets.changed):
        next(button for button in dialog.findChildren(QPushButton) if button.text() == "Delete").click()
    assert "New preset 2" not in names(ready)


def test_a_deleted_default_is_followed_by_the_first_that_is_left(
    editor: PresetEditor, ready: Program, qtbot: QtBot
) -> None:
    editor.pane._delete.click()
    question = next(one for one in editor.findChildren(MessageDialog) if one.isVisible())
    said = " ".join(label.text() for label in question.findChildren(QLabel))
    assert "“General”" in said and "“Coding”" in said
    with qtbot.waitSignal(ready.ground.preferences.changed):
        answer(editor, "Delete")
    assert ready.ground.preferences.get("chat.default_preset") == "Coding"
    assert editor.pane.list.item(0).text() == "Coding (new chats)"
    assert ready.view.page.header.preset.text() == "Coding"


def test_files_go_out_and_come_in(ready: Program, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    with qtbot.waitSignal(ready.chats.presets.exported):
        ready.chats.presets.export_file(file, [one.preset for one in ready.chats.presets.presets])
    assert [one.name for one in read_presets(file)] == names(ready)
    ready.chats.presets.delete(named(ready, "Tutor").id)
    with qtbot.waitSignal(ready.chats.presets.imported) as imported:
        ready.chats.presets.import_file(file)
    assert [one.preset.name for one in imported.args[0]] == ["Tutor"]


def test_a_file_that_cannot_be_written_is_named(ready: Program, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(ready.chats.presets.problem) as problem:
        ready.chats.presets.export_file(tmp_path / "no such folder" / "all.toml", [])
    assert isinstance(problem.args[0], ExportFailed) and "all.toml" in str(problem.args[0])


def test_the_window_opens_with_what_the_model_sees(
    ready: Program, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RenderPrompt] = []
    monkeypatch.setattr(ready.tools.preview, "ask", asked.append)
    ready.chats.session.use_preset(ChosenPreset(preset=named(ready, "Tutor").preset))
    for _ in range(2):
        window = ready.desks.settings.show_presets()
        qtbot.waitUntil(lambda: bool(asked))
        assert asked.pop().messages[0].text.startswith("You are a patient tutor")
        window.close()


def test_the_preview_asks_for_what_is_typed(
    editor: PresetEditor, ready: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RenderPrompt] = []
    monkeypatch.setattr(ready.tools.preview, "ask", asked.append)
    editor.begin("Tutor")
    editor.form.system.setPlainText("Teach {{user}} about {{topic}}.")
    editor.preview._pause.timeout.emit()
    assert asked[-1].messages[0].text == "Teach the user about {{topic}}."
    ready.tools.preview.rendered.emit(PromptRendered(id=-1, text="[system]", template="chatml", tokens=1234))
    assert editor.preview.text.toPlainText() == "[system]"
    assert "1,234 tokens" in editor.preview.state.text()
