"""What a person does with messages at the window: branches, files, temporary chats, exports; a real engine answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QContextMenuEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QPushButton

from app.core.chat.attachments import split_attachments
from app.core.chat.conversation_errors import MessageBeyondContext
from app.core.chat.conversations import StoredMessage
from app.core.data.exchange import ExportFormat
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, Role
from app.services.reply_run import ChatState
from app.ui.transcript.document.parts import FocusPlace, parts_of
from app.ui.transcript.rows.row import Action, Branch
from tests.kept import files_with
from tests.ui.seen import button
from tests.window.conftest import User

ALT, CONTROL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


SMALL = LoadOptions(context_length=256, threads=1)


@pytest.fixture
def talking(user: User, tiny_gguf: Path) -> User:
    """A window with a model whose replies end soon."""
    user.open_model(tiny_gguf)
    user.load_with(SMALL)
    return user


def path(user: User) -> list[StoredMessage]:
    assert user.program.chats.session.conversation is not None
    return user.program.chats.session.conversation.path()


def stored(user: User) -> list[StoredMessage]:
    shown = user.program.chats.session.conversation
    assert shown is not None
    storage = user.program.chats.session.storage
    return storage.lane.submit(lambda stores: stores.conversations.load(shown.summary.id)).result(10).path()


def click(user: User, index: int, action: Action) -> None:
    """Click a button of a message."""
    transcript = user.page.transcript
    item = transcript.document.items[index]
    user.qtbot.waitUntil(lambda: bool(item.rows))
    part = next(part for part in parts_of(item) if part.hot is not None and part.hot.action is action)
    place = transcript.viewport().mapFromGlobal(transcript.on_screen(index, part.rect).center())
    user.qtbot.mouseClick(transcript.viewport(), Qt.MouseButton.LeftButton, pos=place)


def menu_of(user: User, index: int) -> QMenu:
    """Open a message's menu by the Menu key."""
    transcript = user.page.transcript
    transcript.setFocus()
    transcript.focus.go(FocusPlace(index))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), transcript.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(transcript.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def entry(menu: QMenu, text: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == text)


def choose(user: User, index: int, text: str) -> None:
    menu = menu_of(user, index)
    action = entry(menu, text)
    assert action.isEnabled()
    action.trigger()
    menu.close()


def finished(user: User, act: Callable[[], object]) -> StoredMessage:
    with user.qtbot.waitSignal(user.program.chats.session.reply_finished, timeout=60_000) as caught:
        act()
    reply: StoredMessage = caught.args[0]
    return reply


def shown_branches(user: User) -> list[Branch]:
    return list(user.page.transcript.document.page.branches.values())


def test_an_edited_message_begins_a_branch_and_the_old_one_is_walked_back_to(talking: User) -> None:
    user = talking
    user.exchange("First words")
    edit = user.page.composer.edit
    edit.setFocus()
    user.qtbot.keyClick(edit, Qt.Key.Key_Up)
    editor = user.page.desk.editor
    assert editor.isVisible() and editor.edit.text() == "First words"
    editor.edit.selectAll()
    user.qtbot.keyClicks(editor.edit, "Other words")
    finished(user, lambda: user.qtbot.keyClick(editor.edit, Qt.Key.Key_Return))
    assert not editor.isVisible() and edit.hasFocus()
    assert path(user)[0].text == "Other words"
    assert shown_branches(user) == [Branch(2, 2)]
    click(user, 0, Action.OLDER)
    assert path(user)[0].text == "First words"
    assert "First words" in user.read() and "Other words" not in user.read()
    user.qtbot.waitUntil(lambda: stored(user)[0].text == "First words")
    transcript = user.page.transcript
    transcript.setFocus()
    parts = parts_of(transcript.document.items[0])
    newer = next(n for n, part in enumerate(parts) if part.hot is not None and part.hot.action is Action.NEWER)
    transcript.focus.go(FocusPlace(0, newer))
    user.qtbot.keyClick(transcript, Qt.Key.Key_Return)
    assert path(user)[0].text == "Other words"


def test_esc_gives_up_an_edit(talking: User) -> None:
    talking.exchange("First words")
    transcript = talking.page.transcript
    transcript.setFocus()
    transcript.focus.go(FocusPlace(0))
    talking.qtbot.keyClick(transcript, Qt.Key.Key_F2)
    editor = talking.page.desk.editor
    talking.qtbot.keyClicks(editor.edit, " and more")
    talking.qtbot.keyClick(editor.edit, Qt.Key.Key_Escape)
    assert not editor.isVisible() and transcript.hasFocus()
    assert len(path(talking)) == 2 and talking.program.chats.session.state is ChatState.IDLE


def test_a_message_of_files_alone_is_edited_and_an_empty_one_is_not_sent(talking: User, tmp_path: Path) -> None:
    user = talking
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes")
    drop(user, [notes])
    wait_for_counts(user)
    finished(user, lambda: user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Return))
    user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Up)
    editor = user.page.desk.editor
    assert editor.edit.text() == "" and editor.send.isEnabled()
    finished(user, lambda: user.qtbot.keyClick(editor.edit, Qt.Key.Key_Return))
    assert shown_branches(user) == [Branch(2, 2)] and [one.name for one in split_attachments(path(user)[0].text)[0]]
    user.page.desk.edit(path(user)[1].id)
    editor.edit.selectAll()
    user.qtbot.keyClick(editor.edit, Qt.Key.Key_Delete)
    assert not editor.send.isEnabled()
    editor.give_up()


