"""The sidebar in the whole window, on a real database: folders, several at once, archive, trash, undo, marks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QKeySequence, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.chat.listing import Listing, Shelf
from app.core.engine.messages import MessageState, Role
from app.services.engine_host import EngineState
from app.services.reply_run import ChatState
from app.storage import tree
from app.storage.stores import Stores
from app.ui.sidebar import model
from app.ui.sidebar.conversation_view import ConversationView
from app.ui.sidebar.model import CONVERSATIONS, RowRole
from app.ui.sidebar.rows import ConversationRow, FolderRow, key_of, text_of, today
from app.ui.sidebar.sidebar import Sidebar
from app.ui.sidebar.view import RowView
from tests.storage.filling import create
from tests.ui.conftest import FileFactory
from tests.ui.seen import button

T = TypeVar("T")
NONE, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Listed:
    """The sidebar of a window whose database was furnished before; does with it what a person would."""

    def __init__(self, qtbot: QtBot, program: Program) -> None:
        self.qtbot = qtbot
        self.program = program
        self.sidebar: Sidebar = program.view.sidebar
        self.view: ConversationView = self.sidebar.view

    def ask(self, operation: Callable[[Stores], T]) -> T:
        return self.program.ground.storage.lane.submit(operation).result(20)

    def begin(self) -> None:
        with self.qtbot.waitSignals(
            [self.program.chats.conversations.changed, self.program.chats.conversations.folders_changed]
        ):
            self.program.chats.conversations.refresh_folders()
            self.program.chats.conversations.refresh()

    def texts(self, view: RowView | None = None) -> list[str]:
        rows = (view or self.view).rows
        return [text_of(row) for row in map(rows.row, map(rows.index, range(rows.rowCount()))) if row is not None]

    def wait_for(self, *texts: str, view: RowView | None = None) -> None:
        self.qtbot.waitUntil(lambda: self.texts(view) == list(texts))

    def place(self, text: str, view: RowView | None = None) -> QPoint:
        view = view or self.view
        number = self.texts(view).index(text)
        return view.visualRect(view.rows.index(number)).center()

    def click(self, text: str, modifier: Qt.KeyboardModifier = NONE, view: RowView | None = None) -> None:
        view = view or self.view
        self.qtbot.mouseClick(view.viewport(), LEFT, modifier, self.place(text, view))

    def go(self, text: str) -> None:
        """Make a row current without opening it."""
        self.view.choose_only(self.view.rows.index(self.texts().index(text)))
        self.view.setFocus()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        focused = self.program.window.focusWidget()
        assert focused is not None
        self.qtbot.keyClick(focused, key, modifier)

    def press(self, name: str) -> None:
        """A choice of the menu that is open, by its words; one after " > " is in a menu within."""
        menu = next(one for one in self.sidebar.findChildren(QMenu) if one.isVisible())
        first, _, inner = name.partition(" > ")
        action = next(action for action in menu.actions() if action.text() == first)
        if inner:
            action = next(one for one in QMenu.menuInAction(action).actions() if one.text() == inner)
        assert action.isEnabled()
        action.trigger()
        menu.close()

    def menu(self, text: str, view: RowView | None = None) -> None:
        """The context menu by the keyboard."""
        view = view or self.view
        view.choose_only(view.rows.index(self.texts(view).index(text)))
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
        QApplication.sendEvent(view.viewport(), event)

    def drop(self, data: QMimeData, at: QPoint) -> None:
        viewport, copy = self.view.viewport(), Qt.DropAction.MoveAction
        entering = QDragEnterEvent(at, copy, data, LEFT, NONE)
        QApplication.sendEvent(viewport, entering)
        assert entering.isAccepted()
        QApplication.sendEvent(viewport, QDropEvent(QPointF(at), copy, data, LEFT, NONE))

    def dragged(self, *texts: str) -> QMimeData:
        return self.view.rows.mimeData([self.view.rows.index(self.texts().index(text)) for text in texts])


def row_of(listed: Listed, text: str) -> object:
    return listed.view.rows.row(listed.view.rows.index(listed.texts().index(text)))


@pytest.fixture
def listed(qtbot: QtBot, program: Program, monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Four conversations, of which one is in the folder Home; Work is empty. Midnight never comes."""
    day = today()
    monkeypatch.setattr(model, "today", lambda: day)
    made = Listed(qtbot, program)

    def furnish(stores: Stores) -> None:
        home = stores.folders.create("Home").id
        stores.folders.create("Work")
        numbers = [create(stores.conversations, title).id for title in ("Roof", "One", "Two", "Three")]
        stores.listing.file({numbers[0]: home})

    made.ask(furnish)
    made.begin()
    made.wait_for("Folders", "Home", "Work", "Today", "Three", "Two", "One")
    return made


