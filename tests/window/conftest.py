"""The whole program in a real window, with real children and a data folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.paths import Folders
from app.services.engine_host import EngineState
from tests.program import build


class User:
    """Does with the window what a person would do, and reads what a person would see."""

    def __init__(self, qtbot: QtBot, program: Program) -> None:
        self.qtbot = qtbot
        self.program = program
        self.window = program.window
        self.view = program.view
        self.page = program.view.page

    def open_model(self, path: Path) -> None:
        with self.qtbot.waitSignal(self.program.models.library.opened):
            self.program.models.library.open(path)
        self.qtbot.waitUntil(lambda: self.program.engines.engine.state is EngineState.READY)

    def load_with(self, options: LoadOptions) -> None:
        file = self.program.engines.engine.file
        assert file is not None
        with self.qtbot.waitSignal(self.program.models.library.opened):
            self.program.models.library.set_options(file, options, "")
        self.qtbot.waitUntil(lambda: self.program.engines.engine.state is EngineState.READY)

    def write(self, text: str) -> None:
        editor = self.page.composer.findChild(QPlainTextEdit)
        assert editor is not None
        editor.setFocus()
        self.qtbot.keyClicks(editor, text)
        self.qtbot.keyClick(editor, Qt.Key.Key_Return)

    def exchange(self, text: str) -> StoredMessage:
        with self.qtbot.waitSignal(self.program.chats.session.reply_finished, timeout=60_000) as caught:
            self.write(text)
        reply: StoredMessage = caught.args[0]
        return reply

    def read(self) -> str:
        """All that the transcript shows, as its user would copy it."""
        self.page.transcript.select_all()
        text = self.page.transcript.selected_text()
        self.page.transcript.select(None)
        return text

    @property
    def chats(self) -> QListView:
        return self.view.sidebar.view

    def titles(self) -> list[str]:
        model = self.chats.model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    def open_chat(self, title: str) -> None:
        self.qtbot.waitUntil(lambda: title in self.titles())
        place = self.chats.visualRect(self.chats.model().index(self.titles().index(title), 0))
        with self.qtbot.waitSignal(self.program.chats.session.conversation_changed):
            self.qtbot.mouseClick(self.chats.viewport(), Qt.MouseButton.LeftButton, pos=place.center())


@pytest.fixture
def start_program(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], User]]:
    # Children that open the database find it by themselves.
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    programs: list[Program] = []

    def start() -> User:
        program = build(Folders.of({"PARLEY_HOME": str(tmp_path / "home")}))
        programs.append(program)
        with qtbot.waitActive(program.window):
            program.window.show()
            program.window.activateWindow()
        program.start()
        return User(qtbot, program)

    yield start
    for program in programs:
        program.window.close()
        program.close()


@pytest.fixture
def user(start_program: Callable[[], User]) -> User:
    return start_program()
