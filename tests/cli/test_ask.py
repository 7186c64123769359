"""One message and its reply, by real processes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from app.core.engine.sampling import Sampling
from tests.cli.conftest import ENDLESS, CommandLine, engine_of, first_words

SHORT = ("--max-tokens", "12", *ENDLESS)
unix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def test_a_reply_is_printed_and_kept_with_what_makes_it_reproducible(parley: CommandLine, tiny_gguf: Path) -> None:
    result = parley.done("ask", "--model", tiny_gguf, *SHORT, "--temperature", "0.5", "Grüß dich")
    user, reply = parley.chat()
    assert (user["role"], user["text"], user["state"]) == ("user", "Grüß dich", "complete")
    assert reply["text"] + "\n" == result.out
    assert (reply["role"], reply["state"], reply["parent_id"]) == ("assistant", "complete", user["id"])
    record = reply["record"]
    assert record["model"]["path"] == str(tiny_gguf)
    assert record["sampling"]["temperature"] == 0.5
    assert record["finish_reason"] == "length"
    assert record["usage"]["completion_tokens"] == 12
    assert record["engine"] == "llama.cpp"


def test_the_words_come_while_they_are_written(parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    assert first_words(process)
    assert process.poll() is None


def test_json_ends_with_everything_about_the_reply(parley: CommandLine, tiny_gguf: Path) -> None:
    *pieces, last = parley.done("ask", "--json", "--model", tiny_gguf, *SHORT, "Hi").records
    assert pieces
    assert {piece["type"] for piece in pieces} == {"text"}
    assert "".join(piece["text"] for piece in pieces) == last["text"] == parley.chat()[-1]["text"]
    assert last["type"] == "reply"
    assert last["reasoning"] == ""
    assert last["finish_reason"] == "length"
    assert last["usage"]["completion_tokens"] == 12
    assert last["usage"]["prompt_tokens"] > last["usage"]["reused_tokens"] == 0
    assert last["timings"]["decode_rate"] > 0
    assert last["model"]["path"] == str(tiny_gguf)
    assert last["chat_id"] == 1


def test_the_same_seed_gives_the_same_reply(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("models", "add", tiny_gguf)
    first = parley.done("ask", "--json", *SHORT, "Hi").records[-1]
    again = parley.done("ask", "--json", *SHORT, "--seed", str(first["seed"]), "Hi").records[-1]
    other = parley.done("ask", "--json", *SHORT, "--seed", str(first["seed"] ^ 1), "Hi").records[-1]
    assert first["text"] == again["text"] != other["text"]


def test_a_stop_text_ends_the_reply_before_it(parley: CommandLine, tiny_gguf: Path) -> None:
    whole = parley.done("ask", "--json", "--model", tiny_gguf, *SHORT, "--seed", "5", "Hi").records[-1]["text"]
    stop = whole[len(whole) // 2 :][:3]
    last = parley.done("ask", "--json", *SHORT, "--seed", "5", "--stop", "unlikely", "--stop", stop, "Hi").records[-1]
    assert last["finish_reason"] == "stop"
    assert last["text"] == whole[: whole.index(stop)]


def test_standard_input_is_read_whatever_its_bytes(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "-", data="Größe\n".encode() + b"\xff\n")
    assert parley.chat()[0]["text"] == "Größe\n\ufffd"


def test_a_temporary_conversation_is_not_kept(parley: CommandLine, tiny_gguf: Path) -> None:
    last = parley.done("ask", "--temporary", "--json", "--model", tiny_gguf, *SHORT, "Secret").records[-1]
    assert last["text"]
    assert last["chat_id"] is None
    assert parley.done("chats", "list", "--json").records == []
    kept = b"".join(path.read_bytes() for path in parley.home.rglob("*") if path.is_file())
    assert b"Secret" not in kept


def test_a_conversation_goes_on(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "--system", "Be brief.", "One")
    last = parley.done("ask", "--json", "--chat", "1", *SHORT, "Two").records[-1]
    messages = parley.chat()
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert [messages[index]["text"] for index in (0, 1, 3)] == ["Be brief.", "One", "Two"]
    first, second = messages[2]["record"]["usage"], messages[4]["record"]["usage"]
    assert second["prompt_tokens"] > first["prompt_tokens"] + first["completion_tokens"]
    assert last["chat_id"] == 1


def test_load_options_reach_the_engine(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done(
        "ask", "--model", tiny_gguf, *SHORT, "--context", "8192", "--rope-scaling", "yarn", "--rope-factor", "2",
        "--kv-type", "f32", "--flash-attention", "on", "--threads", "1", "--gpu-layers", "0", "Hi",
    )  # fmt: skip
    options = parley.chat()[-1]["record"]["options"]
    assert options["context_length"] == 8192
    assert options["rope"] == {"kind": "yarn", "factor": 2.0}
    assert (options["kv_type_k"], options["kv_type_v"], options["flash_attention"]) == ("f32", "f32", "on")
    assert (options["threads"], options["gpu_layers"]) == (1, 0)


def test_a_named_template_is_used(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "--template", "vicuna", "Hi")
    assert parley.chat()[-1]["record"]["template"] == "vicuna"


def test_every_sampling_option_can_be_given(parley: CommandLine) -> None:
    text = parley.done("ask", "--help").out
    for name in set(Sampling.__struct_fields__) - {"grammar"}:
        assert f"--{name.replace('_', '-')} " in text
    assert "--grammar-file FILE" in text


@pytest.mark.parametrize(
    "options",
    [
        ("--temperature", "9"),
        ("--temperature", "nan"),
        ("--dry-multiplier", "inf"),
        ("--top-k", "many"),
        ("--seed", "-1"),
        ("--max-tokens", "0"),
        ("--kv-type", "q3"),
        ("--context", "1"),
        ("--rope-factor", "2"),
        ("--logit-bias", "x=1"),
        ("--template", "nonesuch"),
        ("--no-such-option",),
        ("--chat", "1", "--temporary"),
        ("--chat", "1", "--system", "Be brief."),
        ("--chat", "one"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_apart(parley: CommandLine, options: tuple[str, ...]) -> None:
    result = parley.run("ask", *options, "Hi")
    assert result.code == 2
    assert result.out == ""
    assert result.err


def test_a_context_the_model_cannot_have_is_wrong_usage(parley: CommandLine, tiny_gguf: Path) -> None:
    result = parley.run("ask", "--model", tiny_gguf, "--context", "100000", "Hi")
    assert result.code == 2
    assert "at most 4096 tokens" in result.err


def test_a_grammar_that_cannot_be_parsed_is_wrong_usage(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    grammar = tmp_path / "bad.gbnf"
    grammar.write_text("root ::= (((")
    result = parley.run("ask", "--model", tiny_gguf, "--grammar-file", grammar, "Hi")
    assert (result.code, result.out) == (2, "")
    assert "grammar" in result.err


@unix
def test_an_interrupt_keeps_what_was_written(parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    start = first_words(process)
    process.send_signal(signal.SIGINT)
    result = parley.end(process)
    reply = parley.chat()[-1]
    assert (result.code, result.err) == (130, "")
    assert reply["text"] + "\n" == start + result.out
    assert (reply["state"], reply["record"]["finish_reason"]) == ("stopped", "cancelled")


@unix
def test_an_interrupt_in_json_still_ends_with_the_reply(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--json", "--model", tiny_gguf, *slowly, "Hi")
    first_words(process)
    process.send_signal(signal.SIGINT)
    result = parley.end(process)
    assert result.code == 130
    assert '"type":"reply"' in result.out.splitlines()[-1]
    assert '"finish_reason":"cancelled"' in result.out.splitlines()[-1]


@unix
def test_an_interrupt_while_the_model_is_loaded(parley: CommandLine, tiny_gguf: Path) -> None:
    process = parley.start("ask", "--model", tiny_gguf, "Hi")
    # Not before it is a program of its own: until then the parent is held with it.
    while not any("--role" in child.cmdline() for child in psutil.Process(process.pid).children()):
        assert process.poll() is None
    psutil.Process(process.pid).children()[0].suspend()
    process.send_signal(signal.SIGINT)
    result = parley.end(process)
    assert (result.code, result.out, result.err) == (130, "", "")
    user, reply = parley.chat()
    assert (user["text"], reply["text"], reply["state"]) == ("Hi", "", "stopped")


@unix
def test_an_engine_that_hangs_is_ended_by_a_second_interrupt(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    first_words(process)
    engine_of(process).suspend()
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    result = parley.end(process)
    assert result.code == 130
    assert parley.chat()[-1]["state"] == "stopped"


def test_a_killed_engine_leaves_a_reply_that_was_interrupted(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    start = first_words(process)
    engine_of(process).kill()
    result = parley.end(process)
    assert result.code == 1
    assert result.err.startswith("The engine stopped: ")
    assert "Traceback" not in result.err
    reply = parley.chat()[-1]
    assert reply["state"] == "interrupted"
    assert reply["text"] + "\n" == start + result.out
    assert reply["record"]["failure"]["code"] == "EngineLost"


@unix
def test_a_killed_command_leaves_a_reply_that_the_next_one_finds(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    start = first_words(process)
    engine = engine_of(process)
    engine.suspend()
    written = parley.chat_once(lambda messages: len(messages) == 2 and messages[1]["text"] != "")[-1]
    assert written["state"] == "streaming"
    process.kill()
    result = parley.end(process)
    engine.resume()
    reply = parley.chat()[-1]
    assert reply["state"] == "interrupted"
    assert reply["text"] == written["text"]
    assert (start + result.out).startswith(reply["text"])
    assert "interrupted" in parley.done("chats", "show", "1").out


def test_a_reply_that_is_being_written_is_not_answered_twice(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    first_words(process)
    engine = engine_of(process)
    engine.suspend()  # or the reply might end meanwhile
    result = parley.run("ask", "--chat", "1", "And?")
    engine.resume()
    assert result.code == 1
    assert "is being answered elsewhere" in result.err


def test_an_output_that_is_closed_stops_the_reply(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    first_words(process)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    result = parley.end(process)
    assert (result.code, result.err) == (1, "")
    reply = parley.chat()[-1]
    assert reply["state"] == "stopped"
    assert reply["text"]


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such device elsewhere")
def test_an_output_on_a_full_disk_is_told(parley: CommandLine, tiny_gguf: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        result = parley.end(parley.start("ask", "--model", tiny_gguf, *SHORT, "Hi", stdout=full))
    assert result.code == 1
    assert result.err.startswith("The output cannot be written: ")
    assert result.err.count("\n") == 1
    assert parley.chat()[-1]["text"]