def test_a_menu_offers_nothing_twice(talking: User) -> None:
    talking.exchange("Hello")
    for index in (0, 1):
        menu = menu_of(talking, index)
        names = [action.text().rstrip("…") for action in menu.actions() if not action.isSeparator()]
        menu.close()
        assert len(names) == len(set(names))


def test_words_that_are_typed_into_the_transcript_go_to_the_next_message(talking: User) -> None:
    talking.exchange("Hello")
    talking.page.transcript.setFocus()
    talking.qtbot.keyClick(talking.page.transcript, Qt.Key.Key_X, CONTROL)
    talking.qtbot.keyClick(talking.page.transcript, Qt.Key.Key_Space)
    assert talking.page.composer.text() == "" and talking.page.transcript.hasFocus()
    talking.qtbot.keyClick(talking.page.transcript, "W")
    assert talking.page.composer.text() == "W" and talking.page.composer.edit.hasFocus()


def test_a_reply_is_given_anew_with_another_model_and_preset(
    user: User, tiny_gguf: Path, make_model: Callable[..., Path]
) -> None:
    other = make_model("tiny", "--no-template")
    for file in (other, tiny_gguf):
        user.open_model(file)
        user.load_with(SMALL)
    user.exchange("First words")
    menu = menu_of(user, 1)
    models = entry(menu, "Answer with another model").menu()
    assert isinstance(models, QMenu)
    files = user.page.choices.files
    wanted = models.actions()[[file.identity.path for file in files].index(str(other))]
    reply = finished(user, wanted.trigger)
    menu.close()
    assert reply.record is not None and reply.record.model.path == str(other)
    assert shown_branches(user) == [Branch(2, 2)]
    menu = menu_of(user, 1)
    presets = entry(menu, "Answer with another preset").menu()
    assert isinstance(presets, QMenu)
    concise = next(one for one in presets.actions() if one.text() == "Concise")
    again = finished(user, concise.trigger)
    menu.close()
    assert again.record is not None and again.record.preset == "Concise"
    assert shown_branches(user) == [Branch(3, 3)]
    first = user.page.transcript.document.items[1]
    assert "tokens" in str(first.rows[-1]._remark)


def test_a_stopped_reply_is_continued(user: User, make_model: Callable[..., Path]) -> None:
    user.open_model(make_model("15m"))
    user.load_with(LoadOptions(context_length=1024, threads=1))
    with user.qtbot.waitSignal(user.program.chats.session.reply_text):
        user.write("Tell me everything")
    cut = finished(user, lambda: user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Escape))
    assert cut.state is MessageState.STOPPED
    whole = finished(user, lambda: click(user, 1, Action.CONTINUE))
    assert whole.id == cut.id and whole.text.startswith(cut.text) and len(whole.text) > len(cut.text)
    assert stored(user)[-1].text == whole.text


