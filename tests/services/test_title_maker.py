from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QTimer

from app.chat.title import title_from
from app.core.engine.engine_frames import Finished, Piece
from app.core.engine.messages import FinishReason, MessageState
from app.services.title_maker import TITLE_ID, TitleMaker
from tests.services.conftest import Services, model_file


def is_waiting(maker: TitleMaker) -> bool:
    """Whether the model will be asked as soon as it has been idle long enough."""
    return maker.findChild(QTimer).isActive()


@pytest.fixture
def titled(services: Services) -> tuple[Services, TitleMaker]:
    return services, TitleMaker(services.engine, services.session, services.storage, lambda: True, idle_ms=1)


def test_an_idle_model_titles_a_first_exchange(titled: tuple[Services, TitleMaker]) -> None:
    services, _ = titled
    words: list[str] = []
    services.engine.reply_event.connect(
        lambda event: words.append(event.text) if isinstance(event, Piece) and event.id == TITLE_ID else None
    )

    def ended(event: object) -> bool:
        return isinstance(event, Finished) and event.id == TITLE_ID

    with services.qtbot.waitSignal(services.engine.reply_event, check_params_cb=ended):
        services.exchange("Hello there")
    title = title_from("".join(words))
    services.ask(lambda _: None)
    shown = services.session.conversation
    assert shown is not None
    stored = services.ask(lambda stores: stores.conversations.summary(shown.summary.id)).title
    assert stored == (title or "Hello there")
    assert services.problems == []


def test_a_message_stops_the_title(start_services: Callable[..., Services], tiny_gguf: Path) -> None:
    services = start_services()
    services.engine.choose(model_file(tiny_gguf, context_length=512))
    maker = TitleMaker(services.engine, services.session, services.storage, lambda: True, idle_ms=1)
    made: list[int] = []
    maker.made.connect(made.append)
    ends: list[FinishReason] = []

    def watch(event: object) -> None:
        if isinstance(event, Finished) and event.id == TITLE_ID:
            ends.append(event.reason)

    services.engine.reply_event.connect(watch)
    asked: list[object] = []
    generate_aside = services.engine.generate_aside

    def ask_and_send(command: object) -> None:
        asked.append(command)
        generate_aside(command)  # type: ignore[arg-type]
        services.session.send("And another thing")

    services.engine.generate_aside = ask_and_send  # type: ignore[method-assign,assignment]
    services.exchange("Hello there")
    services.qtbot.waitUntil(lambda: len(services.finished) == 2)
    assert services.finished[1].state is MessageState.COMPLETE
    assert len(asked) == len(ends) == 1
    assert [message.text for message in services.path()][2] == "And another thing"


def test_who_wants_no_titles_gets_none(services: Services) -> None:
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return False

    maker = TitleMaker(services.engine, services.session, services.storage, wanted, idle_ms=1)
    services.exchange("Hello there")
    assert asked == [True]
    assert not is_waiting(maker)


def test_the_guide_is_not_asked_for_titles(start_services: Callable[..., Services], tiny_gguf: Path) -> None:
    services = start_services()
    file = model_file(tiny_gguf, context_length=512)
    services.engine.choose(
        msgspec.structs.replace(file, identity=msgspec.structs.replace(file.identity, built_in=True))
    )
    maker = TitleMaker(services.engine, services.session, services.storage, lambda: True, idle_ms=60_000)
    services.exchange("Hello there")
    assert not is_waiting(maker)
    services.engine.choose(file)
    services.session.new_conversation()
    services.exchange("Hello again")
    assert is_waiting(maker)
