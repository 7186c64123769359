"""The whole window over real services; its children follow a script instead of running a model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.bootstrap.starting import child_starter
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.relay import Relay
from app.services.typesetter import Typesetter
from app.ui.markdown import chunks
from app.ui.markdown.block import Block
from app.ui.markdown.parser import parse
from app.ui.theme import LIGHT, Appearance, ThemeSource
from app.ui.transcript import printing
from app.ui.transcript.document import document, through
from app.ui.transcript.rows import stream
from app.ui.transcript.widget import access
from app.ui.transcript.widget.view import TranscriptView
from tests.program import build

SCRIPT = Path(__file__).with_name("scripted_engine.py")

FileFactory = Callable[..., ModelFile]


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[ThemeSource]:
    """The light theme, for widgets that are tested by themselves."""
    source = ThemeSource(qapp, Appearance.LIGHT)
    yield source
    qapp.styleHints().colorSchemeChanged.disconnect(source._follow_system)


@pytest.fixture
def program(qtbot: QtBot, tmp_path: Path) -> Iterator[Program]:
    """A window that is shown, with its own data folder."""
    folders = Folders.of({"PARLEY_HOME": str(tmp_path / "home")})
    made = build(folders, [sys.executable, str(SCRIPT)])
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    with qtbot.waitActive(made.window):
        made.window.activateWindow()
    yield made
    made.window.close()
    made.close()


@pytest.fixture
def model_file() -> FileFactory:
    """Makes a `ModelFile` as the library would hand it out."""

    def make(name: str = "Scripted", path: str = "/models/scripted.gguf", number: int = 1) -> ModelFile:
        identity = ModelIdentity(name=name, path=path, bytes=7_870_000_000, architecture="llama", quantization="Q4_K_M")
        return ModelFile(id=number, identity=identity, modified_ns=0, context_length=4096)

    return make


@pytest.fixture
def typesetter(qapp: QApplication, tmp_path: Path) -> Iterator[Typesetter]:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path)})
    made = Typesetter(child_starter(ChildRole.TYPESET, folders, None), Relay())
    yield made
    made.shutdown()


@pytest.fixture(autouse=True)
def laid_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, no test meets a transcript that is half laid out."""
    for module in (document, stream, through):
        monkeypatch.setattr(module, "_SLICE_SECONDS", 60.0)


@pytest.fixture
def in_slices(laid_out_at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As little as can be is done at a time."""
    for module in (access, document, printing, stream, through):
        monkeypatch.setattr(module, "_SLICE_SECONDS", 0.0)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been parsed."""
    found: list[str] = []

    def noted(source: str) -> tuple[Block, ...]:
        found.append(source)
        return parse(source)

    monkeypatch.setattr(chunks, "parse", noted)
    return found


@pytest.fixture
def view(qtbot: QtBot, typesetter: Typesetter) -> TranscriptView:
    made = TranscriptView(LIGHT, typesetter.ask)
    made.resize(900, 600)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made