def test_folders_fold_by_click_and_by_arrows(listed: Listed) -> None:
    listed.click("Home")
    listed.wait_for("Folders", "Home", "Roof", "Work", "Today", "Three", "Two", "One")
    listed.go("Roof")
    listed.key(Qt.Key.Key_Left)
    assert text_of(listed.view.current_row) == "Home"  # type: ignore[arg-type]
    listed.key(Qt.Key.Key_Left)
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "Two", "One")
    listed.key(Qt.Key.Key_Down)
    listed.key(Qt.Key.Key_Right)
    listed.wait_for("Folders", "Home", "Work", "Nothing in it", "Today", "Three", "Two", "One")


def test_what_is_dragged_hides_no_more_than_a_row(listed: Listed) -> None:
    for title in ("Three", "Two", "One"):
        listed.click(title, CONTROL)
    drag = listed.view.drag()
    row = listed.view.visualRect(listed.view.rows.index(0))
    assert drag.pixmap().deviceIndependentSize().height() <= row.height()
    assert drag.pixmap().rect().translated(-drag.hotSpot()).left() > 0
    assert drag.pixmap().toImage().pixelColor(6, 6) == listed.program.window.palette().color(QPalette.ColorRole.Base)
    assert drag.mimeData().data(CONVERSATIONS) == listed.dragged("Three", "Two", "One").data(CONVERSATIONS)


def test_conversations_are_dragged_into_a_folder_and_out_and_back_by_undo(listed: Listed) -> None:
    listed.drop(listed.dragged("One", "Two"), listed.place("Work"))
    listed.wait_for("Folders", "Home", "Work", "Two", "One", "Today", "Three")
    assert listed.program.view.page.toast.text() == "Moved"
    listed.drop(listed.dragged("Two"), listed.place("Three"))
    listed.wait_for("Folders", "Home", "Work", "One", "Today", "Three", "Two")
    listed.view.setFocus()
    listed.key(Qt.Key.Key_Z, CONTROL)
    listed.wait_for("Folders", "Home", "Work", "Two", "One", "Today", "Three")
    listed.program.view.page.toast.offer("", "Undo", listed.program.chats.conversations.undo.undo)
    listed.qtbot.mouseClick(listed.program.view.page.toast.button, LEFT)
    listed.wait_for("Folders", "Home", "Work", "Nothing in it", "Today", "Three", "Two", "One")


def test_folders_are_dragged_into_order_and_into_each_other(listed: Listed) -> None:
    rect = listed.view.visualRect(listed.view.rows.index(1))
    listed.drop(listed.dragged("Work"), rect.topLeft() + QPoint(20, 2))
    listed.wait_for("Folders", "Work", "Home", "Today", "Three", "Two", "One")
    listed.drop(listed.dragged("Home"), listed.place("Work"))
    listed.wait_for("Folders", "Work", "Today", "Three", "Two", "One")
    listed.click("Work")
    listed.wait_for("Folders", "Work", "Home", "Today", "Three", "Two", "One")
    row = listed.view.rows.row(listed.view.rows.index(2))
    assert isinstance(row, FolderRow) and row.depth == 1


