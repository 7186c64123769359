"""Make pictures of replies side by side: `python -m tests.pictures.compare FOLDER [NAME …] [--dark]`.

A display is needed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable

import msgspec
from PySide6.QtWidgets import QWidget

from app.bootstrap.program import Program
from app.chat.turn import opening_record
from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState, Role, Timings, Usage
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.paths import Folders
from app.core.prediction.together import Together
from app.services.compare import Begun, Candidate, Progress, Question
from app.services.reply_run import ChatState
from app.ui.compare.dialog import CompareDialog
from app.ui.compare.setup import CompareSetup
from app.ui.details import DetailsDialog
from tests.pictures.__main__ import MODEL, settle, wait_for
from tests.pictures.chat import OTHER, tell
from tests.pictures.order import command_line, take_order
from tests.program import build

ASKED = "What does the group size of a quantized model change?"
TEXTS = (
    "The **group size** is how many weights share one scale. Smaller groups follow the weights more closely, "
    "so the model loses less, but every group needs a scale of its own:\n\n"
    "| group | bits per weight |\n|---|---|\n| 128 | 4.13 |\n| 32 | 4.50 |",
    "The **group size** tells how many weights share one scale. Smaller groups fit the weights more closely, "
    "so the model loses less, and the file grows a little:\n\n"
    "| group | bits per weight |\n|---|---|\n| 128 | 4.13 |\n| 32 | 4.50 |\n\nChoose 128 unless memory is plenty.",
)


def reply(number: int, file: ModelFile, text: str, state: MessageState = MessageState.COMPLETE) -> StoredMessage:
    record = msgspec.structs.replace(
        opening_record(file, Sampling()),
        engine="llama.cpp",
        engine_version="b6000",
        template="llama-2",
        seed=1_204_882_113,
        usage=Usage(214, 0, 96),
        timings=Timings(0.4, 0.5, 2.3, 535.0, 41.7),
    )
    return StoredMessage(
        id=number, parent_id=1, role=Role.ASSISTANT, text=text, state=state, record=record, created_at=1_763_700_000.0
    )


def dialog_of(program: Program, *, exactly: bool) -> CompareDialog:
    page = program.view.page
    files = (MODEL, MODEL if exactly else OTHER)
    question = Question(program.ground.storage, None, (), ASKED)
    candidates = [Candidate(file, opening_record(file, Sampling())) for file in files]
    comparison = page._tools.compare.make(question, candidates[:1] if exactly else candidates, page)
    names = ("Llama 2 13B Chat · Q4_K_M, then", "Now") if exactly else (MODEL.identity.name, OTHER.identity.name)
    old = reply(2, MODEL, TEXTS[0]) if exactly else None
    look = page._theme, page._typeset
    dialog = CompareDialog(comparison, names, ASKED, *look, program.window, old=old, exactly=exactly)
    dialog.open()
    return dialog


def writing(program: Program) -> QWidget:
    dialog = dialog_of(program, exactly=False)
    comparison = dialog.comparison
    comparison.planned.emit(Together(14_900_000_000, 21_400_000_000))
    rows = [reply(number, file, "", MessageState.STREAMING) for number, file in ((2, MODEL), (3, OTHER))]
    comparison.begun.emit(Begun(1, (), tuple(rows)))
    comparison.progressed.emit(Progress.ANSWERING)
    comparison.state_changed.emit(2, ChatState.GENERATING)
    comparison.state_changed.emit(3, ChatState.LOADING)
    comparison.text_added.emit(2, TEXTS[0][:160], "")
    return dialog


def compared(program: Program) -> QWidget:
    dialog = dialog_of(program, exactly=False)
    finish(dialog, ((2, MODEL), (3, OTHER)), TEXTS)
    settle()
    dialog.differences.setChecked(False)
    return dialog


def different(program: Program) -> QWidget:
    dialog = dialog_of(program, exactly=True)
    finish(dialog, ((3, MODEL),), TEXTS[1:])
    return dialog


def same(program: Program) -> QWidget:
    dialog = dialog_of(program, exactly=True)
    finish(dialog, ((3, MODEL),), TEXTS[:1])
    return dialog


def finish(dialog: CompareDialog, rows: tuple[tuple[int, ModelFile], ...], texts: tuple[str, ...]) -> None:
    comparison = dialog.comparison
    if len(rows) > 1:
        comparison.planned.emit(Together(14_900_000_000, 11_200_000_000))
    begun = [reply(number, file, "", MessageState.STREAMING) for number, file in rows]
    comparison.begun.emit(Begun(1, (), tuple(begun)))
    comparison.progressed.emit(Progress.ANSWERING)
    for (number, file), text in zip(rows, texts, strict=True):
        done = reply(number, file, text)
        comparison.replies[number] = done
        comparison.reply_finished.emit(done)
    comparison.progressed.emit(Progress.ENDED)


def setup(program: Program) -> QWidget:
    program.view.page.choices.files = (MODEL, OTHER)
    wait_for(lambda: bool(program.view.page.choices.presets))
    program.view.page.compare.open_setup(ASKED)
    found = program.view.page.findChild(CompareSetup)
    assert found is not None
    return found


def details(program: Program) -> QWidget:
    asked = StoredMessage(id=1, parent_id=None, role=Role.USER, text=ASKED)
    dialog = DetailsDialog(reply(2, MODEL, TEXTS[0]), [asked], program.view.page._tools, program.window)
    dialog.open()
    settle()
    assert dialog.prompt is not None
    dialog.prompt.setPlainText(f"<s>[INST] {ASKED} [/INST]")
    return dialog


def pinned(program: Program) -> QWidget:
    program.chats.session.open(program.ground.storage.lane.submit(tell).result())
    wait_for(lambda: program.chats.session.conversation is not None)
    shown = program.chats.session.conversation
    assert shown is not None
    first = shown.path()[0]
    program.view.page._tools.tree.pin(first.id, pinned=True)
    program.view.page._tools.tree.pin(shown.path()[1].id, pinned=True)
    settle()
    transcript = program.view.page.transcript
    transcript.set_notice_before(shown.path()[2].id)
    transcript.set_cost(first.id, "1,204 tokens")
    transcript._hover(transcript.document.items[0])
    return program.window


PICTURES: dict[str, Callable[[Program], QWidget]] = {
    "compare-setup": setup,
    "compare-writing": writing,
    "compare-done": compared,
    "again-different": different,
    "again-same": same,
    "details": details,
    "pinned": pinned,
}


def main() -> None:
    order = take_order(command_line(__doc__, PICTURES))
    for name in order.names:
        with tempfile.TemporaryDirectory() as home:
            engine = [sys.executable, "-m", "tests.pictures.staged_engine", "done"]
            program = build(Folders.of({"PARLEY_HOME": home}), engine)
            program.ground.preferences.set("appearance.theme", order.appearance.value)
            program.window.resize(*order.size)
            program.window.show()
            program.start()
            wait_for(lambda program=program: program.engines.probe.machine is not None)
            widget = PICTURES[name](program)
            settle()
            order.keep(widget.grab(), name)
            program.window.close()
            program.close()


if __name__ == "__main__":
    main()
