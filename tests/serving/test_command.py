"""How `parley serve` begins and ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import openai
import psutil
import pytest

from tests.cli.conftest import CommandLine
from tests.serving.conftest import ENDLESS, Served, start

unix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
PAGE = "http://localhost:5173"
LIBRARYS = "authorization,content-type,x-stainless-lang"


@pytest.fixture(scope="module")
def guarded(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With a key, and for one web page."""
    line = CommandLine(tmp_path_factory.mktemp("guarded") / "home")
    found = start(line, "--model", tiny_gguf, "--api-key", "sk-right", "--allow-origin", PAGE)
    yield found
    found.close()


def test_the_key_is_asked_for(guarded: Served) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        guarded.client(api_key="sk-wrong").models.list()
    assert caught.value.response.headers["WWW-Authenticate"] == "Bearer"
    assert [model.id for model in guarded.client(api_key="sk-right").models.list()] == [guarded.model]
    health = guarded.base_url.removesuffix("/v1") + "/health"
    assert httpx2.get(health, trust_env=False).status_code == 200


def test_parley_sends_its_key(guarded: Served, parley: CommandLine) -> None:
    parley.done("servers", "add", "Here", guarded.base_url, "--key", data=b"sk-right")
    assert parley.done("servers", "models", "Here").out == f"{guarded.model}\n"


def test_a_web_page_that_is_named_may_ask(guarded: Served) -> None:
    url = f"{guarded.base_url}/chat/completions"
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": LIBRARYS}
    allowed = httpx2.options(url, headers=asked, trust_env=False)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert allowed.headers["Access-Control-Allow-Headers"] == asked["Access-Control-Request-Headers"]
    refused = httpx2.post(url, headers={"Origin": PAGE}, content=b"{}", trust_env=False)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


@unix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_the_middle_of_a_reply(
    parley: CommandLine, tiny_gguf: Path, number: signal.Signals
) -> None:
    served = start(parley, "--model", tiny_gguf)
    stream = served.client().chat.completions.create(
        model=served.model, messages=[{"role": "user", "content": "Hello"}], stream=True, **ENDLESS
    )
    next(stream)
    children = psutil.Process(served.process.pid).children(recursive=True)
    assert children
    served.process.send_signal(number)
    result = parley.end(served.process)
    assert (result.code, result.err) == (0, "")
    assert not any(child.is_running() for child in children)
    stream.close()
    served.close()


@unix
def test_a_signal_while_the_model_is_loaded(parley: CommandLine, tiny_gguf: Path) -> None:
    process = parley.start("serve", "--port", "0", "--model", tiny_gguf)
    while not any("--role" in child.cmdline() for child in psutil.Process(process.pid).children()):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    result = parley.end(process)
    assert (result.code, result.err) == (0, "")


def test_a_file_that_is_no_model(parley: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "notes.gguf"
    file.write_text("Dear diary")
    result = parley.run("serve", "--port", "0", "--model", file)
    assert (result.code, result.out) == (1, "")
    assert "is not a GGUF model" in result.err


def test_it_tells_a_person_what_goes_on_without_a_word_of_it(parley: CommandLine, tiny_gguf: Path) -> None:
    process = parley.start("serve", "--port", "0", "--model", tiny_gguf)
    assert process.stdout is not None
    first = process.stdout.readline().decode()
    address = first.partition(" at ")[2].partition(";")[0]
    body = {"messages": [{"role": "user", "content": "Rumpelstilzchen"}], "max_tokens": 3}
    httpx2.post(f"{address}/chat/completions", json=body, timeout=60, trust_env=False)
    httpx2.post(f"{address}/chat/completions", json={"messages": "Rumpelstilzchen"}, trust_env=False)
    told = process.stdout.readline().decode() + process.stdout.readline().decode()
    httpx2.get(f"{address}/models", headers={"Origin": "app://obsidian.md"}, trust_env=False)
    assert process.stderr is not None
    while "--allow-origin app://obsidian.md" not in (line := process.stderr.readline().decode()):
        assert line
    process.kill()
    assert "Replied: " in told and "Refused: /v1/chat/completions with 400" in told
    assert "Rumpelstilzchen" not in told