def test_a_folder_goes_up_and_down_by_keys_and_is_deleted_without_its_chats(listed: Listed) -> None:
    listed.go("Home")
    listed.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    listed.wait_for("Folders", "Work", "Home", "Today", "Three", "Two", "One")
    listed.key(Qt.Key.Key_Delete)
    listed.wait_for("Folders", "Work", "Today", "Three", "Two", "One", "Roof")
    assert listed.program.view.page.toast.text() == "Folder deleted; its chats are kept"
    listed.key(Qt.Key.Key_Z, CONTROL)
    listed.wait_for("Folders", "Work", "Home", "Today", "Three", "Two", "One")


def editor_of(listed: Listed) -> QLineEdit:
    """Where a row is being named, once that is so."""
    window = listed.program.window
    listed.qtbot.waitUntil(lambda: isinstance(window.focusWidget(), QLineEdit))
    editor = window.focusWidget()
    assert isinstance(editor, QLineEdit)
    return editor


def test_a_new_folder_for_a_chat_is_named_although_the_list_changes(listed: Listed) -> None:
    chat = next(text for text in listed.texts() if isinstance(row_of(listed, text), ConversationRow))
    listed.menu(chat)
    with (
        listed.qtbot.waitSignal(listed.view.rows.rows_changed),
        listed.qtbot.waitSignal(listed.program.chats.conversations.changed),
    ):
        listed.press("Move to > New folder…")
    listed.qtbot.waitUntil(lambda: chat not in listed.texts())
    listed.qtbot.keyClicks(editor_of(listed), "Lamps")
    listed.key(Qt.Key.Key_Return)
    listed.qtbot.waitUntil(lambda: "Lamps" in listed.texts())


def test_what_is_written_as_a_name_outlives_a_change_of_the_list(listed: Listed) -> None:
    first, second = [text for text in listed.texts() if isinstance(row_of(listed, text), ConversationRow)][:2]
    listed.go(first)
    listed.key(Qt.Key.Key_F2)
    listed.qtbot.keyClicks(editor_of(listed), "Half a na")
    row = row_of(listed, second)
    assert isinstance(row, ConversationRow)
    listed.program.chats.conversations.trash([row.conversation.id])
    listed.qtbot.waitUntil(lambda: second not in listed.texts())
    assert editor_of(listed).text() == "Half a na"
    first_row = row_of(listed, first)
    assert isinstance(first_row, ConversationRow)
    listed.program.chats.conversations.rename(first_row.conversation.id, "By another window")
    listed.qtbot.waitUntil(lambda: "By another window" in listed.texts())
    listed.qtbot.keyClicks(editor_of(listed), "me")
    listed.key(Qt.Key.Key_Return)
    listed.qtbot.waitUntil(lambda: "Half a name" in listed.texts())


def test_a_new_folder_is_named_where_it_stands(listed: Listed) -> None:
    listed.qtbot.mouseClick(listed.sidebar.new_folder, LEFT)
    listed.wait_for("Folders", "Home", "Work", "New folder", "Today", "Three", "Two", "One")
    listed.qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    listed.qtbot.keyClicks(QApplication.focusWidget(), "Travel")
    listed.key(Qt.Key.Key_Return)
    listed.wait_for("Folders", "Home", "Work", "Travel", "Today", "Three", "Two", "One")


def test_the_menu_moves_pins_and_duplicates_by_keyboard(listed: Listed) -> None:
    listed.menu("One")
    listed.press("Move to > Work")
    listed.wait_for("Folders", "Home", "Work", "One", "Today", "Three", "Two")
    listed.menu("Two")
    listed.press("Pin")
    listed.wait_for("Pinned", "Two", "Folders", "Home", "Work", "One", "Today", "Three")
    listed.menu("Three")
    listed.press("Duplicate")
    listed.wait_for("Pinned", "Two", "Folders", "Home", "Work", "One", "Today", "Three", "Three")
    listed.menu("Two")
    listed.press("Move to > New folder…")
    listed.qtbot.waitUntil(lambda: "New folder" in listed.texts())
    folders = listed.ask(lambda stores: stores.folders.list())
    assert listed.ask(lambda stores: stores.conversations.summary(3)).folder_id == folders[-1].id


