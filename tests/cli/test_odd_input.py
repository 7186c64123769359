"""Paths, numbers and streams that nobody types on purpose: a sentence, never a traceback."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.core.engine.prompt_errors import MessageTooLarge
from tests.cli.conftest import ENDLESS, CommandLine

HUGE_NUMBER = "99999999999999999999"
SHORT = ("--max-tokens", "4", *ENDLESS)


@pytest.mark.parametrize(
    "arguments",
    [("chats", "show", HUGE_NUMBER), ("ask", "--chat", HUGE_NUMBER, "Hi")],
)
def test_a_conversation_number_beyond_every_database(parley: CommandLine, arguments: tuple[str, ...]) -> None:
    result = parley.run(*arguments)
    assert (result.code, result.err) == (
        1,
        f"There is no chat {HUGE_NUMBER}. See “parley chats list” for those there are.\n",
    )


def test_a_rope_factor_beyond_reason(parley: CommandLine, tiny_gguf: Path) -> None:
    result = parley.run("ask", "--model", tiny_gguf, "--rope-scaling", "linear", "--rope-factor", "1e308", "Hi")
    assert result.code == 2
    assert "factor cannot be 1e+308" in result.err


def test_the_home_of_a_user_there_is_not(parley: CommandLine) -> None:
    result = parley.run("models", "info", "~nosuchuser/tiny.gguf")
    assert result.code == 1
    assert result.err.startswith("tiny.gguf is no longer at")


def test_a_data_folder_in_the_home_of_a_user_there_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "app", "chats", "list"]
    environment = {**os.environ, "PARLEY_HOME": "~nosuchuser/parley", "PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert (tmp_path / "~nosuchuser" / "parley" / "data").is_dir()


def test_a_pipe_in_the_place_of_a_model(parley: CommandLine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    result = parley.run("models", "add", tmp_path / "pipe.gguf")
    assert result.code == 1
    assert result.err.startswith("pipe.gguf cannot be read: it is not a file.")


def test_a_relative_path_in_a_folder_that_was_deleted(parley: CommandLine, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"rmdir {gone}; exec {sys.executable} -P -m app models info tiny.gguf"
    environment = {**parley.environment, "PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(["sh", "-c", script], cwd=gone, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("tiny.gguf is no longer at")


def test_a_known_model_whose_path_cannot_be_asked_about(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.run("models", "add", tiny_gguf)
    with closing(sqlite3.connect(parley.database)) as database, database:
        database.execute("UPDATE models SET path = ?", (f"/{'x' * 300}/tiny.gguf",))
    assert parley.run("models", "list", "--json").records[0]["present"] is False
    assert "no longer there" in parley.run("models", "list").out


@pytest.mark.skipif(sys.platform == "win32", reason="paths are always text there")
def test_json_tells_of_a_path_that_is_not_text(parley: CommandLine) -> None:
    path = os.fsdecode(b"rules\xff.gbnf")
    result = parley.run("ask", "--json", "--grammar-file", path, "Hi")
    assert (result.code, result.records[-1]["code"]) == (1, "FileGone")
    assert "rules?.gbnf" in result.records[-1]["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="the shell closes the streams")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_not_there(parley: CommandLine, tiny_gguf: Path, closed: str) -> None:
    command = f"exec {sys.executable} -m app ask --model {tiny_gguf} --max-tokens 4 Hi {closed}"
    ended = subprocess.run(["sh", "-c", command], env=parley.environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [message["state"] for message in parley.chat()] == ["complete", "complete"]


@pytest.mark.skipif(sys.platform == "win32", reason="the shell closes the stream")
def test_a_prompt_from_an_input_that_is_not_there(parley: CommandLine) -> None:
    command = f"exec {sys.executable} -m app ask --json - <&-"
    ended = subprocess.run(["sh", "-c", command], env=parley.environment, capture_output=True, text=True)
    assert (ended.returncode, json.loads(ended.stdout)["code"]) == (1, "EmptyPrompt")


def test_a_message_larger_than_any_context(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    text = tmp_path / "large.txt"
    text.write_text("a" * 20_000_000)
    with text.open("rb") as stream:
        process = parley.start("ask", "--json", "--model", tiny_gguf, "-", stdin=stream)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["code"]) == (1, MessageTooLarge.__name__)
