"""`parley models fit`: needs part by part, a verdict, a speed, and what the last run took."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import ENDLESS, CommandLine
from tests.hub.hubserver import HubServer
from tests.hub.served import GPTQ_70B, TINY


def test_what_a_file_needs_here(parley: CommandLine, tiny_gguf: Path) -> None:
    short, long = (
        parley.done("models", "fit", tiny_gguf, "--context", context, "--json").records[0] for context in (512, 4096)
    )
    assert short["measured_by_llama_cpp"] and short["exact"]
    assert (short["verdict"], short["layers"], short["missing_bytes"]) == ("cpu", 3, 0)
    assert short["needs"][0]["kv"] * 8 == long["needs"][0]["kv"]
    assert long["need_bytes"] == sum(need["total"] for need in long["needs"]) > short["need_bytes"]
    speed = short["tokens_per_second"]
    assert 0 < speed["low"] < speed["likely"] < speed["high"]
    assert parley.done("models", "fit", tiny_gguf, "--kv-type", "f32", "--json").records[0]["needs"][0]["kv"] > 0
    assert "Verdict:" in parley.done("models", "fit", tiny_gguf).out


def test_a_long_reply_is_remembered_beside_its_prediction(parley: CommandLine, tiny_gguf: Path) -> None:
    prompt = "count the words of this " * 250
    parley.done("ask", "--model", tiny_gguf, "--max-tokens", "24", *ENDLESS, prompt)
    found = parley.done("models", "fit", tiny_gguf, "--json").records[0]
    assert 0.8 < found["last_run"]["measured"] / found["last_run"]["predicted"] < 1.25
    assert "Last run:" in parley.done("models", "fit", tiny_gguf).out


def test_a_file_that_is_no_model_and_a_wrong_number(parley: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("not a model")
    assert parley.run("models", "fit", tmp_path / "notes.gguf").code == 1
    assert parley.run("models", "fit", tmp_path / "gone.gguf").code == 1
    assert parley.run("models", "fit", tmp_path / "gone.gguf", "--context", "3").code == 2
    assert "is no longer at" in parley.run("models", "fit", "~nobody-is-called-so/gone.gguf").err


def test_a_repo_is_measured_from_its_headers(parley: CommandLine, tiny_gguf: Path, tiny_hub: HubServer) -> None:
    (remote,) = parley.done("models", "fit", TINY, "--context", "1024", "--json").records
    others = parley.done("models", "fit", GPTQ_70B, "--json").records
    (here,) = parley.done("models", "fit", tiny_gguf, "--context", "1024", "--json").records
    assert remote["measured_by_llama_cpp"] and remote["exact"]
    assert remote["needs"] == here["needs"]
    assert others and not any(one["measured_by_llama_cpp"] for one in others)
