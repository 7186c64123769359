"""The API of a real `parley serve`, asked by the OpenAI client, by Parley itself, and over bare connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, Literal

import httpx2
import openai
import pytest
from pydantic import BaseModel, Field

from tests.cli.conftest import CommandLine, engine_of
from tests.serving.conftest import ENDLESS, Facts, Served

SECONDS = 60
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
SHORT: dict[str, Any] = {"max_tokens": 12, "seed": 7, "logit_bias": {"0": -100, "2": -100}, "messages": HELLO}
CHAT = "/v1/chat/completions"
TOO_LONG = "context_length_exceeded"


@contextmanager
def connected(served: Served) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=SECONDS)
    try:
        yield connection
    finally:
        connection.close()


def posted(connection: HTTPConnection, fields: Facts | bytes, path: str = CHAT) -> HTTPResponse:
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    return connection.getresponse()


@contextmanager
def endless(served: Served) -> Iterator[HTTPResponse]:
    """A reply that is being written, and stops when its reader goes."""
    with connected(served) as connection:
        options = {"logit_bias": ENDLESS["logit_bias"], **ENDLESS["extra_body"]}
        response = posted(connection, {"messages": HELLO, "stream": True, **options})
        assert response.status == 200
        while not (line := response.readline()).startswith(b"data:"):
            assert line
        yield response
        response.close()


def refusal(served: Served, fields: Facts | bytes, path: str = CHAT) -> tuple[int, Facts]:
    with connected(served) as connection:
        response = posted(connection, fields, path)
        return response.status, json.load(response)["error"]


def sync(served: Served) -> None:
    """Once this is answered, so is or waits whatever was sent before."""
    assert httpx2.get(f"http://127.0.0.1:{served.port}/health", timeout=SECONDS, trust_env=False).json() == {
        "status": "ok"
    }


def test_a_whole_reply_and_the_same_in_a_stream(served: Served) -> None:
    client = served.client()
    whole = client.chat.completions.create(model=served.model, **SHORT)
    (choice,) = whole.choices
    assert choice.message.role == "assistant" and choice.message.content
    assert choice.finish_reason == "length"
    assert whole.model == served.model
    assert whole.usage is not None
    assert (whole.usage.completion_tokens, whole.usage.total_tokens) == (12, whole.usage.prompt_tokens + 12)
    chunks = list(
        client.chat.completions.create(model=served.model, stream=True, stream_options={"include_usage": True}, **SHORT)
    )
    *pieces, last = chunks
    assert "".join(chunk.choices[0].delta.content or "" for chunk in pieces) == choice.message.content
    assert [chunk.choices[0].finish_reason for chunk in pieces][-1] == "length"
    assert pieces[0].choices[0].delta.role == "assistant"
    assert last.choices == [] and last.usage is not None
    assert last.usage.prompt_tokens == whole.usage.prompt_tokens
    assert last.usage.prompt_tokens_details is not None
    assert last.usage.prompt_tokens_details.cached_tokens == whole.usage.prompt_tokens - 1
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stop_text_ends_a_reply(served: Served) -> None:
    client = served.client()
    whole = client.chat.completions.create(model=served.model, **SHORT).choices[0].message.content or ""
    stop = whole[len(whole) // 2 :][:3]
    choice = client.chat.completions.create(model=served.model, stop=[stop], **SHORT).choices[0]
    assert (choice.message.content, choice.finish_reason) == (whole[: whole.index(stop)], "stop")


def test_a_grammar_and_json_hold(served: Served) -> None:
    client = served.client()
    options = {**SHORT, "max_tokens": 40}
    grammar = {"grammar": 'root ::= "yes" | "no"'}
    said = client.chat.completions.create(model=served.model, extra_body=grammar, **{**options, "logit_bias": {}})
    assert said.choices[0].message.content in ("yes", "no")
    said = client.chat.completions.create(model=served.model, response_format={"type": "json_object"}, **options)
    assert (said.choices[0].message.content or "").startswith("{")


class Person(BaseModel):
    """What a model is to write."""

    name: str = Field(min_length=2, max_length=5)
    age: int = Field(ge=0, le=120)
    tags: list[Literal["kind", "clever"]] = Field(max_length=2)
    friend: Person | None


def test_a_reply_fits_the_schema_of_a_class(served: Served) -> None:
    options: dict[str, Any] = {"messages": HELLO, "temperature": 2.0, "max_tokens": 3000}
    for seed in range(3):
        said = served.client().chat.completions.parse(model=served.model, response_format=Person, seed=seed, **options)
        assert isinstance(said.choices[0].message.parsed, Person)


def test_a_schema_that_cannot_be_held_to_is_refused(served: Served) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "string", "pattern": "^a$"}}}
    wanted["json_schema"]["strict"] = True  # type: ignore[index]
    status, error = refusal(served, {"messages": HELLO, "response_format": wanted})
    assert (status, error["param"]) == (400, "response_format") and "“pattern”" in error["message"]


def test_what_a_model_thinks_is_told_apart(served: Served) -> None:
    grammar = {"grammar": 'root ::= "<think>why</think>because"'}
    asked: dict[str, Any] = {"messages": HELLO, "model": served.model, "extra_body": grammar}
    message = served.client().chat.completions.create(**asked).choices[0].message
    assert (message.content, getattr(message, "reasoning_content", None)) == ("because", "why")
    deltas = [chunk.choices[0].delta for chunk in served.client().chat.completions.create(stream=True, **asked)]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "why"
    assert "".join(delta.content or "" for delta in deltas) == "because"


def test_the_model_is_listed(served: Served) -> None:
    (model,) = served.client().models.list()
    assert (model.id, model.object, model.owned_by) == (served.model, "model", "parley")
    assert model.model_dump()["context_length"] == 4096
    assert served.client().models.retrieve(served.model).id == served.model
    with pytest.raises(openai.NotFoundError):
        served.client().models.retrieve("another")


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        (b'{"messages": [', 400, "invalid_json", None),
        ({"messages": 4}, 400, None, "messages"),
        ({"messages": []}, 400, None, None),
        ({"messages": [{"role": "system", "content": "Be brief."}]}, 400, None, None),
        ({"messages": [{"role": "oracle", "content": "Hm"}]}, 400, None, "messages[0].role"),
        ({"messages": HELLO, "model": "gpt-9"}, 404, "model_not_found", "model"),
        ({"messages": HELLO, "grammar": "root ::= ((("}, 400, None, None),
        ({"messages": [*HELLO, {"role": "user", "content": "word " * 9000}]}, 400, TOO_LONG, "messages"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "a b " * 4000}, *HELLO], "stream": True}, 400, TOO_LONG,
         "messages"),
        (b" " * (16 * 1024 * 1024 + 1), 413, "request_too_large", None),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_the_apis_words(
    served: Served, fields: Facts | bytes, status: int, code: str | None, param: str | None
) -> None:
    got, error = refusal(served, fields)
    assert (got, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error" and error["message"]


def test_other_paths_and_methods(served: Served) -> None:
    with connected(served) as connection:
        for method, path, status in [("GET", "/", 404), ("POST", "/v1/models", 405), ("GET", CHAT, 405)]:
            connection.request(method, path)
            response = connection.getresponse()
            assert (response.status, "error" in json.load(response)) == (status, True)
        assert response.getheader("Allow") == "POST"
        connection.request("POST", "/v1/embeddings", b"{}")
        assert CHAT in json.load(connection.getresponse())["error"]["message"]


@pytest.mark.parametrize("beginning", ["", "/v1/"])
def test_an_address_without_its_beginning_or_with_a_slash_too_many_leads_here_too(
    served: Served, beginning: str
) -> None:
    client = served.client(base_url=f"http://127.0.0.1:{served.port}{beginning}")
    assert client.chat.completions.create(model=served.model, **SHORT).usage
    assert [model.id for model in client.models.list()] == [served.model]
    with connected(served) as connection:
        connection.request("GET", "/v1/models/")
        assert json.load(connection.getresponse())["object"] == "list"


def test_a_name_that_only_leads_here_and_a_web_page_are_refused(served: Served) -> None:
    with connected(served) as connection:
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            connection.request("GET", "/v1/models", headers=headers)
            response = connection.getresponse()
            assert (response.status, json.load(response)["error"]["type"]) == (403, "invalid_request_error")
            assert response.getheader("Access-Control-Allow-Origin") is None


def test_a_reader_that_goes_stops_the_reply_at_once(served: Served) -> None:
    with endless(served):
        pass
    assert served.client().chat.completions.create(model=served.model, **SHORT).choices[0].finish_reason == "length"
    stopped = served.report(lambda fact: fact.get("reason") == "cancelled")
    assert stopped["usage"]["completion_tokens"] < 4000


def test_requests_wait_their_turn_and_no_more_than_may(served: Served) -> None:
    body = json.dumps(SHORT).encode()
    with connected(served) as patient:
        with endless(served):
            engine = engine_of(served.process)
            engine.suspend()  # or the reply might end meanwhile
            with connected(served) as leaving:
                leaving.request("POST", CHAT, body)
                sync(served)
                status, error = refusal(served, SHORT)
                assert (status, error["code"]) == (429, "too_many_requests")
            sync(served)  # whoever leaves gives up the place
            patient.request("POST", CHAT, body)
            sync(served)
            with connected(served) as late:
                response = posted(late, SHORT)
                assert response.status == 429
                assert int(response.getheader("Retry-After") or 0) >= 1
            engine.resume()
        response = patient.getresponse()
        assert response.status == 200
        assert json.load(response)["choices"][0]["finish_reason"] == "length"


def test_a_lost_engine_is_told_and_started_anew(served: Served) -> None:
    with endless(served) as response:
        engine_of(served.process).kill()
        rest = response.read()
    last = json.loads(rest.rstrip().rpartition(b"data: ")[2])
    assert last["error"]["code"] == "engine_lost"
    assert b"[DONE]" not in rest
    assert served.client().chat.completions.create(model=served.model, **SHORT).choices[0].finish_reason == "length"
    engine_of(served.process).kill()
    assert [how_it_ends(served) for _ in range(2)][-1] == "length"


def how_it_ends(served: Served) -> str:
    """How a request ends while the engine's death may not yet be known: the next one is answered in any case."""
    try:
        said = served.client().chat.completions.create(model=served.model, **SHORT)
    except openai.InternalServerError as error:
        assert error.status_code == 503
        return "503"
    return said.choices[0].finish_reason


