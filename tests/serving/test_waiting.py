"""What clients are told while they wait: in the row behind others, and while an engine reads or writes for long."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.serving.connection import Limits
from app.serving.desk import Desk
from app.serving.guard import Guard
from app.serving.server import Server, resolved
from app.serving.service import Manners, Service
from tests.serving.conftest import ENDLESS

SILENCE = 0.02
HELLO = [{"role": "user", "content": "Hello"}]
TOO_MANY = [*HELLO, {"role": "assistant", "content": "a b " * 4000}, *HELLO]
ENDLESS_FIELDS = {"logit_bias": ENDLESS["logit_bias"], **ENDLESS["extra_body"]}
WAITING = b": waiting\n"


@dataclass(frozen=True)
class Local:
    """A server on a thread of this process, and the engine that answers for it."""

    port: int
    engine: psutil.Process

    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"http://127.0.0.1:{self.port}/v1", api_key="-", max_retries=0)


@contextmanager
def serving(model: Path, log: Path) -> Iterator[Local]:
    """A server that is silent only for a moment."""
    identity = ModelIdentity("Tiny", str(model), model.stat().st_size)
    file = ModelFile(id=1, identity=identity, modified_ns=0, options=LoadOptions(threads=1))
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), 0
    ending, others = asyncio.Event(), set(psutil.Process().children())

    async def serve() -> None:
        nonlocal port
        told: dict[str, Any] = dict.fromkeys(("on_loading", "on_digest"), lambda _: None)
        desk = Desk(file, log, most_waiting=4, on_reply=lambda _model, _reply: None, **told)
        guard, manners = Guard("127.0.0.1", on_loopback=True), Manners("Tiny", 0, Sampling(), silence=SILENCE)
        server = Server(Service(desk, guard, manners, lambda _path, _refusal: None), Limits())
        await desk.open()
        port = (await server.start(resolved("127.0.0.1", 0))).port
        ready.set()
        await ending.wait()
        await server.close()
        await desk.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(60)
        (engine,) = set(psutil.Process().children()) - others
        yield Local(port, engine)
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def local(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with serving(tiny_gguf, tmp_path_factory.mktemp("waiting") / "engine.log") as found:
        yield found


@contextmanager
def standing_still(local: Local) -> Iterator[None]:
    local.engine.suspend()
    try:
        yield
    finally:
        local.engine.resume()


@contextmanager
def asked(local: Local, **fields: Any) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", local.port, timeout=60)) as connection:
        body = json.dumps({"messages": HELLO, "max_tokens": 4, **fields})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        yield connection


def wait_for_a_sign(response: HTTPResponse) -> None:
    assert response.status == 200
    while (line := response.readline()) != WAITING:
        assert line


def test_who_waits_in_the_row_and_who_is_being_read_are_told_so(local: Local) -> None:
    with standing_still(local), asked(local, stream=True) as first, asked(local, stream=True) as second:
        responses = first.getresponse(), second.getresponse()
        for response in (*responses, *responses):
            wait_for_a_sign(response)
        local.engine.resume()
        rests = [response.read() for response in responses]
    assert all(rest.endswith(b"data: [DONE]\n\n") for rest in rests)


def test_clients_pass_over_the_signs(local: Local) -> None:
    options: dict[str, Any] = {"model": "Tiny", "messages": HELLO, "max_tokens": 1500, **ENDLESS}
    with closing(local.client()) as client, standing_still(local):
        stream = client.chat.completions.create(stream=True, **options)  # its head comes with the first sign
        local.engine.resume()
        assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "length"
        assert client.chat.completions.create(**options).choices[0].finish_reason == "length"


def test_a_whole_reply_that_is_long_in_coming_begins_with_spaces(local: Local) -> None:
    with asked(local, max_tokens=2500, **ENDLESS_FIELDS) as connection:
        response = connection.getresponse()
        body = response.read()
    assert body.startswith(b" ") and response.getheader("Content-Type") == "application/json"
    assert json.loads(body)["usage"]["completion_tokens"] == 2500


def test_a_whole_reply_that_fails_after_spaces_is_seen_to_be_cut_off(tiny_gguf: Path, tmp_path: Path) -> None:
    with serving(tiny_gguf, tmp_path / "engine.log") as one, asked(one, max_tokens=None, **ENDLESS_FIELDS) as client:
        response = client.getresponse()
        assert response.read(1) == b" "
        one.engine.kill()
        with pytest.raises(IncompleteRead):
            response.read()


def test_what_cannot_be_answered_is_told_in_a_stream_that_has_begun(local: Local) -> None:
    messages: Any = TOO_MANY
    with closing(local.client()) as client, standing_still(local):
        stream = client.chat.completions.create(model="Tiny", messages=messages, stream=True)
        local.engine.resume()
        with pytest.raises(openai.APIError) as caught:
            list(stream)
    assert caught.value.code == "context_length_exceeded"


def test_a_whole_reply_that_cannot_be_had_is_refused_however_long_it_waited(local: Local) -> None:
    with standing_still(local), asked(local, messages=TOO_MANY) as late, asked(local, stream=True) as other:
        response = other.getresponse()
        for _ in range(3):
            wait_for_a_sign(response)
        local.engine.resume()
        assert late.getresponse().status == 400
