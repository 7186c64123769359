"""A window over a history: `python -m tests.bench.history_window HOME CONVERSATION`.

Prints `listed` once the sidebar has its first page, then the seconds from asking for the conversation, with the list
and the page for conversations there, to the paint of its last message; 0 without a conversation.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from app.bootstrap.frame import Frame, after_first_paint
from app.core.paths import Folders

if TYPE_CHECKING:
    from app.bootstrap.program import Program


class Opening(QObject):
    """Asks for a conversation and waits until the transcript paints it."""

    def __init__(self, program: Program, conversation_id: int) -> None:
        super().__init__()
        self._program = program
        self._conversation_id = conversation_id
        self._begun = 0.0
        self._read = False

    def listed(self) -> None:
        """The sidebar has its conversations."""
        self._program.chats.conversations.changed.disconnect(self.listed)
        print("listed", flush=True)
        if not self._conversation_id:
            self._end(0.0)
            return
        self._program.chats.session.conversation_changed.connect(self._on_read)
        self._program.view.page.transcript.viewport().installEventFilter(self)
        after_first_paint(self._program.view.sidebar.view.viewport(), self._open)

    def _open(self) -> None:
        self._begun = time.perf_counter()
        self._program.chats.session.open(self._conversation_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self._read:
            self._read = False
            watched.event(event)
            self._end(time.perf_counter() - self._begun)
            return True
        return False

    def _on_read(self, conversation: object) -> None:
        self._read = conversation is not None

    def _end(self, seconds: float) -> None:
        print(seconds, flush=True)
        QApplication.quit()


def main() -> None:
    """Run the window to its end."""
    application = QApplication([])
    frame = Frame.build(Folders.of({"PARLEY_HOME": sys.argv[1]}))
    made: list[tuple[Program, Opening]] = []

    def go_on() -> None:
        from app.bootstrap.program import furnish

        program = furnish(frame)
        opening = Opening(program, int(sys.argv[2]))
        made.append((program, opening))
        program.chats.conversations.changed.connect(opening.listed)
        program.start()

    after_first_paint(frame.window, go_on)
    frame.window.show()
    application.exec()
    made[0][0].close()


if __name__ == "__main__":
    main()
