"""What a model is given of a stored path."""

from __future__ import annotations

import msgspec
import pytest

from app.chat.context import MAX_MESSAGE_CHARACTERS, model_view, require_text
from app.core import protocol
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_frames import Generate
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import Message, MessageState, ModelIdentity, ReplyRecord, Role
from app.core.engine.prompt_errors import EmptyPrompt
from app.core.engine.sampling import Sampling

RECORD = ReplyRecord(
    model=ModelIdentity("Tiny", "/tiny.gguf", 1), engine="llama.cpp", engine_version="b1", template="",
    sampling=Sampling(), options=LoadOptions(), view_start=3,
)  # fmt: skip


def path(*turns: tuple[Role, str], record: ReplyRecord | None = None) -> list[StoredMessage]:
    return [
        StoredMessage(
            id=10 + number, parent_id=None, role=role, text=text, record=record if role is Role.ASSISTANT else None
        )
        for number, (role, text) in enumerate(turns)
    ]


def test_a_path_is_passed_on_as_it_is() -> None:
    view = model_view(path((Role.SYSTEM, "s"), (Role.USER, "a"), (Role.ASSISTANT, "b"), (Role.USER, "c")))
    assert [message.text for message in view.messages] == ["s", "a", "b", "c"]
    assert view.ids == (10, 11, 12, 13)
    assert view.view_start == 0


def test_a_reply_that_came_to_nothing_is_left_out_and_its_questions_joined() -> None:
    view = model_view(path((Role.USER, "a"), (Role.ASSISTANT, ""), (Role.USER, "b")))
    assert view.messages == (Message(Role.USER, "a\n\nb"),)
    assert view.ids == (10,)


def test_a_cut_off_reply_stays() -> None:
    stored = path((Role.USER, "a"), (Role.ASSISTANT, "half"), (Role.USER, "b"))
    assert stored[1].state is MessageState.COMPLETE
    assert [message.text for message in model_view(stored).messages] == ["a", "half", "b"]


def test_the_view_of_the_last_reply_is_the_hint_for_the_next() -> None:
    view = model_view(path((Role.USER, "a"), (Role.ASSISTANT, "b"), (Role.USER, "c"), record=RECORD))
    assert view.view_start == 3


def test_the_first_message_seen_is_counted_after_the_system_message() -> None:
    turns = ((Role.USER, "a"), (Role.ASSISTANT, "b"), (Role.USER, "c"))
    without, behind = model_view(path(*turns)), model_view(path((Role.SYSTEM, "s"), *turns))
    assert without.first_seen(0) is behind.first_seen(0) is None
    assert without.first_seen(2) == 12
    assert behind.first_seen(2) == 13
    assert without.first_seen(99) == 12


@pytest.mark.parametrize("text", ["", "  ", "\n\t\u00a0"])
def test_white_space_is_no_message(text: str) -> None:
    with pytest.raises(EmptyPrompt):
        require_text(text)


def test_a_message_keeps_its_text_and_loses_what_no_encoding_carries() -> None:
    assert require_text(" grüß 😀\n") == " grüß 😀\n"
    assert require_text("a\udcffb") == "a\ufffdb"


def test_a_history_larger_than_any_context_still_fits_into_one_frame() -> None:
    long = "\x00" * 2_000_000
    turns = [(Role.SYSTEM, "s")] + [(Role.USER, long), (Role.ASSISTANT, long)] * 5 + [(Role.USER, "last")]
    view = model_view(path(*turns))
    assert len(protocol.encode(Generate(id=1, messages=view.messages))) < protocol.MAX_FRAME_BYTES
    assert len(view.messages) == len(turns) == len(view.ids)
    assert [bool(message.text) for message in view.messages] == [True] + [False] * 8 + [True] * 3


def test_what_is_pinned_is_counted_as_the_model_sees_it() -> None:
    talk = path((Role.USER, "a"), (Role.ASSISTANT, ""), (Role.USER, "b"), (Role.ASSISTANT, "c"), (Role.USER, "d"))
    talk[2] = msgspec.structs.replace(talk[2], pinned=True)
    assert model_view(talk).pinned == (0,)
    assert model_view(talk, "Be brief.").pinned == (0,)
    talk[3] = msgspec.structs.replace(talk[3], pinned=True)
    assert model_view(talk, "Be brief.").pinned == (0, 1)


def test_a_pinned_message_keeps_its_text_however_far_back_it_is() -> None:
    talk = path((Role.USER, "pinned"), (Role.ASSISTANT, "old"), (Role.USER, "x" * MAX_MESSAGE_CHARACTERS))
    talk[0] = msgspec.structs.replace(talk[0], pinned=True)
    assert [message.text for message in model_view(talk).messages[:2]] == ["pinned", ""]