def test_parley_itself_is_a_client(served: Served, parley: CommandLine) -> None:
    parley.done("servers", "add", "Here", served.base_url)
    assert parley.done("servers", "models", "here").out == f"{served.model}\n"
    options = ("--max-tokens", "8", "--logit-bias", "0=-100", "--logit-bias", "2=-100", "--top-k", "20", "--json")
    reply = parley.done("ask", "--server", "Here", *options, "Hello").records[-1]
    assert reply["text"] and reply["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] == 8
    assert reply["left_out"] == []


def test_nothing_that_was_said_is_kept(served: Served) -> None:
    secret = "Rumpelstilzchen"
    messages: list[Any] = [{"role": "user", "content": secret}]
    served.client().chat.completions.create(model=served.model, **{**SHORT, "messages": messages})
    kept = b"".join(path.read_bytes() for path in served.line.home.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert served.line.done("chats", "list", "--json").records == []


def test_where_other_machines_reach_it_a_key_is_needed(parley: CommandLine, tiny_gguf: Path) -> None:
    result = parley.run("serve", "--host", "0.0.0.0", "--model", tiny_gguf)
    assert (result.code, result.out) == (2, "")
    assert "--api-key" in result.err


def test_a_port_that_is_taken(parley: CommandLine, served: Served, tiny_gguf: Path) -> None:
    result = parley.run("serve", "--port", str(served.port), "--model", tiny_gguf)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"Parley cannot listen at 127.0.0.1:{served.port}: ")
