"""Servers on the command line, with a real one."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.remote.conftest import ModelServer

KEY = "sk-very-secret"


@pytest.fixture(scope="module")
def model_server(tiny_gguf: Path) -> Iterator[ModelServer]:
    server = ModelServer(tiny_gguf, "--key", KEY)
    yield server
    server.close()


def test_a_server_with_a_key_answers_and_is_forgotten(parley: CommandLine, model_server: ModelServer) -> None:
    address = f"http://0.0.0.0:{model_server.port}/v1"  # leads here, but is no loopback address
    parley.done("servers", "add", "Far", address, "--key", data=KEY.encode())
    (listed,) = parley.done("servers", "list", "--json").records
    assert (listed["name"], listed["base_url"], listed["key"]) == ("Far", address, "file")
    assert parley.done("servers", "models", "far").out == "tiny\n"
    answer = parley.run(
        "ask", "--server", "Far", "--model", "tiny", "--json", "--max-tokens", "8", "--temperature", "0", "Hello"
    )
    assert answer.code == 0
    reply = answer.records[-1]
    assert reply["text"] and reply["finish_reason"] == "length"
    assert (reply["model"]["server"], reply["model"]["name"]) == ("Far", "tiny")
    assert "sent to “Far” at 0.0.0.0" in answer.err
    holding = [path for path in parley.home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in holding] == [0o600]
    parley.done("servers", "remove", "Far")
    assert not holding[0].exists()
    assert parley.done("servers", "list").out == ""


def test_a_model_named_by_hand_is_the_one_that_answers(parley: CommandLine, model_server: ModelServer) -> None:
    parley.done("servers", "add", "Far", model_server.address, "--key", "--model", "tiny", data=KEY.encode())
    (listed,) = parley.done("servers", "list", "--json").records
    assert listed["typed_models"] == ["tiny"]
    answer = parley.run("ask", "--server", "Far", "--json", "--max-tokens", "8", "Hello")
    assert answer.code == 0 and answer.records[-1]["model"]["name"] == "tiny"


def test_a_wrong_key_is_told(parley: CommandLine, model_server: ModelServer) -> None:
    parley.done("servers", "add", "Far", model_server.address, "--key", data=b"sk-wrong")
    result = parley.run("ask", "--server", "Far", "--model", "tiny", "Hello")
    assert result.code == 1
    assert "does not accept the key" in result.err
    assert "sk-wrong" not in result.err


@pytest.mark.parametrize("address", ["ftp://host/v1", "http://", "http://me:key@host/v1", "http://host/v1?a=b"])
def test_an_address_that_is_none_is_refused(parley: CommandLine, address: str) -> None:
    result = parley.run("servers", "add", "Far", address)
    assert result.code == 1
    assert "cannot be used" in result.err