def test_a_message_is_deleted_and_brought_back_by_toast_and_key(talking: User) -> None:
    user = talking
    user.exchange("First words")
    user.exchange("Second words")
    before = [message.text for message in path(user)]
    transcript = user.page.transcript
    transcript.setFocus()
    transcript.focus.go(FocusPlace(1))
    with user.qtbot.waitSignal(user.program.chats.session.path_changed):
        user.qtbot.keyClick(transcript, Qt.Key.Key_Delete)
    assert [message.text for message in path(user)] == [before[0], *before[2:]]
    user.qtbot.waitUntil(user.page.toast.isVisible)
    with user.qtbot.waitSignal(user.program.chats.session.path_changed):
        user.qtbot.mouseClick(user.page.toast.button, Qt.MouseButton.LeftButton)
    assert [message.text for message in path(user)] == before
    with user.qtbot.waitSignal(user.program.chats.session.path_changed):
        choose(user, 2, "Delete from here on")
    assert [message.text for message in path(user)] == before[:2]
    user.page.composer.edit.setFocus()
    with user.qtbot.waitSignal(user.program.chats.session.path_changed):
        user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Z, CONTROL)
    assert [message.text for message in path(user)] == before
    assert [message.text for message in stored(user)] == before


def test_a_branch_becomes_a_chat_of_its_own(talking: User) -> None:
    user = talking
    user.exchange("First words")
    user.exchange("Second words")
    with user.qtbot.waitSignal(user.program.chats.session.conversation_changed):
        choose(user, 1, "Branch into a new chat")
    assert [message.role for message in path(user)] == [Role.USER, Role.ASSISTANT]
    assert user.page.toast.text() == "This is the new chat"
    assert user.program.ground.storage.lane.submit(lambda stores: stores.conversations.count()).result(10) == 2


def drop(user: User, files: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    copy, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(user.view, QDragEnterEvent(QPoint(600, 400), copy, data, button, key))
    QApplication.sendEvent(user.view, QDropEvent(QPointF(600, 400), copy, data, button, key))


def wait_for_counts(user: User) -> None:
    def counted() -> bool:
        files = user.program.tools.attaching.files
        return bool(files) and all(file.count is not None and file.count.is_exact for file in files)

    user.qtbot.waitUntil(counted)


def test_each_file_that_cannot_be_attached_is_named(user: User, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.bin", "b.bin", "good.txt")]
    for file in files[:2]:
        file.write_bytes(bytes(100))
    files[2].write_text("words")
    drop(user, files)
    user.qtbot.waitUntil(lambda: not user.program.tools.attaching.is_reading)
    said = "\n".join(label.text() for label in user.page.notice.findChildren(QLabel))
    assert "a.bin" in said and "b.bin" in said and "good.txt" not in said
    user.program.tools.attaching.add([tmp_path / "c.bin"])
    user.qtbot.waitUntil(lambda: not user.program.tools.attaching.is_reading)
    said = "\n".join(label.text() for label in user.page.notice.findChildren(QLabel))
    assert "c.bin" in said and "a.bin" not in said


def test_files_come_by_drop_and_paste_and_go_with_the_message(talking: User, tmp_path: Path) -> None:
    user = talking
    notes, table = tmp_path / "notes.md", tmp_path / "table.csv"
    notes.write_text("# Notes\n\nOne.\n")
    table.write_text("a,b\n1,2\n")
    drop(user, [notes])
    clipboard = QMimeData()
    clipboard.setUrls([QUrl.fromLocalFile(str(table))])
    user.page.composer.edit.insertFromMimeData(clipboard)
    wait_for_counts(user)
    chips = user.page.composer.chips.chips
    assert [key.rpartition("/")[2] for key in chips] == ["notes.md", "table.csv"]
    assert all("tokens" in chip.facts and "about" not in chip.facts for chip in chips.values())
    user.exchange("What do they say?")
    assert not user.page.composer.chips.isVisible() and user.page.composer.text() == ""
    files, own = split_attachments(stored(user)[0].text)
    assert [(one.name, one.text) for one in files] == [
        ("notes.md", notes.read_text()),
        ("table.csv", table.read_text()),
    ]
    assert own == "What do they say?"
    assert user.program.chats.session.conversation.summary.title.startswith("What do they say")
    click(user, 0, Action.OPEN_FILE)
    dialog = button(user.window, "Close").window()
    assert dialog.windowTitle() == "notes.md"
    dialog.close()


def test_a_file_that_cannot_be_read_is_told_and_left_out(talking: User, tmp_path: Path) -> None:
    binary = tmp_path / "picture.bin"
    binary.write_bytes(bytes(range(256)) * 20)
    drop(talking, [binary])
    talking.qtbot.waitUntil(talking.page.notice.isVisible)
    assert "picture.bin" in str(talking.page.notice.error)
    assert talking.program.tools.attaching.files == []


def test_too_long_is_said_before_and_the_beginning_can_be_sent(talking: User, tmp_path: Path) -> None:
    user = talking
    book = tmp_path / "book.txt"
    book.write_text("A word or two. " * 200)
    drop(user, [book])
    user.qtbot.waitUntil(lambda: isinstance(user.page.notice.error, MessageBeyondContext))
    buttons = {one.text(): one for one in user.page.notice.findChildren(QPushButton) if one.isVisible()}
    assert "Remove the files" in buttons and any(text.startswith("Load with") for text in buttons)
    user.qtbot.keyClicks(user.page.composer.edit, "So?")
    user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Return)
    user.qtbot.waitUntil(user.page.notice.isVisible)
    assert user.program.chats.session.conversation is None
    start = button(user.page.notice, "Send only the beginning")
    finished(user, lambda: user.qtbot.mouseClick(start, Qt.MouseButton.LeftButton))
    question, reply = stored(user)
    files, own = split_attachments(question.text)
    assert own == "So?" and files[0].name == "book.txt (the beginning)"
    assert book.read_text().startswith(files[0].text.rstrip("\n")) and len(files[0].text) > 50
    assert reply.state is MessageState.COMPLETE


def test_a_longer_context_is_loaded_for_a_long_message(talking: User) -> None:
    user = talking
    data = QMimeData()
    data.setText("One more word. " * 60)
    user.page.composer.edit.insertFromMimeData(data)
    user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Return)
    user.qtbot.waitUntil(user.page.notice.isVisible)
    load = next(one for one in user.page.notice.findChildren(QPushButton) if one.text().startswith("Load with"))
    with user.qtbot.waitSignal(user.program.models.library.opened):
        user.qtbot.mouseClick(load, Qt.MouseButton.LeftButton)
    reply = finished(user, lambda: user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Return))
    assert reply.record is not None and (reply.record.options.context_length or 0) > 256


