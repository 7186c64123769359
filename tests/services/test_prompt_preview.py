"""A prompt as the model sees it, from real children: the loaded engine, and a probe without a model in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.messages import Message, Role
from app.core.engine.templates import UnknownTemplate
from app.core.protocol import ChildRole
from app.services.engine_host import EngineState
from app.services.prompt_preview import PromptPreview
from app.services.relay import Relay
from tests.services.conftest import Services

HELLO = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello!"))


@pytest.fixture
def preview(services: Services, qtbot: QtBot) -> Iterator[PromptPreview]:
    start = child_starter(ChildRole.PROBE, services.folders, None)
    made = PromptPreview(start, services.engine, lambda: False, Relay())
    yield made
    made.shutdown()


def asked(preview: PromptPreview, qtbot: QtBot, question: RenderPrompt) -> PromptRendered:
    with qtbot.waitSignal(preview.rendered) as answer:
        preview.ask(question)
    rendered = answer.args[0]
    assert isinstance(rendered, PromptRendered)
    return rendered


def test_without_a_loaded_model_a_probe_renders_but_counts_nothing(preview: PromptPreview, qtbot: QtBot) -> None:
    chatml = asked(preview, qtbot, RenderPrompt(id=0, messages=HELLO, template="chatml"))
    assert (chatml.template, chatml.tokens) == ("chatml", None)
    assert "Be brief." in chatml.text
    assert chatml.text.endswith("<|im_start|>assistant\n")
    own = asked(preview, qtbot, RenderPrompt(id=0, messages=HELLO))
    assert "Hello!" in own.text


def test_the_loaded_model_counts_its_tokens(services: Services, preview: PromptPreview, qtbot: QtBot) -> None:
    services.engine.prepare()
    qtbot.waitUntil(lambda: services.engine.state is EngineState.READY)
    short = asked(preview, qtbot, RenderPrompt(id=0, messages=HELLO))
    longer = (Message(Role.SYSTEM, "Be brief. " * 20), HELLO[1])
    long = asked(preview, qtbot, RenderPrompt(id=0, messages=longer))
    assert short.tokens is not None and long.tokens is not None
    assert 0 < short.tokens < long.tokens


def test_a_template_that_fails_is_told(preview: PromptPreview, qtbot: QtBot) -> None:
    with qtbot.waitSignal(preview.failed) as failed:
        preview.ask(RenderPrompt(id=0, messages=HELLO, template="nonesuch"))
    assert isinstance(failed.args[0], UnknownTemplate)
