"""Several models to one message, with real engines, where nobody knows what fits into memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.chat.turn import opening_record
from app.children.child import Child
from app.core.engine.messages import MessageState
from app.core.engine.sampling import Sampling
from app.core.protocol import ChildRole
from app.services.compare import Candidate, Comparison, Question
from app.services.relay import Relay
from app.services.reply_run import ChatState
from tests.services.conftest import Services, model_file


@pytest.fixture
def comparison(services: Services, tiny_gguf: Path) -> Comparison:
    """One whose probe dies before it can tell what fits."""

    def start_probe(on_event: Any, on_exit: Any) -> Child:
        command = [sys.executable, "-c", "raise SystemExit(1)"]
        child = Child(ChildRole.PROBE, on_event, on_exit, log=services.folders.logs / "probe.log", command=command)
        services.children.append(child)
        return child

    file = model_file(tiny_gguf, context_length=96, threads=1)
    candidates = [Candidate(file, opening_record(file, Sampling(seed=seed))) for seed in (1, 2)]
    question = Question(services.storage, None, (), "Hello there")
    return Comparison(services.start_engine, start_probe, Relay(services.session), question, candidates)


def test_models_answer_one_after_the_other_where_it_is_not_known_that_they_fit(
    services: Services, comparison: Comparison, qtbot: QtBot
) -> None:
    seen: list[tuple[int, ChatState]] = []
    comparison.state_changed.connect(lambda number, state: seen.append((number, state)))
    plans: list[Any] = []
    comparison.planned.connect(plans.append)
    with qtbot.waitSignal(comparison.ended, timeout=60_000):
        comparison.start()
    comparison.shutdown()
    assert [plan.fits for plan in plans] == [False]
    first, second = comparison.replies
    assert [number for number, state in seen if state is ChatState.GENERATING] == [first, second]
    assert seen.index((first, ChatState.SAVING)) < seen.index((second, ChatState.LOADING))
    assert {reply.state for reply in comparison.replies.values()} == {MessageState.COMPLETE}


def test_what_is_stopped_is_kept_and_what_has_not_begun_stays_empty(
    services: Services, comparison: Comparison, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(comparison.text_added, timeout=60_000):
        comparison.start()
    with qtbot.waitSignal(comparison.ended, timeout=60_000):
        comparison.stop()
    comparison.shutdown()
    begun, waiting = comparison.replies.values()
    assert begun.text
    assert (waiting.text, waiting.state) == ("", MessageState.STOPPED)
    stored = services.ask(lambda stores: stores.conversations.load(1))
    assert [one.state for one in stored if one.record is not None] == [begun.state, MessageState.STOPPED]