def test_several_are_deleted_at_once_and_come_back(listed: Listed) -> None:
    listed.go("Three")
    listed.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    listed.qtbot.waitUntil(listed.sidebar.chosen_bar.isVisible)
    listed.key(Qt.Key.Key_Delete)
    listed.wait_for("Folders", "Home", "Work", "Today", "One")
    assert listed.program.view.page.toast.text() == "Moved to the trash"
    listed.key(Qt.Key.Key_Z, CONTROL)
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "Two", "One")


def test_several_are_exported_by_the_bar(listed: Listed) -> None:
    listed.click("Three", CONTROL)
    listed.click("One", CONTROL)
    buttons = listed.sidebar.chosen_bar.findChildren(QToolButton)
    names = {button.accessibleName(): button for button in buttons}
    with listed.qtbot.waitSignal(listed.sidebar.export_requested) as asked:
        listed.qtbot.mouseClick(names["Export…"], LEFT)
    assert [summary.id for summary in asked.args[0]] == [4, 2]
    listed.qtbot.mouseClick(names["Archive"], LEFT)
    listed.wait_for("Folders", "Home", "Work", "Today", "Two")


def test_the_shown_chat_is_left_when_it_is_deleted(listed: Listed) -> None:
    with listed.qtbot.waitSignal(listed.program.chats.session.conversation_changed):
        listed.click("Two")
    listed.qtbot.waitUntil(lambda: listed.program.chats.session.conversation is not None)
    listed.go("Two")
    with listed.qtbot.waitSignal(listed.program.chats.session.conversation_changed):
        listed.key(Qt.Key.Key_Delete)
    assert listed.program.chats.session.conversation is None
    assert listed.view.hasFocus()
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "One")


def test_the_shown_chat_is_shown_again_when_its_deletion_is_taken_back(listed: Listed) -> None:
    session = listed.program.chats.session
    listed.click("Two")
    listed.qtbot.waitUntil(lambda: session.conversation is not None)
    listed.go("Two")
    listed.key(Qt.Key.Key_Delete)
    listed.qtbot.waitUntil(lambda: session.conversation is None)
    listed.key(Qt.Key.Key_Z, CONTROL)
    listed.qtbot.waitUntil(lambda: session.conversation is not None and session.conversation.summary.title == "Two")


def test_what_is_shown_since_stays_when_a_deletion_is_taken_back(listed: Listed) -> None:
    session = listed.program.chats.session
    listed.click("Two")
    listed.qtbot.waitUntil(lambda: session.conversation is not None)
    listed.go("Two")
    listed.key(Qt.Key.Key_Delete)
    listed.qtbot.waitUntil(lambda: session.conversation is None)
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "One")
    listed.click("Three")
    listed.qtbot.waitUntil(lambda: session.conversation is not None)
    listed.key(Qt.Key.Key_Z, CONTROL)
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "Two", "One")
    assert session.conversation is not None and session.conversation.summary.title == "Three"


def test_the_archive_opens_and_gives_back(listed: Listed) -> None:
    listed.menu("Two")
    listed.press("Archive")
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "One")
    archive = listed.sidebar.archive.view
    listed.qtbot.mouseClick(listed.sidebar.archive_button, LEFT)
    listed.wait_for("Today", "Two", view=archive)
    listed.qtbot.waitUntil(lambda: listed.program.window.focusWidget() is archive)
    with listed.qtbot.waitSignal(listed.program.chats.session.conversation_changed):
        listed.key(Qt.Key.Key_Return)
    listed.menu("Two", archive)
    listed.press("Take out of the archive")
    listed.wait_for(view=archive)
    assert listed.sidebar.archive.nothing.isVisible()
    listed.sidebar.archive.back.setFocus()
    listed.key(Qt.Key.Key_Escape)
    assert listed.view.isVisible() and "Two" in listed.texts()


