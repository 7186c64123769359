"""A window that writes without end, and says what it has on disk: `python -m tests.window.write_on`.

Prints a line of JSON, `{"id": …, "text": …}`, for each message that was committed, from a model that
makes up its replies. Every few exchanges it begins another conversation.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.core.chat.conversations import Conversation, StoredMessage
from app.core.engine.messages import MessageState, ModelIdentity, Role
from app.core.engine.models import ModelFile
from app.core.paths import Folders
from tests.program import build

ENGINE = Path(__file__).with_name("chatty_engine.py")
EXCHANGES_EACH = 4


def say(message: StoredMessage) -> None:
    if message.role is Role.USER or message.state is MessageState.COMPLETE:
        print(json.dumps({"id": message.id, "text": message.text}), flush=True)


def say_all(conversation: Conversation | None) -> None:
    for message in conversation.path() if conversation is not None else ():
        say(message)


def main() -> None:
    application = QApplication([])
    program = build(Folders.of(os.environ), [sys.executable, str(ENGINE)])
    session = program.chats.session
    sent = 0

    def send() -> None:
        nonlocal sent
        sent += 1
        if sent % EXCHANGES_EACH == 0:
            session.new_conversation()
        session.send(f"question {random.random()} " + "and more " * random.randrange(300))

    session.conversation_changed.connect(say_all)
    session.message_added.connect(say)
    session.reply_finished.connect(say)
    session.reply_finished.connect(lambda _: QTimer.singleShot(0, send))
    program.window.show()
    program.start()
    identity = ModelIdentity("Chatty", "/models/chatty.gguf", 1, "llama", "Q4_K_M")
    program.engines.engine.choose(ModelFile(id=1, identity=identity, modified_ns=0, context_length=4096))
    QTimer.singleShot(0, send)
    application.exec()


if __name__ == "__main__":
    main()
