"""Make pictures of the sidebar: `python -m tests.pictures.sidebar FOLDER [NAME ...] [--dark] [--size 1280x800]`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.bootstrap.program import Program
from app.chat.turn import opening_record
from app.core.engine.messages import MessageState
from app.core.engine.sampling import Sampling
from app.core.paths import Folders
from app.storage.stores import Stores
from app.ui.sidebar.model import Answer
from tests.pictures.__main__ import MODEL, settle, wait_for
from tests.pictures.order import Order, command_line, take_order
from tests.program import build

DAY = 86_400
CHATS = (
    ("Garden plan for spring", "When do I sow tomatoes, and how far apart?", 0, None, True),
    ("Group size and act-order", "How do I read the group size of a GPTQ checkpoint?", 0, None, False),
    ("Rename photos by date", "Rename a folder of photos by the date in their EXIF data.", 0, None, False),
    ("A title that is much longer than the column of the sidebar is wide", "Why?", 1, None, False),
    ("SQL for monthly totals", "Write a query that sums the orders by month.", 3, None, False),
    ("東京の天気と旅行の計画", "来週の東京の天気はどうですか。", 4, None, False),
    ("Explain the KV cache", "What does the KV cache hold, and why does it grow?", 12, None, False),
    ("Recipe without eggs", "A cake without eggs, please, for a party in the garden.", 45, None, False),
    ("Thesis outline", "Outline a thesis on quantization.", 2, "Study", True),
    ("Linear algebra, week 3", "Explain eigenvectors by a picture.", 5, "Study", False),
    ("Letter to the landlord", "A letter about the heating.", 6, "Home", False),
)


def furnish(stores: Stores) -> None:
    """Conversations of some months, folders, an archive and a trash."""
    folders = {name: stores.folders.create(name).id for name in ("Study", "Home", "Travel")}
    folders["Papers"] = stores.folders.create("Papers to read", folders["Study"]).id
    for title, question, days, folder, pinned in CHATS:
        number = converse(stores, title, question, days)
        stores.listing.pin([number], pinned)
        stores.listing.file({number: folders[folder] if folder else None})
    stores.listing.archive([converse(stores, f"Old notes {number}", "Keep this.", 200) for number in range(3)])
    stores.listing.trash([converse(stores, f"Draft {number}", "Never mind.", 9) for number in range(3)])
    kept = stores.conversations.load(1)
    stores.branches.delete_branch(1, kept.path()[-1].id)


def converse(stores: Stores, title: str, question: str, days: float) -> int:
    """A finished conversation of some days ago."""
    exchange = stores.conversations.begin_exchange(None, None, question, record=opening_record(MODEL, Sampling()))
    reply = exchange.reply
    answer = f"Here is how: {question.lower()} Step by step, with what to look out for in the garden."
    stores.conversations.finish_reply(reply.id, answer, "", MessageState.COMPLETE, reply.record)
    number = exchange.conversation.id
    stores.conversations.rename(number, title)
    with stores.database.transaction() as connection:
        connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (time.time() - days * DAY, number))
    return number


def listed(program: Program) -> None:
    """The list with an open folder, an open conversation, and one that is answered."""
    program.view.sidebar.fold_requested.emit(1, True)
    program.chats.session.open(2)
    wait_for(lambda: program.chats.session.conversation is not None)
    program.view.sidebar.set_answers({3: Answer.HERE, 5: Answer.ELSEWHERE})


def empty(program: Program) -> None:
    """Nothing yet."""
    program.ground.storage.lane.submit(lambda stores: stores.listing.trash(list(range(1, 30)))).result()
    folders = program.ground.storage.lane.submit(lambda stores: stores.folders.list()).result()
    for folder in folders:
        program.chats.conversations.delete_folder(folder.id)


def several(program: Program) -> None:
    """Three conversations are chosen."""
    listed(program)
    settle()
    view = program.view.sidebar.view
    view.setFocus()
    for number in (2, 3, 4):
        index = view.rows.index_of(("conversation", number))
        view.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)


def menu(program: Program) -> None:
    """The menu of a conversation."""
    listed(program)
    settle()
    view = program.view.sidebar.view
    view.setFocus()
    view.choose_only(view.rows.index_of(("conversation", 3)))
    at = view.visualRect(view.currentIndex()).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)


def rename(program: Program) -> None:
    """A folder is named."""
    listed(program)
    program.view.sidebar.new_folder.click()


def searching(words: str) -> Callable[[Program], None]:
    """Something is looked for."""

    def search(program: Program) -> None:
        listed(program)
        program.view.sidebar.focus_search()
        program.view.sidebar.search.insert(words)
        settle()
        QTest.keyClick(program.view.sidebar.search, Qt.Key.Key_Down)

    return search


def jump(program: Program) -> None:
    """A hit is followed to its message."""
    searching("group")(program)
    QTest.keyClick(program.view.sidebar.found.view, Qt.Key.Key_Down)
    QTest.keyClick(program.view.sidebar.found.view, Qt.Key.Key_Return)


def narrowed(program: Program) -> None:
    """A search that the filters leave nothing of."""
    searching("garden")(program)
    program.view.sidebar.found.filters.folder.setCurrentIndex(4)


def archive(program: Program) -> None:
    """What is archived."""
    listed(program)
    program.view.sidebar.archive_button.click()


def trash(program: Program) -> None:
    """What is in the trash."""
    listed(program)
    program.view.sidebar.trash_button.click()


def emptying(program: Program) -> None:
    """Before the trash is emptied."""
    trash(program)
    settle()
    program.view.sidebar.trash.empty.click()


def undo(program: Program) -> None:
    """A conversation was deleted."""
    listed(program)
    program.chats.conversations.trash([3])


PICTURES: dict[str, Callable[[Program], None]] = {
    "list": listed,
    "list-empty": empty,
    "several": several,
    "menu": menu,
    "rename": rename,
    "search": searching("garden"),
    "search-cjk": searching("東京"),
    "search-nothing": searching("zebra crossing"),
    "search-narrowed": narrowed,
    "jump": jump,
    "archive": archive,
    "trash": trash,
    "trash-emptying": emptying,
    "undo": undo,
}


def take(name: str, order: Order) -> None:
    """Start the program, bring it to its state, and save what is on the screen."""
    with tempfile.TemporaryDirectory() as home:
        engine = [sys.executable, "-m", "tests.pictures.staged_engine", "done"]
        program = build(Folders.of({"PARLEY_HOME": home}), engine)
        program.ground.preferences.set("appearance.theme", order.appearance.value)
        program.ground.storage.lane.submit(furnish).result()
        program.window.resize(*order.size)
        program.window.move(QPoint(0, 0))
        program.window.show()
        program.window.activateWindow()
        program.start()
        settle()
        PICTURES[name](program)
        settle()
        screen = program.window.screen()
        order.keep(screen.grabWindow(0, 0, 0, *order.size), f"sidebar-{name}")
        program.window.close()
        program.close()


def main() -> None:
    order = take_order(command_line(__doc__, PICTURES))
    for name in order.names:
        take(name, order)


if __name__ == "__main__":
    main()