def test_the_rest_of_a_long_message_comes_back_into_the_composer(talking: User) -> None:
    user = talking
    data = QMimeData()
    text = "".join(f"Word {number}. " for number in range(100))
    data.setText(text)
    user.page.composer.edit.insertFromMimeData(data)
    user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Return)
    user.qtbot.waitUntil(user.page.notice.isVisible)
    start = button(user.page.notice, "Send only the beginning")
    finished(user, lambda: user.qtbot.mouseClick(start, Qt.MouseButton.LeftButton))
    assert stored(user)[0].text + user.page.composer.text() == text


def test_a_temporary_chat_is_marked_and_leaves_nothing(talking: User, tmp_path: Path) -> None:
    user = talking
    user.qtbot.keyClick(user.window, Qt.Key.Key_N, CONTROL | SHIFT)
    assert user.program.chats.session.is_temporary
    assert user.page.header._tag.isVisible() and user.page.header.temporary.isChecked()
    user.exchange("A secret of mine")
    assert user.program.ground.storage.lane.submit(lambda stores: stores.conversations.count()).result(10) == 0
    user.page.header.renamed.emit("Hidden")
    user.qtbot.mouseClick(user.page.header.temporary, Qt.MouseButton.LeftButton)
    assert not user.program.chats.session.is_temporary and user.program.chats.session.conversation is None
    assert not user.page.header._tag.isVisible()
    user.exchange("Something else")
    home = tmp_path / "home"
    assert files_with("Something else", home) and not files_with("secret of mine", home)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_the_open_chat_is_exported(talking: User, tmp_path: Path, form: ExportFormat) -> None:
    user = talking
    user.exchange("First words")
    user.page.header.export_requested.emit(form)
    chooser = next(one for one in user.window.findChildren(QFileDialog) if one.isVisible())
    target = tmp_path / f"chat{form.suffix}"
    with user.qtbot.waitSignal(user.program.chats.exchange.exported, timeout=60_000):
        chooser.selectFile(str(target))
        chooser.accept()
    assert target.stat().st_size > 100
    assert user.page.toast.isVisible() and target.name in user.page.toast.text()


