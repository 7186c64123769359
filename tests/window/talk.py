"""A window that asks a question as soon as its model is ready: `python -m tests.window.talk MODEL QUESTION`.

Prints a line for every few words of the reply, and `again` when it asks once more because the reply
had ended; it does not end by itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.core.paths import Folders
from app.services.engine_host import EngineState
from tests.program import build


def main(model: str, question: str) -> None:
    application = QApplication([])
    program = build(Folders.of(os.environ))

    def on_state(state: EngineState) -> None:
        if state is EngineState.READY:
            program.chats.session.send(question)

    def ask_again() -> None:
        print("again", flush=True)
        QTimer.singleShot(0, lambda: program.chats.session.send(question))

    program.engines.engine.state_changed.connect(on_state)
    program.chats.session.reply_text.connect(lambda _id, text, _reasoning: print(repr(text), flush=True))
    program.chats.session.reply_finished.connect(lambda _reply: ask_again())
    program.window.show()
    program.start(Path(model))
    application.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
