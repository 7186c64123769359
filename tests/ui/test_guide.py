"""The model in the box: who answers before any model was chosen, and no longer than that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.engine.messages import ModelIdentity, Role
from app.core.engine.models import ModelFile
from app.core.paths import Folders
from app.core.program.guide_links import GuideLink, Place
from app.core.program.setting import Page
from app.services.engine_host import EngineState
from app.ui.chat.guide_panel import QUESTIONS
from tests.program import build
from tests.ui.conftest import SCRIPT

GUIDE = ModelFile(
    id=0, identity=ModelIdentity(name="Guide", path="/models/guide.gguf", bytes=5_000_000, built_in=True), modified_ns=0
)


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Program]]:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    running: list[Program] = []

    def end() -> None:
        while running:
            program = running.pop()
            program.window.close()
            program.close()

    def begin() -> Program:
        end()
        program = build(folders, [sys.executable, str(SCRIPT)], guide=GUIDE)
        qtbot.addWidget(program.window)
        with qtbot.waitActive(program.window):
            program.window.show()
            program.window.activateWindow()
        program.start()
        running.append(program)
        return program

    yield begin
    end()


def suggestion(program: Program, text: str) -> QPushButton:
    buttons = program.view.page.start.findChildren(QPushButton)
    return next(one for one in buttons if one.isVisible() and one.text() == text)


def menu_texts(program: Program) -> list[str]:
    button = program.view.page.header.model
    button.open_menu()
    texts = [action.text() for action in button.drop_down.actions() if action.text()]
    button.drop_down.close()
    return texts


def test_the_first_start_is_a_conversation_with_the_guide(qtbot: QtBot, start: Callable[[], Program]) -> None:
    program = start()
    page = program.view.page
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    assert page.header.model.text() == "Guide (built in)"
    assert page.composer.edit.placeholderText() == "Message Parley"
    assert all(suggestion(program, question).isEnabled() for question in QUESTIONS)
    qtbot.mouseClick(suggestion(program, QUESTIONS[0]), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.chats.session.conversation is not None and not program.chats.session.is_answering)
    shown = program.chats.session.conversation
    assert shown is not None
    path = shown.path()
    assert [message.role for message in path] == [Role.USER, Role.ASSISTANT]
    assert path[0].text == QUESTIONS[0]
    assert path[1].record is not None and path[1].record.model.built_in


def test_it_is_in_the_menu_apart_from_the_models(qtbot: QtBot, start: Callable[[], Program], tiny_gguf: Path) -> None:
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    assert menu_texts(program).count("Guide (built in)") == 1
    with qtbot.waitSignal(program.models.library.changed, check_params_cb=bool) as changed:
        program.models.library.add(tiny_gguf)
    name = changed.args[0][0].identity.name
    qtbot.waitUntil(lambda: any(name in text for text in menu_texts(program)))
    texts = menu_texts(program)
    assert texts.index("Guide (built in)") > texts.index("Open a GGUF file…") + 1


def test_it_steps_back_once_a_model_was_chosen(qtbot: QtBot, start: Callable[[], Program], tiny_gguf: Path) -> None:
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    with qtbot.waitSignal(program.models.library.opened):
        program.models.library.open(tiny_gguf)
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY and program.engines.engine.file != GUIDE)
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file is not None)
    assert program.engines.engine.file is not None
    assert program.engines.engine.file.identity.path == str(tiny_gguf)
    program.view.page.header.model.chosen.emit(GUIDE)
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY and program.engines.engine.file == GUIDE)


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("parley:models", "Choose a model"),
        ("parley:library", "Models on this machine"),
        ("parley:downloads", "Downloads"),
        ("parley:import", "Import a folder of safetensors"),
        ("parley:presets", "Presets"),
        ("parley:settings/privacy", "Settings"),
        ("parley:settings/chat.titles", "Settings"),
        ("parley:servers", "Servers"),
        ("parley:help/shortcuts", "Keyboard shortcuts"),
    ],
)
def test_a_link_of_a_reply_opens_its_place(
    qtbot: QtBot, start: Callable[[], Program], address: str, title: str
) -> None:
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    program.chats.session.send("Hello")
    qtbot.waitUntil(lambda: program.chats.session.conversation is not None and not program.chats.session.is_answering)
    program.view.page.transcript.follow_link(address)
    qtbot.waitUntil(lambda: title in open_titles(program))
    if address.endswith("chat.titles"):
        settings = program.desks.settings.settings
        assert settings.focusWidget() is settings.row("chat.titles").field.widget
        assert settings.pages[Page.BEHAVIOUR].isVisible()


def test_a_link_to_models_searches_for_them(qtbot: QtBot, start: Callable[[], Program]) -> None:
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    program.view.page.place_requested.emit(GuideLink(Place.MODELS, query="mistral 7b"))
    picker = program.desks.models.picker
    assert picker.isVisible() and picker.search.field.text() == "mistral 7b" and picker.found.is_searching


def test_a_link_begins_a_new_chat(qtbot: QtBot, start: Callable[[], Program]) -> None:
    program = start()
    qtbot.waitUntil(lambda: program.engines.engine.file == GUIDE)
    program.chats.session.send("Hello")
    qtbot.waitUntil(lambda: program.chats.session.conversation is not None and not program.chats.session.is_answering)
    program.view.page.transcript.follow_link("parley:new")
    qtbot.waitUntil(lambda: program.chats.session.conversation is None)


def open_titles(program: Program) -> set[str]:
    dialogs = program.window.findChildren(QDialog)
    return {dialog.windowTitle() for dialog in dialogs if dialog.isVisible()}
