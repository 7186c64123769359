"""From a GGUF file to a saved, streamed reply, as a person at the window lives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState
from app.services.engine_host import EngineState
from app.services.reply_run import ChatState
from tests.window.conftest import User


def test_a_conversation_is_there_again_after_a_restart(start_program: Callable[[], User], tiny_gguf: Path) -> None:
    user = start_program()
    user.open_model(tiny_gguf)
    user.load_with(LoadOptions(context_length=256))
    reply = user.exchange("What is group size?")
    assert reply.state is MessageState.COMPLETE
    seen = user.read()
    assert "What is group size?" in seen
    user.window.close()
    user.program.close()

    again = start_program()
    again.open_chat("What is group size?")
    assert again.read() == seen
    again.qtbot.waitUntil(lambda: again.program.engines.engine.file is not None)
    assert again.program.engines.engine.file is not None
    assert again.program.engines.engine.file.identity.path == str(tiny_gguf)
    assert again.exchange("And act-order?").state is MessageState.COMPLETE


def test_a_file_dropped_on_the_window_is_opened(user: User, tiny_gguf: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tiny_gguf))])
    where, copy = QPoint(300, 300), Qt.DropAction.CopyAction
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(where, copy, data, button, key)
    user.view.dragEnterEvent(entering)
    assert entering.isAccepted()
    user.view.dropEvent(QDropEvent(where, copy, data, button, key))
    user.qtbot.waitUntil(lambda: user.program.engines.engine.state is EngineState.READY)


def test_a_file_that_is_no_model_is_refused_and_the_window_lives_on(
    user: User, tmp_path: Path, tiny_gguf: Path
) -> None:
    letter = tmp_path / "letter.gguf"
    letter.write_text("Dear Sir or Madam")
    with user.qtbot.waitSignal(user.program.models.library.problem):
        user.program.models.library.open(letter)
    assert user.page.notice.isVisible()
    user.open_model(tiny_gguf)


def test_escape_stops_the_reply_and_keeps_it(user: User, make_model: Callable[..., Path]) -> None:
    user.open_model(make_model("15m"))
    with user.qtbot.waitSignal(user.program.chats.session.reply_text):
        user.write("Tell me everything")
    with user.qtbot.waitSignal(user.program.chats.session.reply_finished) as caught:
        user.qtbot.keyClick(user.page.composer.edit, Qt.Key.Key_Escape)
    assert caught.args[0].state is MessageState.STOPPED
    assert caught.args[0].text.strip()
    assert user.program.chats.session.state is ChatState.IDLE


def is_engine(child: psutil.Process) -> bool:
    try:
        return "engine" in child.cmdline()
    except psutil.Error:  # another child, which has just ended
        return False


def test_an_engine_killed_during_a_reply_leaves_the_window_alive(user: User, make_model: Callable[..., Path]) -> None:
    user.open_model(make_model("15m"))
    with user.qtbot.waitSignal(user.program.chats.session.reply_text):
        user.write("Tell me everything")
    (engine,) = filter(is_engine, psutil.Process().children())
    with user.qtbot.waitSignal(user.program.chats.session.reply_finished) as caught:
        engine.kill()
    assert caught.args[0].state is MessageState.INTERRUPTED
    with user.qtbot.waitSignal(user.program.chats.session.reply_text):
        user.write("Still there?")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
def test_a_window_killed_during_a_reply_loses_nothing(
    start_program: Callable[[], User], make_model: Callable[..., Path], tmp_path: Path
) -> None:
    model = make_model("15m")  # so slow that the first words are on the disk before many have come
    environment = {**os.environ, "PARLEY_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "tests.window.talk", str(model), "Tell me everything"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as window:
        assert window.stdout is not None
        heard = ""
        while len(heard) < 2000:
            line = window.stdout.readline()
            heard = "" if line == "again\n" else heard + line
        engines = psutil.Process(window.pid).children()
        window.kill()
    gone, alive = psutil.wait_procs(engines, timeout=10)
    assert len(gone) >= 1
    assert alive == []

    user = start_program()
    user.open_chat("Tell me everything")
    assert user.program.chats.session.conversation is not None
    question, reply = user.program.chats.session.conversation.path()[-2:]
    assert question.text == "Tell me everything"
    assert reply.state is MessageState.INTERRUPTED
    assert reply.text
    assert "Tell me everything" in user.read()