def test_a_chat_that_is_still_written_is_told_beside_the_export_of_all(talking: User, tmp_path: Path) -> None:
    user, desk = talking, talking.program.desks.exchange
    user.exchange("First words")
    told: list[tuple[str, bool]] = []
    desk.exported_one.connect(lambda path: told.append((path, desk.dialog is not None and desk.dialog.is_working)))
    for emit, name in (
        (lambda: user.page.header.export_requested.emit(ExportFormat.PDF), "one.pdf"),
        (user.page.header.export_all_requested.emit, "all.json"),
    ):
        emit()
        chooser = next(one for one in user.window.findChildren(QFileDialog) if one.isVisible())
        chooser.selectFile(str(tmp_path / name))
        chooser.accept()
    dialog = desk.dialog
    assert dialog is not None
    user.qtbot.waitUntil(lambda: not dialog.is_working, timeout=60_000)
    assert told == [(str(tmp_path / "one.pdf"), True)]
    assert "all.json" in dialog.facts.text() and (tmp_path / "all.json").is_file()
    dialog.accept()


def test_chats_chosen_in_the_sidebar_are_exported(talking: User, tmp_path: Path) -> None:
    user = talking
    chosen = []
    for words in ("First words", "Second words", "Third words"):
        user.program.chats.session.new_conversation()
        user.exchange(words)
        assert user.program.chats.session.conversation is not None
        chosen.append(user.program.chats.session.conversation.summary)
    user.program.view.sidebar.export_requested.emit(chosen[:2])
    chooser = next(one for one in user.window.findChildren(QFileDialog) if one.isVisible())
    target = tmp_path / "chosen.json"
    with user.qtbot.waitSignal(user.program.chats.exchange.exported, timeout=60_000):
        chooser.selectFile(str(target))
        chooser.accept()
    said = target.read_text()
    assert "First words" in said and "Second words" in said and "Third words" not in said
    dialog = user.program.desks.exchange.dialog
    assert dialog is not None
    dialog.accept()


def test_one_chat_chosen_in_the_sidebar_is_a_file_by_itself(talking: User, tmp_path: Path) -> None:
    user = talking
    user.exchange("First words")
    shown = user.program.chats.session.conversation
    assert shown is not None
    user.program.view.sidebar.export_requested.emit([shown.summary])
    chooser = next(one for one in user.window.findChildren(QFileDialog) if one.isVisible())
    assert [form.rpartition("*.")[2] for form in chooser.nameFilters()] == ["json)", "md)", "html)", "pdf)"]
    chooser.selectNameFilter(chooser.nameFilters()[1])
    chooser.filterSelected.emit(chooser.nameFilters()[1])
    with user.qtbot.waitSignal(user.program.chats.exchange.exported, timeout=60_000):
        chooser.selectFile(str(tmp_path / "one"))
        chooser.accept()
    assert "First words" in (tmp_path / "one.md").read_text()
    assert user.program.desks.exchange.dialog is None and "one.md" in user.page.toast.text()


def test_all_chats_go_out_and_come_in_once(talking: User, tmp_path: Path) -> None:
    user = talking
    user.exchange("First words")
    user.page.header.export_all_requested.emit()
    chooser = next(one for one in user.window.findChildren(QFileDialog) if one.isVisible())
    target = tmp_path / "all.json"
    with user.qtbot.waitSignal(user.program.chats.exchange.exported, timeout=60_000):
        chooser.selectFile(str(target))
        chooser.accept()
    dialog = user.program.desks.exchange.dialog
    assert dialog is not None and dialog.verdict.text() == "Exported"
    dialog.accept()
    bad = tmp_path / "bad.json"
    bad.write_text(target.read_text()[:-200])
    dialog = user.program.desks.exchange.show_import()
    with user.qtbot.waitSignal(user.program.chats.exchange.imported, timeout=60_000):
        dialog.paths_chosen.emit([target])
    assert dialog.verdict.text() == "Nothing new came in" and "Here already: 1" in dialog.facts.text()
    user.qtbot.keyClick(dialog.close_button, Qt.Key.Key_Return)
    assert user.program.ground.storage.lane.submit(lambda stores: stores.conversations.count()).result(10) == 1
    dialog = user.program.desks.exchange.show_import()
    outcome = [user.program.chats.exchange.imported, user.program.chats.exchange.failed]
    outcome_count: list[object] = []
    for signal in outcome:
        signal.connect(lambda _, outcome: outcome_count.append(outcome))
    dialog.paths_chosen.emit([bad])
    user.qtbot.waitUntil(lambda: not dialog.is_working, timeout=60_000)
    assert outcome_count and (dialog.skipped.toPlainText() or dialog.facts.text())
    QGuiApplication.clipboard().clear()
    dialog.accept()
