"""Make pictures of every state: `python -m tests.pictures FOLDER [--size 1280x800] [--dark]`; a display is needed.

Scale is Qt's own: set QT_SCALE_FACTOR=2 for pictures at 200 %.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable

from PySide6.QtTest import QTest

from app.bootstrap.program import Program
from app.chat.turn import opening_record
from app.core.data.database_errors import DatabaseLocked
from app.core.engine.messages import MessageState, ModelIdentity
from app.core.engine.model_errors import OutOfMemory
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.errors import Failure
from app.core.paths import Folders
from app.services.engine_host import EngineState
from app.services.reply_run import ChatState
from app.storage.stores import Stores
from tests.pictures.order import Order, command_line, take_order
from tests.program import build

QUESTION = "How do I read the group size of a GPTQ checkpoint from Python, and what does act-order change?"
MODEL = ModelFile(
    id=1,
    identity=ModelIdentity(
        "Llama 2 13B Chat", "/models/llama-2-13b-chat.Q4_K_M.gguf", 7_865_956_224, "llama", "Q4_K_M"
    ),
    modified_ns=0,
    context_length=8192,
)
PATIENCE_SECONDS, STEP_MS, SETTLE_MS = 90, 10, 1200
TITLES = (
    "Rename photos by date",
    "Letter to the landlord",
    "SQL for monthly totals",
    "Explain the KV cache",
    "Recipe without eggs",
)


class Studio:
    """One window per picture, each with a data folder and an engine that holds still at a stage."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def take(self, name: str, stage: str, act: Callable[[Program], None]) -> None:
        """Start the program, bring it to its state, and save what it shows."""
        with tempfile.TemporaryDirectory() as home:
            engine = [sys.executable, "-m", "tests.pictures.staged_engine", stage]
            program = build(Folders.of({"PARLEY_HOME": home}), engine)
            program.ground.preferences.set("appearance.theme", self._order.appearance.value)
            program.ground.storage.lane.submit(furnish).result()
            program.window.resize(*self._order.size)
            program.window.show()
            program.start()
            wait_for(lambda: program.engines.probe.machine is not None)
            act(program)
            settle()
            wait_for(lambda: not program.chats.typesetter.is_busy)
            settle()
            self._order.keep(program.window.grab(), name)
            program.window.close()
            program.close()


def furnish(stores: Stores) -> None:
    """A few finished conversations, so that the sidebar looks lived in."""
    for title in TITLES:
        exchange = stores.conversations.begin_exchange(None, None, title, record=opening_record(MODEL, Sampling()))
        reply, record = exchange.reply, exchange.reply.record
        stores.conversations.finish_reply(reply.id, "Here is how.", "", MessageState.COMPLETE, record)


def wait_for(condition: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(condition)
        QTest.qWait(STEP_MS)


def settle() -> None:
    """Let short delays and animations pass."""
    QTest.qWait(SETTLE_MS)


def nothing(program: Program) -> None:
    """No model was ever opened."""


def load(program: Program) -> None:
    program.engines.engine.load(MODEL)
    settle()


def ask(program: Program) -> None:
    program.engines.engine.load(MODEL)
    wait_for(lambda: program.engines.engine.state is EngineState.READY)
    program.chats.session.send(QUESTION)
    wait_for(lambda: program.chats.session.state not in (ChatState.IDLE, ChatState.LOADING))
    settle()


def converse(program: Program) -> None:
    ask(program)
    wait_for(lambda: program.chats.session.state is ChatState.IDLE)


def stop(program: Program) -> None:
    ask(program)
    program.engines.engine.kill()
    wait_for(lambda: program.chats.session.state is ChatState.IDLE)


def run_out(program: Program) -> None:
    failure = Failure("OutOfMemory", {"file": "llama-2-70b.Q5_K_M.gguf", "need": "51.2 GB", "free": "11.2 GB"})
    assert isinstance(failure.error(), OutOfMemory)
    program.engines.engine.file = MODEL
    program.engines.engine.error = failure.error()
    program.engines.engine.state = EngineState.FAILED
    program.engines.engine.state_changed.emit(EngineState.FAILED)


def be_locked(program: Program) -> None:
    converse(program)
    program.chats.session.problem.emit(DatabaseLocked(folder="/home/ada/.local/share/parley"))


PICTURES: dict[str, tuple[str, Callable[[Program], None]]] = {
    "no-model": ("done", nothing),
    "loading": ("loading", load),
    "ready": ("done", lambda program: (program.engines.engine.load(MODEL), settle())[-1]),
    "reading": ("reading", ask),
    "writing": ("writing", ask),
    "conversation": ("done", converse),
    "interrupted": ("writing", stop),
    "failed": ("done", run_out),
    "locked": ("done", be_locked),
}


def main() -> None:
    order = take_order(command_line(__doc__, PICTURES))
    studio = Studio(order)
    for name in order.names:
        studio.take(name, *PICTURES[name])


if __name__ == "__main__":
    main()