def test_the_trash_says_when_things_go_and_gives_back(listed: Listed) -> None:
    with listed.qtbot.waitSignal(listed.program.chats.conversations.trashed):
        listed.program.chats.conversations.trash([2, 3])
    trash = listed.sidebar.trash
    listed.qtbot.mouseClick(listed.sidebar.trash_button, LEFT)
    listed.wait_for("Two", "One", view=trash.view)
    assert trash.view.rows.index(0).data(RowRole.NOTE) == "Goes in 30 days"
    listed.qtbot.waitUntil(trash.view.hasFocus)
    assert trash.restore.isEnabled()
    listed.qtbot.mouseClick(trash.restore, LEFT)
    listed.wait_for("One", view=trash.view)
    listed.click("One", view=trash.view)
    listed.key(Qt.Key.Key_Delete)
    answer(listed, "Cancel")
    assert listed.texts(trash.view) == ["One"]
    listed.qtbot.mouseClick(trash.forget, LEFT)
    answer(listed, "Delete")
    listed.wait_for(view=trash.view)
    assert not listed.ask(lambda stores: stores.listing.page(Listing(Shelf.TRASH))).conversations
    assert trash.nothing.isVisible() and not trash.restore.isVisible()


def test_tab_goes_from_the_words_through_the_filters_to_what_was_found(listed: Listed) -> None:
    listed.sidebar.focus_search()
    listed.qtbot.keyClicks(listed.sidebar.search, "One")
    found = listed.sidebar.found
    walked = []
    for _ in range(5):
        listed.key(Qt.Key.Key_Tab)
        walked.append(listed.program.window.focusWidget())
    assert walked == [*found.filters.boxes, found.view]


def test_tab_goes_through_the_trash_as_it_is_read(listed: Listed) -> None:
    with listed.qtbot.waitSignal(listed.program.chats.conversations.trashed):
        listed.program.chats.conversations.trash([2, 3])
    trash = listed.sidebar.trash
    listed.qtbot.mouseClick(listed.sidebar.trash_button, LEFT)
    listed.qtbot.waitUntil(trash.view.hasFocus)
    trash.back.setFocus()
    walked = []
    for _ in range(4):
        listed.key(Qt.Key.Key_Tab)
        walked.append(listed.program.window.focusWidget())
    assert walked == [trash.empty, trash.view, trash.restore, trash.forget]


def test_the_trash_is_emptied_with_the_messages_in_it(listed: Listed) -> None:
    def delete_part(stores: Stores) -> int:
        exchange = stores.conversations.begin_exchange(2, None, "A question", record=None)
        stores.conversations.finish_reply(exchange.reply.id, "An answer", "", MessageState.COMPLETE, None)
        return stores.branches.delete_message(2, exchange.reply.id)

    listed.ask(delete_part)
    listed.ask(lambda stores: stores.listing.trash([create(stores.conversations, str(n)).id for n in range(150)]))
    trash = listed.sidebar.trash
    listed.qtbot.mouseClick(listed.sidebar.trash_button, LEFT)
    listed.qtbot.waitUntil(lambda: listed.texts(trash.view)[:3] == ["Messages", "An answer", "Chats"])
    assert "in “One”" in trash.view.rows.index(1).data(RowRole.NOTE)
    listed.click("An answer", view=trash.view)
    assert trash.restore.isEnabled() and not trash.forget.isEnabled()
    listed.qtbot.mouseClick(trash.empty, LEFT)
    answer(listed, "Empty the trash")
    listed.wait_for(view=trash.view)
    assert listed.ask(lambda stores: stores.branches.trashed()) == []


def test_a_deleted_message_comes_back_from_the_trash(listed: Listed) -> None:
    def delete_part(stores: Stores) -> int:
        exchange = stores.conversations.begin_exchange(2, None, "A question", record=None)
        stores.conversations.finish_reply(exchange.reply.id, "An answer", "", MessageState.COMPLETE, None)
        return stores.branches.delete_message(2, exchange.reply.id)

    listed.ask(delete_part)
    trash = listed.sidebar.trash
    listed.qtbot.mouseClick(listed.sidebar.trash_button, LEFT)
    listed.wait_for("Messages", "An answer", view=trash.view)
    listed.click("An answer", view=trash.view)
    listed.qtbot.mouseClick(trash.restore, LEFT)
    listed.wait_for(view=trash.view)
    assert [one.text for one in listed.ask(lambda stores: stores.conversations.load(2)).path()][-1] == "An answer"


