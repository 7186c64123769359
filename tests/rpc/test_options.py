"""Where the machines are entered: the dialog of a model, and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.ui.model_options import ModelOptionsDialog
from tests.cli.conftest import CommandLine
from tests.rpc.conftest import Machines, free_port


@pytest.fixture
def parley(tmp_path: Path) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path / "home")
    yield line
    line.close()


@pytest.fixture
def dialog(qtbot: QtBot) -> ModelOptionsDialog:
    options = LoadOptions(rpc_hosts=("box:50052",))
    file = ModelFile(id=1, identity=ModelIdentity("m", "m.gguf", 1), modified_ns=0, options=options)
    shown = ModelOptionsDialog(file, (), None)
    with qtbot.waitActive(shown):
        shown.show()
        shown.activateWindow()
    return shown


def test_the_dialog_shows_the_machines_and_hands_over_others(qtbot: QtBot, dialog: ModelOptionsDialog) -> None:
    assert dialog.machines.text() == "box:50052"
    dialog.machines.setText(" 10.0.0.2, Other:60000 10.0.0.2:50052 ")
    with qtbot.waitSignal(dialog.accepted_options) as accepted:
        dialog.accept()
    assert accepted.args[0].rpc_hosts == ("10.0.0.2:50052", "other:60000")


def test_the_dialog_stays_and_says_what_is_no_machine(qtbot: QtBot, dialog: ModelOptionsDialog) -> None:
    dialog.machines.setText("box:50052, http://box")
    with qtbot.assertNotEmitted(dialog.accepted_options):
        dialog.accept()
    assert dialog.isVisible() and "“http://box” cannot be used" in dialog._problem.text()
    dialog.machines.clear()
    with qtbot.waitSignal(dialog.accepted_options) as accepted:
        dialog.accept()
    assert accepted.args[0].rpc_hosts == ()


def test_the_dialog_is_high_enough_for_every_word(qtbot: QtBot, dialog: ModelOptionsDialog) -> None:
    wrapped = [label for label in dialog.findChildren(QLabel) if label.wordWrap() and label.isVisible()]
    assert wrapped
    assert [label.text() for label in wrapped if label.height() < label.heightForWidth(label.width())] == []


def test_ask_spreads_the_model_over_machines(parley: CommandLine, machines: Machines, tiny_gguf: Path) -> None:
    server = machines.start()
    same = ["--model", str(tiny_gguf), "--temperature", "0", "--max-tokens", "12"]
    alone = parley.run("ask", "Hi", *same)
    spread = parley.run("ask", "Hi", *same, "--rpc", server.host)
    assert (alone.code, spread.code) == (0, 0), spread.err
    assert spread.out == alone.out


@pytest.mark.parametrize(("host", "words"), [(":", "cannot be used as a machine"), (None, "cannot be reached")])
def test_ask_says_what_is_wrong_with_a_machine(
    parley: CommandLine, tiny_gguf: Path, host: str | None, words: str
) -> None:
    host = host or f"127.0.0.1:{free_port()}"
    result = parley.run("ask", "Hi", "--model", str(tiny_gguf), "--rpc", host)
    assert result.code != 0 and words in result.err
