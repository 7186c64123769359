"""The window's services without a window: real lane, real engine child, one data folder per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.children.child import Child
from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.chat_session import ChatSession
from app.services.child_slot import ChildFactory
from app.services.engine_host import EngineHost
from app.services.relay import Relay, Storage
from app.storage.lane import Lane
from app.storage.stores import Stores, open_stores
from tests.conftest import ModelFactory


@dataclass
class Services:
    """What a test drives, and what it has seen."""

    qtbot: QtBot
    folders: Folders
    storage: Storage
    engine: EngineHost
    session: ChatSession
    start_engine: ChildFactory
    children: list[Child]
    problems: list[ParleyError] = field(default_factory=list)
    finished: list[StoredMessage] = field(default_factory=list)
    added: list[StoredMessage] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)

    def listen(self) -> None:
        self.session.problem.connect(self.problems.append)
        self.session.reply_finished.connect(self.finished.append)
        self.session.message_added.connect(self.added.append)
        self.session.reply_text.connect(self._hear)

    def _hear(self, reply_id: int, text: str, _reasoning: str) -> None:
        self.texts[reply_id] = self.texts.get(reply_id, "") + text

    def ask(self, operation: Callable[[Stores], Any]) -> Any:
        """What the database says now."""
        return self.storage.lane.submit(operation).result(10)

    def path(self) -> list[StoredMessage]:
        """The shown conversation as it is stored."""
        assert self.session.conversation is not None
        number = self.session.conversation.summary.id
        found: list[StoredMessage] = self.ask(lambda stores: stores.conversations.load(number)).path()
        return found

    def exchange(self, text: str) -> StoredMessage:
        """Send a message and wait for its whole reply."""
        with self.qtbot.waitSignal(self.session.reply_finished) as caught:
            self.session.send(text)
        reply: StoredMessage = caught.args[0]
        return reply

    def begin_and_stop(self, text: str) -> StoredMessage:
        """Send a message, and stop its reply at the first words."""
        self.until_some_text(text)
        with self.qtbot.waitSignal(self.session.reply_finished) as caught:
            self.session.stop()
        reply: StoredMessage = caught.args[0]
        return reply

    def until_some_text(self, text: str) -> None:
        """Send a message and wait for the first words of its reply."""
        with self.qtbot.waitSignal(self.session.reply_text):
            self.session.send(text)


def model_file(path: Path, **options: Any) -> ModelFile:
    """A file as the library would know it; one thread waits for no other, which on a busy machine takes long."""
    identity = ModelIdentity(path.stem, str(path), path.stat().st_size if path.exists() else 0)
    return ModelFile(id=1, identity=identity, modified_ns=0, options=LoadOptions(**{"threads": 1, **options}))


@pytest.fixture
def start_services(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Services]]:
    started: list[Services] = []

    def start(command: Sequence[str] | None = None) -> Services:
        folders = Folders.of({"PARLEY_HOME": str(tmp_path)})
        relay = Relay()
        storage = Storage(Lane(lambda: open_stores(folders.database, busy_seconds=0.2)), relay)
        children: list[Child] = []

        def new_child(on_event: Any, on_exit: Any) -> Child:
            child = Child(ChildRole.ENGINE, on_event, on_exit, log=folders.logs / "engine.log", command=command)
            children.append(child)
            return child

        engine = EngineHost(new_child, relay)
        services = Services(qtbot, folders, storage, engine, ChatSession(engine, storage), new_child, children)
        services.listen()
        started.append(services)
        return services

    yield start
    for services in started:
        services.session.shutdown()
        services.engine.shutdown()
        services.storage.close()
        for child in services.children:
            assert child.wait(10)


@pytest.fixture
def services(start_services: Callable[..., Services], tiny_gguf: Path) -> Services:
    """Services with a model chosen, whose replies end after a short context."""
    started = start_services()
    started.engine.choose(model_file(tiny_gguf, context_length=256))
    return started


@pytest.fixture
def slow_gguf(make_model: ModelFactory) -> Path:
    """A model that writes ten times as slowly as the tiny one: time to interrupt it, also where that takes a while."""
    return make_model("15m")


@pytest.fixture
def long_winded(start_services: Callable[..., Services], slow_gguf: Path) -> Services:
    """Services with a model chosen whose replies last, so that there is something to interrupt."""
    started = start_services()
    started.engine.choose(model_file(slow_gguf, context_length=4096))
    return started