def answer(listed: Listed, text: str) -> None:
    """Press a button of the question that is asked."""
    asked = next(dialog for dialog in listed.program.window.findChildren(QDialog) if dialog.isVisible())
    listed.qtbot.mouseClick(button(asked, text), LEFT)
    listed.qtbot.waitUntil(lambda: not asked.isVisible())


def test_a_reply_in_another_conversation_is_marked(listed: Listed, model_file: FileFactory) -> None:
    program = listed.program
    program.engines.engine.load(model_file())
    listed.qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    edit = program.view.page.composer.edit
    edit.setFocus()
    listed.qtbot.keyClicks(edit, "write on")
    listed.qtbot.keyClick(edit, Qt.Key.Key_Return)
    listed.qtbot.waitUntil(lambda: program.chats.session.state is ChatState.GENERATING)
    listed.qtbot.waitUntil(lambda: "write on" in listed.texts())
    assert spoken(listed, "write on") == "write on"
    listed.click("One")
    listed.qtbot.waitUntil(lambda: "A reply is being written" in spoken(listed, "write on"))
    listed.click("write on")
    listed.qtbot.waitUntil(lambda: program.chats.session.state is ChatState.GENERATING)
    assert spoken(listed, "write on") == "write on"
    program.chats.session.stop()
    listed.qtbot.waitUntil(lambda: program.chats.session.state is ChatState.IDLE)


def spoken(listed: Listed, text: str) -> str:
    index = listed.view.rows.index(listed.texts().index(text))
    return str(index.data(Qt.ItemDataRole.AccessibleTextRole))


def test_a_conversation_that_another_process_answers_is_marked_until_it_ends(listed: Listed) -> None:
    def begin(stores: Stores, writer: str) -> None:
        with stores.database.transaction() as connection:
            fields = tree.Fields(Role.ASSISTANT, "", state=MessageState.STREAMING)
            tree.insert_message(connection, 3, None, fields, writer=writer, now=time.time())

    parent = psutil_name()
    listed.ask(lambda stores: begin(stores, parent))
    listed.program.chats.conversations.watch(20)
    listed.qtbot.waitUntil(lambda: "is answering here" in spoken(listed, "Two"))

    def end(stores: Stores) -> None:
        with stores.database.transaction() as connection:
            connection.execute("UPDATE messages SET state = 'complete', writer = NULL")

    listed.ask(end)
    listed.qtbot.waitUntil(lambda: spoken(listed, "Two") == "Two")


def psutil_name() -> str:
    """A living process that is not this one: the one that started the tests."""
    import psutil

    parent = psutil.Process().parent()
    assert parent is not None
    return f"{parent.pid}:{parent.create_time():.2f}"


def test_five_thousand_conversations_come_by_pages(listed: Listed) -> None:
    def fill(stores: Stores) -> None:
        with stores.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO conversations (title, created_at, updated_at) VALUES (?, 0, ?)",
                [(f"Old {number}", 1_000_000_000 - number) for number in range(5000)],
            )

    listed.ask(fill)
    listed.begin()
    rows = listed.view.rows
    assert rows.rowCount() < 120
    listed.view.setFocus()
    for _ in range(3):
        before = rows.rowCount()
        QTest.keySequence(listed.view, QKeySequence(Qt.Key.Key_End))
        listed.qtbot.waitUntil(lambda before=before: rows.rowCount() > before)  # type: ignore[misc]
    assert rows.rowCount() < 600
    scrolled, row = listed.view.verticalScrollBar().value(), listed.view.current_row
    assert scrolled > 0 and isinstance(row, ConversationRow)
    with listed.qtbot.waitSignal(listed.program.chats.conversations.changed):
        listed.program.chats.conversations.refresh()
    assert listed.view.verticalScrollBar().value() == scrolled
    assert listed.view.current_row is not None and key_of(listed.view.current_row) == key_of(row)


