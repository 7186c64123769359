"""Make pictures of messages, files and exchange: `python -m tests.pictures.chat FOLDER [NAME …] [--dark]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from app.bootstrap.program import Program
from app.chat.turn import opening_record
from app.core.chat.attachments import Attachment, with_attachments
from app.core.data.exchange import ExportReport, ImportReport, Skipped
from app.core.data.exchange_errors import RecordInvalid
from app.core.engine.messages import FinishReason, MessageState, ModelIdentity, Timings, Usage
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import Failure
from app.core.paths import Folders
from app.services.engine_host import EngineState
from app.services.message_room import Excess
from app.storage.stores import Stores
from app.ui.transcript.document.parts import FocusPlace
from tests.pictures.__main__ import MODEL, furnish, settle, wait_for
from tests.pictures.order import command_line, take_order
from tests.program import build

OTHER = ModelFile(
    id=2,
    identity=ModelIdentity("Mistral 7B Instruct", "/models/mistral-7b.Q5_K_M.gguf", 5_130_000_000, "llama", "Q5_K_M"),
    modified_ns=0,
    context_length=32_768,
)
TABLE = Attachment("monthly-totals.csv", "text/csv", "month,total\n" + "2026-01,1204.50\n" * 300)
CODE = Attachment("group_size.py", "text/x-python", "def group_size(folder: str) -> int:\n    ...\n" * 40, "python")


def tell(stores: Stores) -> int:
    """A conversation with branches, another model half-way, and a reply that was cut off."""
    talk = stores.conversations
    begun = talk.begin_exchange(
        None,
        None,
        with_attachments("Which month was the best one?", [TABLE, CODE]),
        record=opening_record(MODEL, Sampling()),
    )
    number = begun.conversation.id
    finish(stores, begun.reply.id, MODEL, "March, with 4,120.80. It is the only month above 4,000.")
    again = talk.begin_reply(number, begun.user.id, record=opening_record(MODEL, Sampling()))
    finish(stores, again.id, MODEL, "The best month was **March**: 4,120.80, a third more than the next one.")
    follow = talk.begin_exchange(number, again.id, "And the worst?", record=opening_record(OTHER, Sampling()))
    finish(
        stores,
        follow.reply.id,
        OTHER,
        "August, with 312.20. Two things speak for holidays rather than for trouble: the number of orders",
        FinishReason.LENGTH,
    )
    talk.rename(number, "Totals by month")
    return number


def finish(stores: Stores, reply_id: int, file: ModelFile, text: str, reason: FinishReason = FinishReason.STOP) -> None:
    record = msgspec.structs.replace(
        opening_record(file, Sampling()),
        usage=Usage(1412, 900, 42),
        timings=Timings(0.4, 0.5, 1.0, 700.0, 41.0),
        finish_reason=reason,
    )
    stores.conversations.finish_reply(reply_id, text, "", MessageState.COMPLETE, record)


def open_talk(program: Program) -> None:
    program.engines.engine.load(MODEL)
    wait_for(lambda: program.engines.engine.state is EngineState.READY)
    number = program.ground.storage.lane.submit(tell).result()
    program.chats.conversations.refresh()
    program.chats.session.open(number)
    wait_for(lambda: program.chats.session.conversation is not None)
    settle()


def hover_last(program: Program) -> None:
    open_talk(program)
    program.view.page.transcript.setFocus()
    program.view.page.transcript.focus.go(FocusPlace(1))


def show_menu(program: Program) -> None:
    open_talk(program)
    program.models.library.changed.emit([MODEL, OTHER])
    transcript = program.view.page.transcript
    place = transcript.on_screen(1, None).topLeft() + QPoint(60, 60)
    local = transcript.viewport().mapFromGlobal(place)
    QApplication.sendEvent(transcript.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, local, place))


def edit(program: Program) -> None:
    open_talk(program)
    program.view.page.edit_last()


def delete(program: Program) -> None:
    open_talk(program)
    path = program.chats.session.conversation.path() if program.chats.session.conversation else []
    program.view.page.desk._tree.delete_message(path[-1].id)
    wait_for(lambda: program.view.page.toast.isVisible())
    # The message goes away before `settle` ends, but the toast does not.


def attach(program: Program) -> None:
    program.engines.engine.load(MODEL)
    wait_for(lambda: program.engines.engine.state is EngineState.READY)
    page = program.view.page
    page.composer.set_text("Which month was the best one?")
    program.tools.attaching.replace(
        [TABLE, CODE, Attachment("a-very-long-name-of-a-report-about-nothing.pdf", "", "x" * 900, pages=3)]
    )


def too_long(program: Program) -> None:
    attach(program)
    settle()
    program.view.page.sending._offer(Excess(12_480, 8176, True, 16_384), "")


def temporary_start(program: Program) -> None:
    program.engines.engine.load(MODEL)
    wait_for(lambda: program.engines.engine.state is EngineState.READY)
    program.chats.session.new_conversation(temporary=True)


def temporary(program: Program) -> None:
    temporary_start(program)
    program.chats.session.send("Something that nobody is to read later")
    wait_for(lambda: program.chats.session.conversation is not None and not program.chats.session.is_answering)


def importing(program: Program) -> None:
    desk = program.desks.exchange
    desk.show_import()


def working(program: Program) -> None:
    dialog = program.desks.exchange.show_import()
    dialog.work("Importing")
    dialog.set_progress(1204, 0)


def imported(program: Program) -> None:
    dialog = program.desks.exchange.show_import()
    bad = Failure.of(RecordInvalid(reason="it has no messages"))
    skipped = tuple(Skipped(f"conversations.json, chat {number}", bad) for number in (3, 17, 240))
    dialog.show_imported(ImportReport(1180, 21, 3, 24_033, 3, skipped))


def exported(program: Program) -> None:
    dialog = program.desks.exchange.show_import()
    dialog.show_exported(ExportReport("/home/ada/Documents/Chats.zip", 1204, 1204, 84_120_000))


PICTURES: dict[str, Callable[[Program], None]] = {
    "branches": open_talk,
    "focused": hover_last,
    "menu": show_menu,
    "edit": edit,
    "deleted": delete,
    "attached": attach,
    "too-long": too_long,
    "temporary-start": temporary_start,
    "temporary": temporary,
    "import": importing,
    "import-working": working,
    "import-done": imported,
    "export-done": exported,
}


def main() -> None:
    order = take_order(command_line(__doc__, PICTURES))
    for name in order.names:
        with tempfile.TemporaryDirectory() as home:
            program = build(
                Folders.of({"PARLEY_HOME": home}), [sys.executable, "-m", "tests.pictures.staged_engine", "done"]
            )
            program.ground.preferences.set("appearance.theme", order.appearance.value)
            program.ground.storage.lane.submit(furnish).result()
            program.window.resize(*order.size)
            program.window.show()
            program.start()
            wait_for(lambda program=program: program.engines.probe.machine is not None)
            PICTURES[name](program)
            settle()
            screen = program.window.screen()
            grabbed = screen.grabWindow(0) if screen is not None else program.window.grab()
            place = program.window.frameGeometry()
            order.keep(grabbed.copy(place), name)
            program.window.close()
            program.close()


if __name__ == "__main__":
    main()
