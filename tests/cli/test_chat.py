"""A conversation in the terminal: through a pipe, and by a person's keys on a real one."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import ENDLESS, SECONDS, CommandLine, engine_of

SHORT = ("--max-tokens", "6", *ENDLESS)


def texts(parley: CommandLine, number: int = 1) -> list[str]:
    return [message["text"] for message in parley.chat(number) if message["role"] == "user"]


def test_lines_of_a_pipe_are_messages_of_one_conversation(parley: CommandLine, tiny_gguf: Path) -> None:
    result = parley.done("chat", "--model", tiny_gguf, *SHORT, data=b"One\n\nTwo\\\nlines\n//etc/hosts\n")
    assert texts(parley) == ["One", "Two\nlines", "/etc/hosts"]
    replies = [message for message in parley.chat() if message["role"] == "assistant"]
    assert [reply["state"] for reply in replies] == ["complete"] * 3
    for reply in replies:
        assert reply["text"] in result.out


def test_a_second_turn_reads_only_what_is_new(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("chat", "--model", tiny_gguf, *SHORT, data=b"One\nTwo\n")
    first, second = (message["record"]["usage"] for message in parley.chat() if message["record"])
    assert first["reused_tokens"] == 0
    assert second["reused_tokens"] >= first["prompt_tokens"]


def test_the_commands(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Before")
    lines = f"/help\n/chats\n/open 1\nAgain\n/retry\n/new\n/model {tiny_gguf}\nNew\n/quit\nNever\n"
    out = parley.done("chat", *SHORT, data=lines.encode()).out
    assert "/open ID" in out
    assert "    1  " in out
    assert texts(parley) == ["Before", "Again"]
    assert texts(parley, 2) == ["New"]
    assert len(parley.done("chats", "list", "--json").records) == 2


def test_a_conversation_can_be_named(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Before")
    parley.done("chat", "--chat", "1", *SHORT, data=b"After\n")
    assert texts(parley) == ["Before", "After"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/nonesuch", "There is no command /nonesuch."),
        ("/open one", "The command is used as: /open ID."),
        ("/open 9", "There is no chat 9."),
        ("/model", "The command is used as: /model FILE."),
        ("/model nothing.gguf", "nothing.gguf is no longer at"),
        ("/retry", "There is no message to answer again."),
    ],
)
def test_the_first_error_of_a_pipe_ends_it(parley: CommandLine, tiny_gguf: Path, line: str, words: str) -> None:
    result = parley.run("chat", "--model", tiny_gguf, *SHORT, data=f"{line}\nHi\n".encode())
    assert result.code == 1
    assert words in result.err
    assert parley.done("chats", "list", "--json").records == []


def test_an_engine_lost_between_two_turns_is_started_anew(parley: CommandLine, tiny_gguf: Path) -> None:
    process = parley.start("chat", "--model", tiny_gguf, *SHORT, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"One\n")
    process.stdin.flush()
    parley.chat_once(lambda messages: messages[-1]["state"] == "complete")
    engine = engine_of(process)
    engine.kill()
    engine.wait(SECONDS)
    assert parley.end(process, b"Two\n").code == 0
    assert [message["state"] for message in parley.chat()] == ["complete"] * 4


class Person:
    """Someone at a terminal: types, and waits for what they expect to see."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.seen = ""

    def types(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def insists(self, key: str, process: subprocess.Popen[bytes]) -> int:
        """Press a key until the program ends: one that comes between two steps of readline may wait for the next."""
        for _ in range(SECONDS):
            self.types(key)
            try:
                return process.wait(1)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("it never ended")

    def sees(self, words: str) -> None:
        """Wait for words after those seen before."""
        while words not in self.seen:
            ready, _, _ = select.select([self._terminal], [], [], SECONDS)
            assert ready, f"no {words!r} in {self.seen!r}"
            try:
                self.seen += os.read(self._terminal, 4096).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"ended without {words!r}: {self.seen!r}") from None
        self.seen = self.seen.partition(words)[2]


@pytest.fixture
def terminal() -> Iterator[tuple[Person, int]]:
    if sys.platform == "win32":
        pytest.skip("Windows has no such terminals")
    ours, theirs = os.openpty()
    yield Person(ours), theirs
    os.close(theirs)
    os.close(ours)


def at(parley: CommandLine, terminal: int, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """A command in a session of its own, with this terminal as its controlling one."""
    import fcntl
    import termios

    return parley.start(
        *arguments,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )


def test_control_c_stops_a_reply_and_the_conversation_goes_on(
    parley: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...], terminal: tuple[Person, int]
) -> None:
    person, theirs = terminal
    process = at(parley, theirs, "chat", "--model", tiny_gguf, *slowly)
    person.sees("Model: tiny")
    person.sees("> ")
    person.types("Hello\n")
    parley.chat_once(lambda messages: messages[-1]["text"] != "")
    person.types("\x03")
    person.sees("Stopped.")
    person.sees("> ")
    person.types("/retry\n")
    parley.chat_once(lambda messages: messages[-1]["id"] == 3 and messages[-1]["text"] != "")
    person.types("\x03")
    person.sees("Stopped.")
    person.types("/quit\n")
    assert process.wait(SECONDS) == 0
    assert parley.chat()[-1]["state"] == "stopped"


def test_control_c_twice_leaves(parley: CommandLine, tiny_gguf: Path, terminal: tuple[Person, int]) -> None:
    person, theirs = terminal
    process = at(parley, theirs, "chat", "--model", tiny_gguf)
    person.sees("> ")
    person.types("half a mess")
    person.sees("half a mess")
    assert person.insists("\x03", process) == 130
    person.sees("Press Ctrl-C again, or Ctrl-D, to leave.")
    assert parley.done("chats", "list", "--json").records == []


def test_control_d_leaves(parley: CommandLine, tiny_gguf: Path, terminal: tuple[Person, int]) -> None:
    person, theirs = terminal
    process = at(parley, theirs, "chat", "--model", tiny_gguf)
    person.sees("> ")
    assert person.insists("\x04", process) == 0
    assert parley.done("chats", "list", "--json").records == []


def test_a_person_is_told_and_asked_again(parley: CommandLine, terminal: tuple[Person, int]) -> None:
    person, theirs = terminal
    process = at(parley, theirs, "chat", "--model", "missing.gguf")
    person.sees("missing.gguf is no longer at")
    person.sees("> ")
    person.types("Hello\n")
    person.sees("No model is chosen yet.")
    person.types("/model nothing.gguf\n")
    person.sees("nothing.gguf is no longer at")
    person.types("/quit\n")
    assert process.wait(SECONDS) == 0


def test_without_a_display_the_terminal_is_the_window(parley: CommandLine, tiny_gguf: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("other systems always have a display")
    result = parley.run(tiny_gguf, data=b"")
    assert (result.code, result.err) == (0, "There is no display here, so Parley opens in this terminal.\n")
    result = parley.run(data=b"")
    assert result.code == 0