def test_a_large_folder_shows_more_when_asked(listed: Listed) -> None:
    def fill(stores: Stores) -> None:
        with stores.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO conversations (title, created_at, updated_at, folder_id) VALUES (?, 0, ?, 2)",
                [(f"Filed {number}", 1_000_000_000 - number) for number in range(150)],
            )

    listed.ask(fill)
    listed.click("Work")
    listed.qtbot.waitUntil(lambda: "Show more" in listed.texts())
    assert listed.texts().index("Show more") - listed.texts().index("Work") == 101
    listed.go("Show more")
    listed.key(Qt.Key.Key_Return)
    listed.qtbot.waitUntil(lambda: "Filed 149" in listed.texts())
    assert "Show more" not in listed.texts()


def test_everything_in_the_sidebar_has_a_name_and_fits_a_small_window(listed: Listed) -> None:
    window: Any = listed.program.window
    window.resize(900, 600)
    for open_panel in (listed.sidebar.archive_button.click, listed.sidebar.trash_button.click):
        open_panel()
        for control in listed.sidebar.findChildren(QPushButton):
            if control.isVisible():
                assert control.accessibleName() or control.text()
                assert control.width() >= control.minimumSizeHint().width()
    assert listed.sidebar.trash.isVisible() and listed.sidebar.width() <= 300


def test_a_chat_begins_in_a_folder_with_the_folders_preset(listed: Listed, model_file: FileFactory) -> None:
    program = listed.program
    with listed.qtbot.waitSignal(program.chats.presets.changed):
        program.chats.presets.refresh()
    preset = program.chats.presets.presets[1]
    listed.menu("Work")
    with listed.qtbot.waitSignal(program.chats.presets.changed):
        listed.press(f"Preset of its new chats > {preset.preset.name}")
    program.engines.engine.load(model_file())
    listed.qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY)
    listed.menu("Work")
    listed.press("New chat here")
    edit = program.view.page.composer.edit
    assert program.window.focusWidget() is edit
    listed.qtbot.keyClicks(edit, "Hello")
    with listed.qtbot.waitSignal(program.chats.session.reply_finished):
        listed.qtbot.keyClick(edit, Qt.Key.Key_Return)
    listed.wait_for("Folders", "Home", "Work", "Hello", "Today", "Three", "Two", "One")
    assert program.chats.session.preset is not None and program.chats.session.preset.preset.name == preset.preset.name


def test_the_page_follows_the_title_of_a_chat_in_a_folder(listed: Listed) -> None:
    program = listed.program
    roof = next(one for one in listed.ask(lambda stores: stores.conversations.summaries(9)) if one.title == "Roof")
    with listed.qtbot.waitSignal(program.chats.session.conversation_changed):
        program.chats.session.open(roof.id)
    program.chats.conversations.rename(roof.id, "Chimney")
    listed.qtbot.waitUntil(lambda: program.window.windowTitle() == "Chimney — Parley")
    assert (
        program.chats.session.conversation is not None and program.chats.session.conversation.summary.title == "Chimney"
    )


def test_a_folder_is_closed_while_it_is_read(listed: Listed) -> None:
    sidebar = listed.sidebar
    home = listed.ask(lambda stores: stores.folders.list())[0].id
    for _ in range(3):
        sidebar.fold_requested.emit(home, True)
        sidebar.fold_requested.emit(home, False)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        listed.ask(lambda stores: None)
        QApplication.processEvents()
    listed.wait_for("Folders", "Home", "Work", "Today", "Three", "Two", "One")
    sidebar.fold_requested.emit(home, True)
    listed.wait_for("Folders", "Home", "Roof", "Work", "Today", "Three", "Two", "One")


def test_several_are_moved_by_the_bar(listed: Listed) -> None:
    listed.click("Three", CONTROL)
    listed.click("One", CONTROL)
    bar = listed.sidebar.chosen_bar
    listed.qtbot.mouseClick(bar.move_button, LEFT)
    listed.press("Work")
    listed.wait_for("Folders", "Home", "Work", "Three", "One", "Today", "Two")
