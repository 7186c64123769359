from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from PySide6.QtCore import QDir, QMimeData, QPoint, QPointF, QRect, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.chat.conversations import StoredMessage
from app.core.chat.presets import ChosenPreset, Preset
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.engine_errors import EngineBusy
from app.core.engine.loading import FlashAttention, KvType, LoadOptions, RopeKind
from app.core.engine.messages import Role
from app.services.engine_host import EngineState
from app.services.new_chats import NewChats
from app.services.reply_run import ChatState
from app.ui.details import DetailsDialog, describe
from app.ui.links import ask_to_open
from app.ui.model_options import ModelOptionsDialog
from app.ui.presets.preview import PreviewPane
from app.ui.theme import DARK
from app.ui.transcript.document.parts import FocusPlace
from tests.ui.conftest import FileFactory
from tests.ui.seen import button

_W = TypeVar("_W", bound=QWidget)

CONTROL = Qt.KeyboardModifier.ControlModifier


def ask(qtbot: QtBot, program: Program, text: str) -> None:
    edit = program.view.page.composer.edit
    edit.setFocus()
    qtbot.keyClicks(edit, text)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def wait_for_reply(qtbot: QtBot, program: Program) -> list[StoredMessage]:
    def answered() -> bool:
        shown = program.chats.session.conversation
        return shown is not None and len(shown) >= 2 and program.chats.session.state is ChatState.IDLE

    qtbot.waitUntil(answered)
    assert program.chats.session.conversation is not None
    return program.chats.session.conversation.path()


@pytest.fixture
def answered(qtbot: QtBot, program: Program, model_file: FileFactory) -> list[StoredMessage]:
    program.engines.engine.load(model_file())
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    ask(qtbot, program, "What is a window?")
    return wait_for_reply(qtbot, program)


def shown(widget: QWidget, kind: type[_W]) -> list[_W]:
    return [one for one in widget.findChildren(kind) if one.isVisible()]


def dialog_of(window: QWidget, kind: type[QDialog]) -> QDialog:
    found = next(dialog for dialog in window.findChildren(QDialog) if isinstance(dialog, kind) and dialog.isVisible())
    assert isinstance(found, QDialog)
    return found


