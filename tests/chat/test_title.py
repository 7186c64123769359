from __future__ import annotations

import pytest

from app.chat.title import title_from, title_request, wants_title
from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, ModelIdentity, ReplyRecord, Role
from app.core.engine.sampling import Sampling

RECORD = ReplyRecord(
    model=ModelIdentity("Tiny", "/tiny.gguf", 1),
    engine="",
    engine_version="",
    template="chatml",
    sampling=Sampling(temperature=1.5, grammar="root ::= [a]"),
    options=LoadOptions(),
)
SYSTEM = StoredMessage(id=1, parent_id=None, role=Role.SYSTEM, text="Be kind.")
ASKED = StoredMessage(id=2, parent_id=1, role=Role.USER, text="What is a fox?")
ANSWERED = StoredMessage(id=3, parent_id=2, role=Role.ASSISTANT, text="An animal.", record=RECORD)


def test_only_a_first_exchange_wants_a_title() -> None:
    assert wants_title([SYSTEM, ASKED, ANSWERED])
    assert wants_title([ASKED, ANSWERED])
    assert not wants_title([SYSTEM, ASKED])
    assert not wants_title([ASKED, ANSWERED, ASKED, ANSWERED])
    for state in (MessageState.STOPPED, MessageState.FAILED):
        cut = StoredMessage(id=3, parent_id=2, role=Role.ASSISTANT, text="An", state=state, record=RECORD)
        assert not wants_title([ASKED, cut])


def test_the_model_is_asked_below_what_it_has_read() -> None:
    command = title_request(-1, [SYSTEM, ASKED, ANSWERED], "chatml")
    assert [message.role for message in command.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER]
    assert (command.sampling.temperature, command.sampling.grammar, command.template) == (0, "", "chatml")
    assert command.sampling.max_tokens is not None


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Foxes in the wild", "Foxes in the wild"),
        ('\n "**Foxes**."\nmore', "Foxes"),
        ("Title: About foxes.", "About foxes"),
        ("「狐とは」", "狐とは"),
        ("...", ""),
        ("", ""),
        ("a rambling answer " * 10, ""),
    ],
)
def test_the_title_is_the_first_line_with_words(answer: str, title: str) -> None:
    assert title_from(answer) == title
