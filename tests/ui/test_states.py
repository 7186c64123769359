from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.loading import LoadOptions
from app.core.engine.model_errors import NoModel, OutOfMemory
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.remote.servers import Server
from app.services.engine_host import EngineState
from app.services.reply_run import ChatState
from app.ui.report import report
from app.ui.text_dialog import TextDialog
from tests.ui.conftest import FileFactory
from tests.ui.seen import button, words


def press(qtbot: QtBot, widget: QWidget, text: str) -> None:
    qtbot.mouseClick(button(widget, text), Qt.MouseButton.LeftButton)


def begin_conversation(qtbot: QtBot, program: Program, model_file: FileFactory, text: str = "Hello") -> None:
    program.engines.engine.load(model_file())
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    program.view.page.composer.edit.setPlainText(text)
    program.view.page.composer.send_requested.emit(text)
    qtbot.waitUntil(lambda: program.chats.session.conversation is not None)


def test_without_a_model_there_is_one_thing_to_do(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    assert words(page.start)[0] == "Choose a model"
    assert page.composer.edit.placeholderText() == "Choose a model to begin"
    with qtbot.waitSignal(page.open_model_requested):
        page.open_model_requested.disconnect(program.view.models.choose_file)
        press(qtbot, page.start, "Open a GGUF file…")


def test_the_machine_is_described_once_it_is_known(qtbot: QtBot, program: Program) -> None:
    program.engines.probe.ask()
    qtbot.waitUntil(lambda: "This machine has 16 GB of memory, 11.2 GB free." in words(program.view.page.start))


def test_loading_shows_its_progress_and_can_be_cancelled(
    qtbot: QtBot, program: Program, model_file: FileFactory
) -> None:
    page = program.view.page
    program.engines.engine.load(model_file(path="/models/slow.gguf"))
    qtbot.waitUntil(lambda: "42 %" in words(page.start))
    assert "Loading Scripted · Q4_K_M" in words(page.start)
    bar = next(bar for bar in page.start.findChildren(QProgressBar) if bar.isVisible())
    assert bar.value() == 420
    press(qtbot, page.start, "Cancel")
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.EMPTY)
    assert words(page.start)[0] == "What shall we talk about?"
    assert program.engines.engine.file is not None


def test_a_failed_load_says_what_to_do_next(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    page = program.view.page
    program.engines.engine.load(model_file(path="/models/broken.gguf"))
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.FAILED)
    assert words(page.start) == [
        "broken.gguf is damaged or incomplete: it ends too early.",
        "Download it again, or choose another file.",
    ]
    assert button(page.start, "Choose another…").isEnabled()
    press(qtbot, page.start, "Details")
    dialog = program.window.findChild(TextDialog)
    assert isinstance(dialog, TextDialog)
    assert "tensor out of bounds" in dialog.text
    dialog.close()
    with qtbot.waitSignal(program.engines.engine.state_changed):
        press(qtbot, page.start, "Try again")


def test_another_model_than_one_that_failed_is_chosen_where_all_are(
    qtbot: QtBot, program: Program, model_file: FileFactory
) -> None:
    page = program.view.page
    program.engines.engine.load(model_file(path="/models/broken.gguf"))
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.FAILED)
    assert button(page.start, "Try again").property("kind") == "primary"
    press(qtbot, page.start, "Choose another…")
    assert page.header.model.drop_down.isVisible()
    page.header.model.drop_down.close()