def test_a_message_goes_and_its_reply_comes(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    assert [message.role for message in answered] == [Role.USER, Role.ASSISTANT]
    assert program.view.page.composer.text() == ""
    assert program.window.windowTitle() == "What is a window? — Parley"


def test_esc_stops_a_reply(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    program.engines.engine.load(model_file())
    ask(qtbot, program, "write on")
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.GENERATING)
    qtbot.keyClick(program.view.page.composer.edit, Qt.Key.Key_Escape)
    assert wait_for_reply(qtbot, program)[-1].text == "An *answer*."


def test_that_the_model_is_busy_is_said_no_longer_than_it_is(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    page = program.view.page
    ask(qtbot, program, "write on")
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.GENERATING)
    page.compare.open_setup()
    assert isinstance(page.notice.error, EngineBusy)
    program.chats.session.stop()
    qtbot.waitUntil(lambda: not program.chats.session.is_answering)
    assert not page.notice.isVisible()


def test_the_last_reply_is_copied_by_key(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    qtbot.keyClick(program.window, Qt.Key.Key_C, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "An *answer*."
    program.view.page.copy_conversation()
    assert QGuiApplication.clipboard().text() == "**You**\n\nWhat is a window?\n\n**Scripted**\n\nAn *answer*.\n"


def test_a_copied_conversation_names_its_system_prompt(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    program.engines.engine.load(model_file())
    program.chats.session.use_preset(ChosenPreset(preset=Preset(name="Terse", system="Be brief.")))
    ask(qtbot, program, "What is a door?")
    wait_for_reply(qtbot, program)
    program.view.page.copy_conversation()
    assert QGuiApplication.clipboard().text().startswith("**System prompt**\n\nBe brief.\n\n**You**\n\nWhat is a door?")


def test_a_short_word_stands_above_the_composer_however_high_it_is(qtbot: QtBot, program: Program) -> None:
    page = program.view.page
    page.composer.set_text("\n" * 7)
    qtbot.waitUntil(lambda: page.composer.height() > 200)
    page.say("Done")
    above = page.composer.mapTo(page, page.composer.rect().topLeft()).y() - page.toast.geometry().bottom()
    assert 0 < above < 20


def test_a_short_word_makes_way_for_the_way_back_to_the_end(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    page = program.view.page
    page.transcript.set_messages([*answered, msgspec.structs.replace(answered[1], id=99, text="Words.\n\n" * 90)])
    page.toast.offer("Message deleted", "Undo", lambda: None)
    alone = page.toast.geometry()
    page.transcript.verticalScrollBar().setValue(0)
    qtbot.waitUntil(page.transcript.jump.isVisible)
    jump = QRect(page.transcript.jump.mapTo(page, QPoint(0, 0)), page.transcript.jump.size())
    assert not page.toast.geometry().intersects(jump) and page.toast.geometry().bottom() < jump.top()
    page.transcript.scroll_to_bottom()
    assert page.toast.geometry() == alone
    page.composer.set_text("\n" * 7)
    qtbot.waitUntil(lambda: page.composer.height() > 200)
    assert page.toast.geometry().bottom() < page.composer.mapTo(page, QPoint(0, 0)).y()


def test_ctrl_n_begins_anew_and_the_list_leads_back(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    qtbot.keyClick(program.window, Qt.Key.Key_N, CONTROL)
    assert program.chats.session.conversation is None
    assert program.view.page.start.isVisible()
    assert program.window.windowTitle() == "Parley"
    with qtbot.waitSignal(program.chats.session.conversation_changed):
        program.view.sidebar.open_requested.emit(1)
    assert program.view.page.transcript.isVisible()


def test_a_rename_shows_everywhere(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    rows, window = program.view.sidebar.view.rows, program.window
    program.view.page.header.renamed.emit("Windows")
    qtbot.waitUntil(lambda: rows.index(1).data() == "Windows")
    assert window.windowTitle() == "Windows — Parley"
    program.view.sidebar.rename_requested.emit(1, "Doors")
    qtbot.waitUntil(lambda: window.windowTitle() == "Doors — Parley")
    assert rows.index(1).data() == "Doors"


def test_new_chats_are_temporary_where_the_settings_say_so(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    session, header, preferences = program.chats.session, program.view.page.header, program.ground.preferences
    preferences.set("chat.temporary", True)
    assert not session.is_temporary  # the chat that is shown has begun
    qtbot.keyClick(program.window, Qt.Key.Key_N, CONTROL)
    assert session.is_temporary and header.temporary.isChecked()
    qtbot.mouseClick(header.temporary, Qt.MouseButton.LeftButton)
    assert not session.is_temporary
    with qtbot.waitSignal(session.conversation_changed):
        program.view.sidebar.open_requested.emit(1)
    program.chats.conversations.trash([1])
    qtbot.waitUntil(lambda: session.is_temporary)  # the shown chat was deleted: a new one begins
    preferences.set("chat.temporary", False)
    assert not session.is_temporary  # it had not begun
    program.chats.new_chats.begin_in(1)
    preferences.set("chat.temporary", True)
    assert not session.is_temporary


def test_the_first_chat_is_temporary_where_the_settings_say_so(program: Program) -> None:
    program.chats.session.new_conversation()
    program.ground.preferences.set("chat.temporary", True)
    program.chats.session.new_conversation()
    NewChats(program.chats.session, program.chats.presets, program.ground.preferences)
    assert program.chats.session.is_temporary


def test_the_title_is_edited_in_place_and_esc_keeps_it(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    header = program.view.page.header
    header._title.begin()
    edit = header.findChild(QLineEdit)
    assert isinstance(edit, QLineEdit)
    edit.setText("Never")
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert not edit.isVisible()
    assert program.window.windowTitle() == "What is a window? — Parley"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_after_the_title_the_next_message_is_written(
    qtbot: QtBot, program: Program, answered: list[StoredMessage], key: Qt.Key
) -> None:
    header = program.view.page.header
    header._title.begin()
    edit = header.findChild(QLineEdit)
    assert isinstance(edit, QLineEdit)
    edit.setText("Doors")
    qtbot.keyClick(edit, key)
    assert program.view.page.composer.edit.hasFocus()


@pytest.mark.parametrize("key", [Qt.Key.Key_Up, Qt.Key.Key_Down])
def test_the_messages_are_reached_from_the_composer(
    qtbot: QtBot, program: Program, answered: list[StoredMessage], key: Qt.Key
) -> None:
    page = program.view.page
    page.composer.edit.setFocus()
    qtbot.keyClicks(page.composer.edit, "half a thought")
    qtbot.keyClick(page.composer.edit, key, Qt.KeyboardModifier.AltModifier)
    assert page.transcript.hasFocus()
    assert page.transcript.focus.place == FocusPlace(len(answered) - 1)
    assert page.composer.text() == "half a thought"


def test_ctrl_k_searches_even_where_the_sidebar_is_away(qtbot: QtBot, program: Program) -> None:
    window, sidebar = program.window, program.view.sidebar
    window.resize(700, 600)
    qtbot.waitUntil(lambda: not sidebar.isVisible())
    qtbot.keyClick(window, Qt.Key.Key_K, CONTROL)
    assert sidebar.isVisible()
    sidebar.new_requested.emit()
    assert not sidebar.isVisible()
    window.resize(1000, 600)
    qtbot.waitUntil(sidebar.isVisible)


def test_ctrl_o_asks_for_a_file_where_files_are_downloaded_to(
    qtbot: QtBot, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    qtbot.keyClick(program.window, Qt.Key.Key_O, CONTROL)
    dialog = dialog_of(program.window, QFileDialog)
    begins = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.DownloadLocation)
    assert dialog.directory().path() in {*begins, QDir.homePath()}
    dialog.close()


def test_a_click_opens_the_models(qtbot: QtBot, program: Program, model_file: FileFactory, tmp_path: Path) -> None:
    there = tmp_path / "there.gguf"
    there.touch()
    files = [model_file("Here", str(there)), model_file("Gone", str(tmp_path / "gone.gguf"), 2)]
    program.models.library.changed.emit(files)
    menu = program.view.page.header.model.findChild(QMenu)
    assert isinstance(menu, QMenu)
    qtbot.mouseClick(program.view.page.header.model, Qt.MouseButton.LeftButton)

    def shown() -> dict[str, bool]:
        return {action.text(): action.isEnabled() for action in menu.actions() if action.text()}

    qtbot.waitUntil(lambda: not shown().get("Gone · Q4_K_M · missing", True))
    assert shown() == {
        "Find a model…": True,
        "Open a GGUF file…": True,
        "Here · Q4_K_M · 7.87 GB": True,
        "Gone · Q4_K_M · missing": False,
        "Models on this machine…": True,
        "Servers…": True,
        "Load options…": False,
        "Unload": False,
    }
    menu.close()


def test_models_of_one_name_are_told_apart_by_their_folders(
    qtbot: QtBot, program: Program, model_file: FileFactory, tmp_path: Path
) -> None:
    paths = [tmp_path / folder / "same.gguf" for folder in ("one", "two")]
    program.models.library.changed.emit([model_file("Same", str(path), number) for number, path in enumerate(paths, 1)])
    qtbot.mouseClick(program.view.page.header.model, Qt.MouseButton.LeftButton)
    menu = program.view.page.header.model.findChild(QMenu)
    assert isinstance(menu, QMenu)
    named = [action.text() for action in menu.actions() if action.text().startswith("Same")]
    menu.close()
    assert ["one" in named[0], "two" in named[1]] == [True, True]


def test_f1_shows_the_shortcuts(qtbot: QtBot, program: Program) -> None:
    from app.ui.help import ShortcutsDialog

    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    dialog = dialog_of(program.window, ShortcutsDialog)
    named = {label.text() for label in dialog.findChildren(QLabel)}
    assert {"Ctrl+N", "Esc", "F2", "Alt+Up, Alt+Down"} <= named
    assert dialog.height() <= 600
    dialog.close()


def drop(program: Program, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(600, 400), copy, data, left, none)
    QApplication.sendEvent(program.view, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(program.view, QDropEvent(QPointF(600, 400), copy, data, left, none))


def test_a_dropped_file_is_opened(qtbot: QtBot, program: Program, tmp_path: Path) -> None:
    dropped = tmp_path / "not a model.gguf"
    dropped.write_text("words")
    with qtbot.waitSignal(program.models.library.problem):
        drop(program, dropped)
    assert "not a GGUF model" in str(program.view.page.notice.error)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["model.gguf"], "Open as a model"),
        (["folder"], "Import the model in this folder"),
        (["notes.txt"], "Attach to your next message"),
        (["notes.txt", "model.gguf", "folder"], "Attach to your next message"),
        ([], ""),
    ],
)
def test_what_is_dragged_over_the_window_is_told_where_it_would_go(
    program: Program, tmp_path: Path, names: list[str], told: str
) -> None:
    (tmp_path / "folder").mkdir()
    data, hint = QMimeData(), program.view.page.drop_hint
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in names])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(program.view, QDragEnterEvent(QPoint(600, 400), copy, data, left, none))
    assert hint.isVisible() == bool(names) and hint.told == told
    assert program.view.childAt(600, 400) is not hint
    QApplication.sendEvent(program.view, QDragLeaveEvent())
    assert not hint.isVisible()


def test_what_is_dropped_may_have_a_name_that_no_disk_takes(qtbot: QtBot, program: Program, tmp_path: Path) -> None:
    with qtbot.waitSignal(program.models.library.problem):
        drop(program, tmp_path / ("x" * 300 + ".gguf"))
    assert not program.view.page.drop_hint.isVisible()
    assert "cannot be read" in str(program.view.page.notice.error)


def test_the_chosen_appearance_is_kept(qtbot: QtBot, program: Program, qapp: QApplication) -> None:
    from app.ui.theme import Appearance

    program.view.page.header.appearance_chosen.emit(Appearance.DARK)
    assert qapp.palette().window().color() == DARK.color("page")
    assert program.ground.preferences.get("appearance.theme") == "dark"
    program.view.page.header.appearance_chosen.emit(Appearance.LIGHT)


def test_the_window_stands_where_it_stood(qtbot: QtBot, program: Program) -> None:
    program.view.setSizes([320, 960])
    program.window.close()
    assert program.ground.preferences.get("window.sidebar_width") == 320
    assert program.ground.preferences.get("window.geometry")


def test_load_options_say_what_was_chosen(qtbot: QtBot, program: Program, model_file: FileFactory) -> None:
    dialog = ModelOptionsDialog(model_file(), ("chatml", "llama-2"), None, program.window)
    assert dialog.options() == LoadOptions()
    dialog.context.setValue(4096)
    dialog.gpu_layers.setValue(0)
    dialog.threads.setValue(4)
    dialog.kv_type.setCurrentIndex(dialog.kv_type.findData("q8_0"))
    dialog.flash.setCurrentIndex(dialog.flash.findData("on"))
    assert not dialog.factor.isEnabled()
    dialog.rope.setCurrentIndex(dialog.rope.findData("dynamic"))
    dialog.factor.setValue(2)
    dialog.template.setCurrentIndex(dialog.template.findData("llama-2"))
    with qtbot.waitSignal(dialog.accepted_options) as accepted:
        dialog.accept()
    options, template = accepted.args
    assert (options.context_length, options.gpu_layers, options.threads) == (4096, 0, 4)
    assert (options.kv_type_k, options.kv_type_v, options.flash_attention) == (
        KvType.Q8_0,
        KvType.Q8_0,
        FlashAttention.ON,
    )
    assert (options.rope.kind, options.rope.factor, template) == (RopeKind.DYNAMIC, 2.0, "llama-2")


def test_load_options_show_what_the_model_sees_with_the_template_chosen(
    qtbot: QtBot, program: Program, model_file: FileFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RenderPrompt] = []
    monkeypatch.setattr(program.tools.preview, "ask", asked.append)
    file = model_file()
    program.engines.engine.choose(file)
    program.view.page.header.model.options_requested.emit()
    dialog = dialog_of(program.window, ModelOptionsDialog)
    assert isinstance(dialog, ModelOptionsDialog)
    (pane,) = dialog.findChildren(PreviewPane)
    qtbot.waitUntil(lambda: len(asked) == 1)
    dialog.template.setCurrentIndex(dialog.template.findData("llama-2"))
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert [(one.template, one.path) for one in asked] == [("", file.identity.path), ("llama-2", file.identity.path)]
    program.tools.preview.rendered.emit(PromptRendered(id=-1, text="[INST] Hello! [/INST]", template="llama-2"))
    assert pane.text.toPlainText() == "[INST] Hello! [/INST]" and "llama-2" in pane.state.text()
    dialog.reject()


def test_details_tell_how_a_reply_came_to_be(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    text = describe(answered[1])
    for line in ("Scripted", "scripted.gguf", "scripted 1", "chatml", "Seed", "1,200", "41 tok/s"):
        assert line in text
    program.view.page.transcript.details_requested.emit(answered[1].id)
    dialog = dialog_of(program.window, DetailsDialog)
    assert isinstance(dialog, DetailsDialog)
    assert dialog.record.toPlainText().startswith(text)
    dialog.close()


@pytest.mark.parametrize(
    ("target", "buttons"),
    [
        ("https://example.org/a", {"Copy", "Open", "Cancel"}),
        ("file:///etc/passwd", {"Copy", "Cancel"}),
        ("javascript:alert(1)", {"Copy", "Cancel"}),
    ],
)
def test_a_link_is_shown_before_it_is_opened(qtbot: QtBot, program: Program, target: str, buttons: set[str]) -> None:
    dialog = ask_to_open(target, program.window)
    assert {button.text() for button in dialog.findChildren(QPushButton)} == buttons
    button(dialog, "Copy").click()
    assert QGuiApplication.clipboard().text() == target


@pytest.mark.parametrize("percent", [100, 140, 200])
def test_larger_text_has_room_at_once(qtbot: QtBot, program: Program, model_file: FileFactory, percent: int) -> None:
    window, header = program.window, program.view.page.header
    program.engines.engine.choose(model_file(name="A model whose name is much too long for its button"))
    window.resize(900, 600)
    try:
        program.ground.preferences.set("appearance.text_size", percent)
        # With some fonts the style's least height, of whole em, is rounded to a pixel less than is hinted.
        qtbot.waitUntil(lambda: all(one.height() >= one.sizeHint().height() - 1 for one in shown(window, QPushButton)))
        labels = shown(program.view.page.start, QLabel)
        qtbot.waitUntil(lambda: all(one.height() >= one.heightForWidth(one.width()) for one in labels))
        for button in shown(header, QPushButton):
            assert header.rect().contains(button.geometry())
            assert button.fontMetrics().horizontalAdvance(button.text()) <= button.width() - 46
    finally:
        program.ground.preferences.set("appearance.text_size", 100)


@pytest.mark.parametrize("size", [(900, 600), (1280, 800)])
def test_the_guides_words_have_room(qtbot: QtBot, program: Program, size: tuple[int, int]) -> None:
    start = program.view.page.start
    start.show_guide()
    program.window.resize(*size)
    labels = shown(start, QLabel)
    qtbot.waitUntil(lambda: all(one.height() >= one.heightForWidth(one.width()) for one in labels))


def test_every_control_has_a_name(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    window = program.window
    controls = [
        *window.findChildren(QAbstractButton),
        *window.findChildren(QLineEdit),
        *window.findChildren(QPlainTextEdit),
    ]
    nameless = [
        type(control).__name__
        for control in controls
        if control.isVisible()
        and not (control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()))
    ]
    assert nameless == []


def test_tab_walks_from_the_sidebar_to_the_composer(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    sidebar, page = program.view.sidebar, program.view.page
    order: list[QWidget] = [sidebar, page.header, page.transcript, page.composer]
    at: QWidget = sidebar
    seen: list[QWidget] = []
    for _ in range(400):
        following = at.nextInFocusChain()
        assert isinstance(following, QWidget)
        at = following
        part = next((part for part in order if part is at or part.isAncestorOf(at)), None)
        takes_focus = at.isVisible() and at.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes_focus and part is not None and (not seen or seen[-1] is not part):
            seen.append(part)
    assert seen[:4] == order


def test_tab_leads_from_the_composer_round_to_the_composer(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    sidebar, page = program.view.sidebar, program.view.page
    page.composer.edit.setFocus()
    walked: list[QWidget] = []
    while page.composer.edit not in walked and len(walked) < 40:
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        reached = QApplication.focusWidget()
        assert reached is not None
        walked.append(reached)
    assert walked[-1] is page.composer.edit
    assert all(any(part is one or part.isAncestorOf(one) for one in walked) for part in (sidebar, page.header))


def test_esc_stops_from_the_transcript_too(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    ask(qtbot, program, "write on")
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.GENERATING)
    program.view.page.transcript.setFocus()
    focused = QApplication.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)


def test_enter_presses_the_button_that_has_the_focus(
    qtbot: QtBot, program: Program, answered: list[StoredMessage]
) -> None:
    begin = button(program.view.sidebar, "New chat")
    begin.setFocus()
    qtbot.keyClick(begin, Qt.Key.Key_Return)
    assert program.chats.session.conversation is None


def test_esc_leads_back_to_the_composer(qtbot: QtBot, program: Program, answered: list[StoredMessage]) -> None:
    sidebar, page = program.view.sidebar, program.view.page
    for part in (sidebar.search, sidebar.new_folder, sidebar.view, page.transcript):
        part.setFocus()
        qtbot.keyClick(part, Qt.Key.Key_Escape)
        assert page.composer.edit.hasFocus()


def test_what_is_typed_at_the_start_goes_into_the_composer(qtbot: QtBot, program: Program) -> None:
    assert QApplication.focusWidget() is program.view.page.composer.edit
    qtbot.keyClicks(QApplication.focusWidget(), "two words")
    assert program.view.page.composer.text() == "two words"


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_messages_find_bar_and_composer_are_in_line_at_every_width(
    program: Program, answered: list[StoredMessage], direction: Qt.LayoutDirection
) -> None:
    page = program.view.page
    program.view.sidebar.hide()
    program.window.setLayoutDirection(direction)
    page.reading.find_bar.open()
    out = []
    for width in [*range(770, 782), *range(860, 872)]:
        program.window.resize(width, 700)
        QApplication.processEvents()
        read = page.transcript.on_screen(0, None)
        for part in (page.composer, page.reading.find_bar):
            left = part.mapToGlobal(QPoint(0, 0)).x()
            if (left, part.width()) != (read.x(), read.width()):
                out.append((width, type(part).__name__, left - read.x(), part.width() - read.width()))
    assert out == []
