"""A server in the real window: added by hand, asked before text goes there, and mixed with a local model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from app.core.engine.messages import MessageState
from app.core.engine.sampling import Sampling
from app.services.engine_host import EngineState
from app.ui.server_consent import ConsentDialog
from app.ui.servers_dialog import ServersDialog
from tests.remote.conftest import ModelServer
from tests.remote.faults import FaultProxy
from tests.window.conftest import User

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def model_server(tiny_gguf: Path) -> Iterator[ModelServer]:
    server = ModelServer(tiny_gguf)
    yield server
    server.close()


@pytest.fixture
def user(user: User) -> User:
    """Whose replies end soon: a model with random weights, on a server with room, would write for minutes."""
    presets = user.program.chats.presets
    user.qtbot.waitUntil(lambda: presets.default is not None)
    stored = presets.default
    assert stored is not None
    brief = msgspec.structs.replace(stored.preset, sampling=Sampling(max_tokens=16))
    with user.qtbot.waitSignal(presets.saved):
        presets.save(brief, stored.id)
    return user


def dialog_of(user: User, kind: type[QDialog]) -> QDialog:
    def shown() -> list[QDialog]:
        return [one for one in user.window.findChildren(kind) if one.isVisible()]

    user.qtbot.waitUntil(lambda: bool(shown()))
    return shown()[-1]


def add_server(user: User, name: str, address: str) -> None:
    user.page.header.model.servers_requested.emit()
    dialog = dialog_of(user, ServersDialog)
    assert isinstance(dialog, ServersDialog)
    user.qtbot.mouseClick(dialog.add, LEFT)
    form = dialog.form
    assert form is not None
    user.qtbot.keyClicks(form.name, name)
    user.qtbot.keyClicks(form.address, address)
    with user.qtbot.waitSignal(user.program.engines.servers.known):
        user.qtbot.mouseClick(form.save, LEFT)
    dialog.accept()


def choose(user: User, server: str, model: str) -> None:
    button = user.page.header.model
    button.open_menu()
    menu = next(action.menu() for action in button.drop_down.actions() if action.text() == f"On {server}")
    next(action for action in menu.actions() if action.text() == model).trigger()
    button.drop_down.close()
    user.qtbot.waitUntil(lambda: user.program.engines.engine.state is EngineState.READY)


def test_text_goes_to_another_machine_only_after_a_yes(user: User, model_server: ModelServer, tiny_gguf: Path) -> None:
    # An address that leads here, but that is not one of this machine's loopback addresses.
    add_server(user, "Far", f"http://0.0.0.0:{model_server.port}/v1")
    choose(user, "Far", "tiny")
    assert "tiny · on Far" in user.page.header.model.accessibleName()

    user.write("Hello")
    consent = dialog_of(user, ConsentDialog)
    assert isinstance(consent, ConsentDialog)
    user.qtbot.mouseClick(consent.keep, LEFT)
    assert user.program.chats.session.conversation is None
    assert user.page.composer.text() == "Hello"

    user.write("")
    consent = dialog_of(user, ConsentDialog)
    assert isinstance(consent, ConsentDialog)
    with user.qtbot.waitSignal(user.program.chats.session.reply_finished, timeout=60_000) as caught:
        user.qtbot.mouseClick(consent.send, LEFT)
    reply = caught.args[0]
    assert reply.state is MessageState.COMPLETE
    record = reply.record
    assert (record.model.server, record.model.name, record.engine) == ("Far", "tiny", "openai")
    assert record.usage.completion_tokens > 0
    assert record.timings.first_token_seconds > 0

    assert user.exchange("And again?").record.model.server == "Far"  # the same conversation is not asked for twice
    user.open_model(tiny_gguf)
    assert user.exchange("And here?").record.model.server == ""


def test_a_server_on_this_machine_needs_no_yes(user: User, model_server: ModelServer) -> None:
    add_server(user, "Here", model_server.address)
    choose(user, "Here", "tiny")
    assert user.exchange("Hello").state is MessageState.COMPLETE


def test_a_model_is_named_by_hand_where_the_server_lists_none(user: User, model_server: ModelServer) -> None:
    with closing(FaultProxy(model_server.address)) as quiet:
        quiet.plan.listing = 404
        add_server(user, "Quiet", quiet.address)
        assert user.program.engines.servers.servers[0].models == ()
        user.page.header.model.servers_requested.emit()
        dialog = dialog_of(user, ServersDialog)
        assert isinstance(dialog, ServersDialog)
        user.qtbot.mouseClick(dialog.cards["Quiet"].change, LEFT)
        form = dialog.form
        assert form is not None
        user.qtbot.keyClicks(form.models, " tiny , another,tiny,")
        with user.qtbot.waitSignal(user.program.engines.servers.known):
            user.qtbot.mouseClick(form.save, LEFT)
        assert user.program.engines.servers.servers[0].typed_models == ("tiny", "another")
        dialog.accept()
        choose(user, "Quiet", "tiny")
        assert user.exchange("Hello").state is MessageState.COMPLETE


def test_going_offline_leaves_a_server_elsewhere(user: User, model_server: ModelServer) -> None:
    add_server(user, "Far", f"http://0.0.0.0:{model_server.port}/v1")
    user.program.engines.servers.trust("Far")
    choose(user, "Far", "tiny")
    assert user.exchange("Hello").state is MessageState.COMPLETE
    user.program.ground.preferences.set("network.offline", True)
    reply = user.exchange("Still there?")
    assert reply.state is MessageState.FAILED
    assert reply.record.failure.code == "ServerForbiddenOffline"


def test_a_servers_model_is_chosen_again_after_a_restart(
    start_program: Callable[[], User], model_server: ModelServer, tiny_gguf: Path
) -> None:
    first = start_program()
    first.open_model(tiny_gguf)
    add_server(first, "Here", model_server.address)
    choose(first, "Here", "tiny")
    close(first)

    second = start_program()
    second.qtbot.waitUntil(lambda: second.program.engines.engine.file is not None)
    assert "tiny · on Here" in second.page.header.model.accessibleName()
    with second.qtbot.waitSignal(second.program.chats.session.reply_text, timeout=60_000):
        second.write("Hello")
    with second.qtbot.waitSignal(second.program.chats.session.reply_finished, timeout=60_000) as caught:
        second.program.chats.session.stop()
    assert caught.args[0].record.model.server == "Here"
    second.open_model(tiny_gguf)
    close(second)

    third = start_program()
    third.qtbot.waitUntil(lambda: third.program.engines.engine.file is not None)
    assert third.program.engines.engine.file is not None and third.program.engines.engine.file.server is None


def close(user: User) -> None:
    user.window.close()
    user.program.close()