def test_a_model_that_is_too_large_leads_to_those_that_fit(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    page.start.show_failed(OutOfMemory(file="large.gguf", need="51.2 GB", free="11.2 GB"))
    assert button(page.start, "Try again").property("kind") != "primary"
    program.view.find_model_requested.disconnect()
    with qtbot.waitSignal(program.view.find_model_requested):
        press(qtbot, page.start, "Find one that fits…")


def test_a_long_word_of_the_window_stays_within_it(program: Program) -> None:
    page = program.view.page
    program.window.resize(480, 480)
    page.say("a-model-with-a-name-that-is-longer-than-the-window-is-wide · Q4_K_M is downloaded and verified. " * 2)
    assert page.rect().contains(page.toast.geometry())
    page.say("Reply copied")
    assert page.toast.height() < 60 and page.toast.width() < 200


def test_a_ready_model_invites(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    page = program.view.page
    program.engines.engine.load(model_file())
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    assert words(page.start)[0] == "What shall we talk about?"
    assert "0 of 8,192 tokens" in words(page.composer)
    assert "● 1 B on CPU" in words(page.composer)


@pytest.mark.parametrize("temporary", [False, True])
def test_a_model_elsewhere_is_not_said_to_keep_text_here(qtbot: QtBot, program: Program, temporary: bool) -> None:
    page = program.view.page
    program.chats.session.new_conversation(temporary=temporary)
    program.engines.engine.choose(ModelFile.on(Server(name="Far", base_url="https://far.example.org/v1"), "large"))
    said = words(page.start)[1]
    assert "large runs on “Far” at far.example.org: what you write is sent there." in said
    assert "nothing leaves it" not in said
    program.engines.engine.choose(ModelFile.on(Server(name="Here", base_url="http://127.0.0.1:8000/v1"), "large"))
    assert "sent there" not in words(page.start)[1]


def test_a_model_over_several_machines_is_not_said_to_stay_here(
    qtbot: QtBot, program: Program, model_file: FileFactory
) -> None:
    page = program.view.page
    options = LoadOptions(rpc_hosts=("box:50052", "127.0.0.1:50052"))
    program.engines.engine.choose(msgspec.structs.replace(model_file(), options=options))
    said = words(page.start)[1]
    assert "is on box:50052: what you write goes there unencrypted." in said and "nothing leaves it" not in said


def test_reading_a_long_prompt_shows_how_far_it_is(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    page = program.view.page
    begin_conversation(qtbot, program, model_file, "read slowly")
    qtbot.waitUntil(lambda: words(page.strip) == ["Reading the chat", "512 of 2,048 tokens"])
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)
    assert not page.strip.isVisible()


def test_a_load_beside_a_conversation_stands_in_a_strip(
    qtbot: QtBot, program: Program, model_file: FileFactory
) -> None:
    page = program.view.page
    begin_conversation(qtbot, program, model_file)
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)
    program.engines.engine.load(model_file(path="/models/slow.gguf"))
    qtbot.waitUntil(lambda: words(page.strip) == ["Loading Scripted · Q4_K_M", "42 %"])
    assert not page.start.isVisible()
    press(qtbot, page.strip, "Cancel")
    qtbot.waitUntil(lambda: not page.strip.isVisible())


def test_a_failed_load_beside_a_conversation_is_a_notice(
    qtbot: QtBot, program: Program, model_file: FileFactory
) -> None:
    page = program.view.page
    begin_conversation(qtbot, program, model_file)
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)
    program.engines.engine.load(model_file(path="/models/broken.gguf"))
    qtbot.waitUntil(page.notice.isVisible)
    assert words(page.notice)[0] == "broken.gguf is damaged or incomplete: it ends too early."
    program.engines.engine.load(model_file())
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    assert not page.notice.isVisible()


def test_a_problem_stays_until_it_is_dismissed(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    problem = DatabaseLocked("busy", folder="/data")
    program.chats.conversations.problem.emit(problem)
    assert words(page.notice) == [
        "Your chats at /data are in use by another program.",
        "Close the other program and try again.",
    ]
    with qtbot.waitSignal(page.problems.retry_storage_requested):
        press(qtbot, page.notice, "Try again")
    assert not page.notice.isVisible()
    program.chats.conversations.problem.emit(problem)
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Escape)
    assert not page.notice.isVisible()


@pytest.mark.parametrize("pressed", ["Try again", "Dismiss"])
def test_after_a_notice_the_next_message_is_written(qtbot: QtBot, program: Program, pressed: str) -> None:
    page = program.view.page
    program.chats.conversations.problem.emit(DatabaseLocked("busy", folder="/data"))
    buttons = page.notice.findChildren(QAbstractButton)
    one = next(one for one in buttons if pressed in (one.text(), one.accessibleName()))
    one.setFocus()
    qtbot.keyClick(one, Qt.Key.Key_Space)
    assert not page.notice.isVisible() and page.composer.edit.hasFocus()


def test_a_notice_in_the_place_of_another_keeps_the_focus(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    for _ in range(2):
        program.chats.conversations.problem.emit(DatabaseLocked("busy", folder="/data"))
        button(page.notice, "Details").setFocus()
    program.chats.conversations.problem.emit(DatabaseLocked("busy", folder="/data"))
    assert button(page.notice, "Try again").hasFocus()


def test_tab_goes_through_a_notice_in_its_place(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    program.chats.conversations.problem.emit(DatabaseLocked("busy", folder="/data"))
    walked: list[str] = []
    at: QWidget | None = page.composer.edit
    while at is not None and "Try again" not in walked:
        qtbot.keyClick(at, Qt.Key.Key_Backtab)
        at = QApplication.focusWidget()
        assert isinstance(at, QAbstractButton)
        walked.append(at.text() or at.accessibleName())
    assert walked == ["Details", "Try again"]


def test_a_failed_send_keeps_the_text(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    qtbot.keyClicks(page.composer.edit, "Hello")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert isinstance(page.notice.error, NoModel)
    assert page.composer.text() == "Hello"


def test_a_bug_is_reported_with_a_text_to_copy(qtbot: QtBot, program: Program) -> None:
    from app.core.errors import Bug

    program.view.show_bug(Bug("Traceback: here"))
    press(qtbot, program.view.page.notice, "Details")
    dialog = program.window.findChild(TextDialog)
    assert isinstance(dialog, TextDialog)
    assert "Traceback: here" in dialog.text
    dialog.close()


def test_a_report_holds_the_values_of_an_error() -> None:
    error: ParleyError = DatabaseLocked(folder=str(Path("data")))
    assert "folder: data" in report(error)
