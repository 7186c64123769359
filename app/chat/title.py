"""When a conversation gets a title from its model, and how the model is asked for it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.chat.context import model_view
from app.chat.turn import generation
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_frames import Generate
from app.core.engine.messages import Message, MessageState, Role
from app.core.engine.sampling import Sampling

TITLE_TOKENS = 24
MAX_CHARACTERS = 60
_REQUEST = (
    "Write a title of at most six words for this conversation, in its language. "
    "Answer with the title alone, without quotation marks."
)
_QUOTES = " \t\"'“”„‘’«»「」『』*#_`."


def wants_title(path: Sequence[StoredMessage]) -> bool:
    """Whether this is a first exchange that was answered to its end."""
    spoken = [message for message in path if message.role is not Role.SYSTEM]
    return (
        [message.role for message in spoken] == [Role.USER, Role.ASSISTANT]
        and spoken[1].state is MessageState.COMPLETE
        and bool(spoken[1].text)
        and spoken[1].record is not None
    )


def title_request(number: int, path: Sequence[StoredMessage], template: str) -> Generate:
    """Ask for the title of a path that wants one, below what the model has read already."""
    record = path[-1].record
    assert record is not None
    record = msgspec.structs.replace(record, sampling=Sampling(temperature=0, max_tokens=TITLE_TOKENS))
    view = model_view(path, record.system)
    command = generation(number, record, view, template)
    return msgspec.structs.replace(command, messages=(*command.messages, Message(Role.USER, _REQUEST)))


def title_from(answer: str) -> str:
    """The title in what a model answered: its first line with words; empty if there is none that could be one."""
    lines = (" ".join(line.split()).strip(_QUOTES) for line in answer.splitlines())
    title = next((line for line in lines if any(letter.isalnum() for letter in line)), "")
    title = title.removeprefix("Title:").strip(_QUOTES)
    return title if len(title) <= MAX_CHARACTERS else ""
