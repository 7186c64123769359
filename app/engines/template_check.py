"""Tries a chat template with six conversations and tells which it cannot render; runs where Jinja may run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from app.core.checkpoints.repack import Conversation, TemplateGap
from app.core.engine.messages import Message, Role
from app.core.engine.prompt_errors import TemplateFailed
from app.engines.templates import ChatTemplate, Variables

_BOS, _EOS = "<s>", "</s>"
_SYSTEM, _FIRST, _ANSWER, _SECOND = "Be brief.", "What is a group?", "Some weights.", "And a scale?"
_MARKS = "if x: <|im_end|> [INST] </s>"
_TOOL = {"type": "function", "function": {"name": "weather_of", "description": "Weather.", "parameters": {}}}


def check_template(template: ChatTemplate) -> tuple[TemplateGap, ...]:
    """What it cannot do, in the order of the conversations."""
    return tuple(_gaps(template))


def _gaps(template: ChatTemplate) -> Iterator[TemplateGap]:
    user = Message(Role.USER, _FIRST)
    system, answer = Message(Role.SYSTEM, _SYSTEM), Message(Role.ASSISTANT, _ANSWER)
    turns = [system, user, answer, Message(Role.USER, _SECOND)]
    tries: list[tuple[Conversation, list[Message], Callable[[str], bool]]] = [
        (Conversation.WITHOUT_SYSTEM, [user], lambda text: _FIRST in text),
        (Conversation.TWO_TURNS, turns, lambda text: _in_order(text, [_SYSTEM, _FIRST, _ANSWER, _SECOND])),
        (Conversation.TRAILING_ASSISTANT, [user, answer], lambda text: text.endswith(_ANSWER)),
        (Conversation.TOOLS, [user], lambda text: "weather_of" in text),
        (Conversation.EMPTY, [Message(Role.USER, "")], lambda _: True),
        (Conversation.SPECIAL_TOKENS, [Message(Role.USER, _MARKS)], lambda text: _MARKS in text),
    ]
    for conversation, messages, is_right in tries:
        try:
            if is_right(_rendered(template, conversation, messages)):
                continue
            yield TemplateGap(conversation)
        except TemplateFailed as error:
            yield TemplateGap(conversation, str(error.values.get("reason", "")))


def _rendered(template: ChatTemplate, conversation: Conversation, messages: list[Message]) -> str:
    tools: dict[str, Any] = {"tools": [_TOOL]} if conversation is Conversation.TOOLS else {}
    continued = conversation is Conversation.TRAILING_ASSISTANT
    variables = cast(Variables, tools)
    return template.render(messages, bos=_BOS, eos=_EOS, variables=variables, continue_last=continued)


def _in_order(text: str, parts: list[str]) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)
