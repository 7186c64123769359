"""What a request's body means to the engine, and what of it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.engine.engine_frames import Generate
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.engines.remote.request import request_of
from app.serving.errors import ApiError
from app.serving.parsing import ChatRequest, parse_chat

HELLO = {"role": "user", "content": "Hello"}


def parsed(**fields: Any) -> ChatRequest:
    return parse_chat(json.dumps({"messages": [HELLO], **fields}).encode(), Sampling())


def refused(**fields: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parsed(**fields)
    return caught.value


def test_what_is_left_open_is_as_usual() -> None:
    usual = Sampling(temperature=0.3, stop=("END",))
    body = json.dumps({"messages": [HELLO], "temperature": None, "top_k": 7}).encode()
    asked = parse_chat(body, usual, "vicuna")
    assert asked.command.sampling == Sampling(temperature=0.3, stop=("END",), top_k=7)
    assert (asked.command.template, asked.model, asked.stream, asked.include_usage) == ("vicuna", None, False, False)


def test_messages_in_all_their_forms() -> None:
    parts = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    asked = parsed(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": parts, "name": "me"},
            {"role": "assistant", "content": None, "reasoning_content": "Hm."},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "And?"},
        ]
    )
    assert asked.command.messages == (
        Message(Role.SYSTEM, "Be brief.\n\nBe kind."),
        Message(Role.USER, "One\nTwo"),
        Message(Role.ASSISTANT, "Yes.", "Hm."),
        Message(Role.USER, "And?"),
    )


def test_options_by_their_names_in_the_api() -> None:
    asked = parsed(
        model="m", stream=True, stream_options={"include_usage": True}, temperature=1, top_p=0.5, min_p=0.1,
        max_tokens=9, max_completion_tokens=5, stop="END", seed=-1, presence_penalty=0.5, frequency_penalty=-0.5,
        logit_bias={"15": -100}, user="someone", metadata={"a": "b"}, tools=[], n=1, response_format={"type": "text"},
    )  # fmt: skip
    assert (asked.model, asked.stream, asked.include_usage) == ("m", True, True)
    assert asked.command.sampling == Sampling(
        temperature=1.0, top_p=0.5, min_p=0.1, max_tokens=5, stop=("END",), presence_penalty=0.5,
        frequency_penalty=-0.5, logit_bias={15: -100.0},
    )  # fmt: skip


def test_numbers_that_mean_no_limit_elsewhere_do_here() -> None:
    usual = Sampling(max_tokens=9)
    body = json.dumps({"messages": [HELLO], "max_tokens": -1, "top_k": -1}).encode()
    assert parse_chat(body, usual).command.sampling == Sampling(max_tokens=None, top_k=0)


def test_tools_that_may_not_be_called_are_no_hindrance() -> None:
    assert parsed(tools=[{"type": "function"}], tool_choice="none", model="").model is None


def test_a_format_becomes_a_grammar() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    named = {"name": "person", "schema": schema, "strict": True}
    grammars = [
        parsed(response_format=wanted).command.sampling.grammar
        for wanted in (
            {"type": "json_schema", "json_schema": named},
            {"type": "json_object", "schema": schema},
            {"type": "json_object"},
        )
    ]
    assert grammars[0] == grammars[1] != grammars[2]
    assert '\\"name\\"' in grammars[0]


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1, -5])
def test_any_seed_is_one(seed: int) -> None:
    again = [parsed(seed=seed).command.sampling.seed for _ in range(2)]
    assert again[0] == again[1] is not None


def test_what_parley_asks_of_a_server_is_what_its_server_understands() -> None:
    sampling = Sampling(
        temperature=0.7, top_k=11, top_p=0.9, min_p=0.02, typical_p=0.9, repeat_penalty=1.2, frequency_penalty=0.3,
        presence_penalty=0.2, penalty_window=32, dry_multiplier=0.5, dry_base=2.0, dry_allowed_length=3, dry_window=9,
        dry_breakers=("x",), xtc_probability=0.1, xtc_threshold=0.2, seed=4, grammar='root ::= "a"',
        logit_bias={3: 1.5}, stop=("a", "b"), max_tokens=12,
    )  # fmt: skip
    messages = (Message(Role.USER, "Hello"),)
    command = Generate(1, messages, sampling, template_variables={"enable_thinking": False})
    received = parse_chat(json.dumps(request_of(command, "m")).encode(), Sampling()).command
    assert (received.messages, received.sampling) == (messages, sampling)
    assert received.template_variables == {"enable_thinking": False}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"content": "Hello"}]}, "messages[0]"),
        ({"messages": [HELLO, {"role": "tool", "content": "4"}]}, "messages[1].role"),
        ({"messages": [{"role": "user", "content": 4}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": 9}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"top_p": 1.5}, "top_p"),
        ({"stream": "yes"}, "stream"),
        ({"stop": [1]}, "stop[0]"),
        ({"seed": 0.5}, "seed"),
        ({"logit_bias": {"word": 1}}, "logit_bias"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": False}}}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    error = refused(**fields)
    assert error.status == 400
    assert (error.param or "").startswith(param)
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"messages": [{"role": "user", "content": "\xff"}]}', b"[" * 100_000,
     b'{"messages": [{"role": "user", "content": "\\ud800"}]}'],
    ids=lambda body: str(body[:20]),
)  # fmt: skip
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        parse_chat(body, Sampling())
    assert caught.value.status == 400
