"""From the body of a chat request to what an engine is told. Pure.

The options are those of the OpenAI API, and llama.cpp's under its server's names; what is not known is passed over, as
clients send much that no model needs, but what would change the answer and cannot be had is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.core.engine.engine_frames import Generate
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.core.program.setting_errors import InvalidOption
from app.serving.errors import ApiError
from app.serving.json_rules import ANY_OBJECT
from app.serving.json_schema import grammar_of

_ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
_SEEDS = 0xFFFFFFFF
_OTHER_NAMES = {
    "max_completion_tokens": "max_tokens",
    "repetition_penalty": "repeat_penalty",
    "repeat_last_n": "penalty_window",
    "dry_penalty_last_n": "dry_window",
    "dry_sequence_breakers": "dry_breakers",
}
_WITHOUT = {"max_tokens": None, "top_k": 0}
"""What a negative number, which many clients send for no limit, is here."""

_PLACE = re.compile(r"`\$\.([^`]+)`")


class _Part(msgspec.Struct):
    type: str
    text: str | None = None


class _ChatMessage(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None
    reasoning_content: str | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = False


class _NamedSchema(msgspec.Struct):
    schema: object = True
    strict: bool | None = None


class _ResponseFormat(msgspec.Struct):
    type: str
    json_schema: _NamedSchema | None = None
    schema: object = None


class _Body(msgspec.Struct, kw_only=True):
    """What of a body is looked at besides the sampling options."""

    messages: list[_ChatMessage]
    model: str | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    logit_bias: dict[int, float] | None = None
    response_format: _ResponseFormat | None = None
    chat_template_kwargs: dict[str, str | bool | int] | None = None
    n: int | None = None
    logprobs: bool | None = None
    tools: list[object] | None = None
    tool_choice: object = None
    functions: list[object] | None = None


class ChatRequest(msgspec.Struct, frozen=True):
    """A request for a reply; `model` is the name it was asked of, if one was given."""

    command: Generate
    model: str | None
    stream: bool
    include_usage: bool


def parse_chat(body: bytes, usual: Sampling, template: str = "") -> ChatRequest:
    """Read a body; what it leaves open is as in `usual`.

    Raises:
        ApiError: it is no JSON, a value is of the wrong type or out of its range, or something is asked for that
            cannot be had.
    """
    fields = _decoded(body)
    try:
        asked = msgspec.convert(fields, _Body, str_keys=True)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        found = _PLACE.search(place)
        raise ApiError(400, f"{reason}.", param=found[1] if found else None) from None
    _refuse_what_cannot_be_had(asked)
    messages = _joined([_message(message, number) for number, message in enumerate(asked.messages)])
    command = Generate(
        id=0,
        messages=messages,
        sampling=_sampling(fields, asked, usual),
        template=template,
        template_variables=asked.chat_template_kwargs or {},
        pinned=tuple(range(len(messages))),  # an API's client is told when its messages are too many, not left to guess
    )
    include_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    return ChatRequest(command, asked.model or None, bool(asked.stream), include_usage)


def _decoded(body: bytes) -> dict[str, object]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, f"The body is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(fields, dict):
        raise ApiError(400, "The body must be a JSON object.", code="invalid_json")
    return fields


def _refuse_what_cannot_be_had(asked: _Body) -> None:
    wrong = {
        "n": asked.n not in (None, 1) and "one reply is given to a request",
        "logprobs": asked.logprobs and "the probabilities of tokens are not told",
        "tools": asked.tools and asked.tool_choice != "none" and "tools cannot be called",
        "functions": asked.functions and "functions cannot be called",
    }
    for param, reason in wrong.items():
        if reason:
            raise ApiError(400, f"“{param}” is not supported: {reason}.", param=param, code="unsupported_parameter")


def _message(message: _ChatMessage, number: int) -> Message:
    place = f"messages[{number}]"
    role = _ROLES.get(message.role)
    if role is None:
        reason = f"The role “{message.role}” is not known here: use one of {', '.join(_ROLES)}."
        raise ApiError(400, reason, param=f"{place}.role")
    content = message.content
    if content is None and role is not Role.ASSISTANT:
        raise ApiError(400, "The message has no content.", param=f"{place}.content")
    text = content if isinstance(content, str) else _text_of(content or [], f"{place}.content")
    return Message(role, text, message.reasoning_content or "")


def _text_of(parts: Sequence[_Part], place: str) -> str:
    for number, part in enumerate(parts):
        if part.type != "text":
            raise ApiError(400, f"The model reads text alone, not “{part.type}”.", param=f"{place}[{number}].type")
        if part.text is None:
            raise ApiError(400, "The part has no text.", param=f"{place}[{number}].text")
    return "\n".join(part.text or "" for part in parts)


def _joined(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What one side says twice in a row as one message: chat templates insist that user and assistant alternate."""
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role is message.role:
            both = (joined.pop(), message)
            text = "\n\n".join(one.text for one in both if one.text)
            message = Message(message.role, text, "\n\n".join(one.reasoning for one in both if one.reasoning))
        joined.append(message)
    return tuple(joined)


def _sampling(fields: dict[str, object], asked: _Body, usual: Sampling) -> Sampling:
    """The options that were given, over the usual ones."""
    given = {name: fields[name] for name in Sampling.__struct_fields__ if fields.get(name) is not None}
    for other, name in _OTHER_NAMES.items():
        if fields.get(other) is not None:
            given[name] = fields[other]
    if asked.stop is not None:
        given["stop"] = [asked.stop] if isinstance(asked.stop, str) else asked.stop
    if asked.logit_bias is not None:
        given["logit_bias"] = asked.logit_bias
    if asked.seed is not None:
        given["seed"] = None if asked.seed == -1 else asked.seed % _SEEDS
    if asked.response_format is not None and asked.response_format.type != "text":
        given["grammar"] = _grammar_of(asked.response_format)
    for name, without in _WITHOUT.items():
        if isinstance(number := given.get(name), int) and number < 0:
            given[name] = without
    try:
        return Sampling.checked(**{**msgspec.to_builtins(usual), **given})
    except InvalidOption as error:
        raise ApiError(400, error.sentence, param=str(error.values.get("option"))) from None


def _grammar_of(wanted: _ResponseFormat) -> str:
    if wanted.type == "json_object":
        return ANY_OBJECT if wanted.schema is None else grammar_of(wanted.schema, strict=False)
    if wanted.type == "json_schema" and wanted.json_schema is not None:
        return grammar_of(wanted.json_schema.schema, strict=bool(wanted.json_schema.strict))
    known = "“json_object”, “json_schema” with its schema, or a grammar in “grammar”"
    reason = f"The response format “{wanted.type}” is not supported: use {known}."
    raise ApiError(400, reason, param="response_format", code="unsupported_parameter")
