"""Pictures of the first start, as the real Guide answers: `python -m tests.pictures.guide FOLDER [--dark]`."""

from __future__ import annotations

import tempfile

from PySide6.QtWidgets import QPushButton

from app.core.engine.guide import guide_file
from app.core.paths import Folders
from app.services.reply_run import ChatState
from app.ui.chat.guide_panel import QUESTIONS
from tests.pictures.__main__ import settle, wait_for
from tests.pictures.order import command_line, take_order
from tests.program import build


def main() -> None:
    order = take_order(command_line(__doc__))
    with tempfile.TemporaryDirectory() as home:
        folders = Folders.of({"PARLEY_HOME": home})
        program = build(folders, guide=guide_file())
        program.ground.preferences.set("appearance.theme", order.appearance.value)
        program.window.resize(*order.size)
        program.window.show()
        program.start()
        ended: list[object] = []
        program.chats.session.reply_finished.connect(ended.append)
        wait_for(lambda: program.engines.probe.machine is not None)
        settle()
        order.keep(program.window.grab(), "first-start")
        for question in QUESTIONS[:1]:
            buttons = program.view.page.start.findChildren(QPushButton)
            next(one for one in buttons if one.text() == question).click()
            wait_for(lambda: bool(ended))
        program.chats.session.send("and what does the star next to a file mean?")
        wait_for(lambda: len(ended) == 2 and program.chats.session.state is ChatState.IDLE)
        settle()
        order.keep(program.window.grab(), "guide")
        program.window.close()
        program.close()


if __name__ == "__main__":
    main()
