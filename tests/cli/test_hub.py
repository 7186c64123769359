"""`parley models search|variants|token` against a Hub on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.hub.hubserver import HubServer
from tests.hub.repos import reference_repos

TOKEN = "hf_member"
KEYS = {"format", "quantization", "bits_per_weight", "branch", "files", "need_bytes", "verdict", "tokens_per_second"}


@pytest.fixture(autouse=True)
def server(request: pytest.FixtureRequest, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(reference_repos(request.config), tokens={TOKEN: ["*"]}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def test_search(parley: CommandLine) -> None:
    found = parley.done(
        "models", "search", "llama", "--author", "TheBloke", "--sort", "likes", "--limit", "2", "--json"
    )
    assert [repo["id"] for repo in found.records] == [
        "TheBloke/Llama-2-13B-chat-GGUF",
        "TheBloke/Upstage-Llama-2-70B-instruct-v2-GGUF",
    ]
    shown = parley.done("models", "search", "--format", "gguf").out
    assert shown.count("\n") == 4 and "90,000 downloads" in shown


def test_search_goes_over_pages(parley: CommandLine, server: HubServer) -> None:
    server.page_size = 3
    assert len(parley.done("models", "search", "--json").records) == 8
    assert len(parley.done("models", "search", "--json", "--limit", "4").records) == 4


def test_variants_is_one_array(parley: CommandLine) -> None:
    (rows,) = parley.done("models", "variants", "TheBloke/Llama-2-13B-chat-GGUF", "--json").records
    assert isinstance(rows, list) and len(rows) == 12
    for row in rows:
        assert row.keys() >= KEYS
        assert set(row["files"][0]) == {"path", "bytes", "sha256"}
        parts = row["need_bytes"]
        assert parts["total"] == sum(size for part, size in parts.items() if part != "total")
    assert sum(row["recommended"] for row in rows) <= 1


def test_variants_of_a_branch_and_for_people(parley: CommandLine) -> None:
    repo = "TheBloke/Llama-2-70B-chat-GPTQ"
    (rows,) = parley.done("models", "variants", f"{repo}:gptq-3bit-64g-actorder_True", "--json").records
    assert [(row["bits"], row["group_size"], row["act_order"]) for row in rows] == [(3, 64, True)]
    shown = parley.done("models", "variants", f"https://huggingface.co/{repo}").out
    assert shown.count("GPTQ 4-bit") == 4 and "(gptq-4bit-32g-actorder_True)" in shown


def test_failures_are_said(parley: CommandLine) -> None:
    missing = parley.run("models", "variants", "nobody/nothing")
    assert missing.code == 1 and "There is no repo nobody/nothing" in missing.err
    wrong = parley.run("models", "variants", "nonsense", "--json")
    assert wrong.code == 1 and wrong.records[0]["code"] == "NotARepo"
    assert parley.run("models", "search", "--limit", "0").code == 2


def test_offline(parley: CommandLine, server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    answer = parley.run("models", "search", "llama")
    assert answer.code == 1 and "HF_HUB_OFFLINE" in answer.err
    assert server.log == []


def test_a_token_opens_a_gated_repo(parley: CommandLine) -> None:
    gated = "meta-llama/Llama-2-7b-chat-hf"
    assert json.loads(parley.done("models", "token", "status", "--json").out) == {"token": "none"}
    refused = parley.run("models", "variants", gated)
    assert refused.code == 0 and f"/{gated}" in refused.err
    parley.done("models", "token", "set", data=f"{TOKEN}\n".encode())
    assert TOKEN not in parley.done("models", "token", "status").out
    assert "Accept its terms" not in parley.run("models", "variants", gated).err
    bad = parley.run("models", "token", "set", data=b"not a token\n")
    assert bad.code == 1 and "not a token" not in bad.err.replace("This is not a token", "")
    parley.done("models", "token", "clear")
    assert json.loads(parley.done("models", "token", "status", "--json").out) == {"token": "none"}
