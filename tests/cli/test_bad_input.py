"""Every way a file, a template, a prompt or the database can be wrong: a sentence, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ENDLESS, CommandLine, Result, first_words

SHORT = ("--max-tokens", "4", *ENDLESS)
ARCHITECTURE = b"general.architecture" + (8).to_bytes(4, "little") + (5).to_bytes(8, "little")


def refused(result: Result, words: str) -> None:
    """It failed with one line that says so, and with nothing else."""
    assert result.code == 1
    assert words in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""


def with_template(source: Path, target: Path, template: str) -> Path:
    """A copy of a model with another chat template."""
    command = [sys.executable, "-m", "gguf.scripts.gguf_new_metadata", "--chat-template", template, source, target]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_a_file_of_another_kind(parley: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "notes.gguf"
    file.write_text("Dear diary")
    refused(parley.run("ask", "--model", file, "Hi"), "notes.gguf is not a GGUF model.")
    refused(parley.run("models", "add", file), "notes.gguf is not a GGUF model.")
    refused(parley.run("models", "info", file), "notes.gguf is not a GGUF model.")


@pytest.mark.parametrize("part", [0.001, 0.3, 0.9])
def test_a_truncated_file(parley: CommandLine, tiny_gguf: Path, tmp_path: Path, part: float) -> None:
    whole = tiny_gguf.read_bytes()
    file = tmp_path / "half.gguf"
    file.write_bytes(whole[: int(len(whole) * part)])
    refused(parley.run("ask", "--model", file, "Hi"), "half.gguf is damaged or incomplete")


def test_an_unknown_architecture(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    file = tmp_path / "novel.gguf"
    file.write_bytes(tiny_gguf.read_bytes().replace(ARCHITECTURE + b"llama", ARCHITECTURE + b"novel"))
    refused(parley.run("ask", "--model", file, "Hi"), "is of the architecture “novel”")
    user, reply = parley.chat()
    assert user["text"] == "Hi"
    assert (reply["state"], reply["record"]["failure"]["code"]) == ("failed", "ArchitectureUnknown")


def test_a_file_that_cannot_be_read(parley: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "folder.gguf"
    folder.mkdir()
    refused(parley.run("ask", "--model", folder, "Hi"), "folder.gguf cannot be read: ")


def test_a_file_that_is_not_there(parley: CommandLine, tmp_path: Path) -> None:
    refused(parley.run("ask", "--model", tmp_path / "none.gguf", "Hi"), f"none.gguf is no longer at {tmp_path}.")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems insist on text")
def test_a_path_that_is_not_text(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.gguf"))
    file.write_bytes(tiny_gguf.read_bytes())
    refused(parley.run("ask", "--model", file, "Hi"), "its path is not valid text")


def test_a_file_that_is_gone_since_last_time(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(tiny_gguf.read_bytes())
    parley.done("models", "add", file)
    file.unlink()
    refused(parley.run("ask", "Hi"), f"mine.gguf is no longer at {tmp_path}.")
    assert "no longer there" in parley.done("models", "list").out
    assert parley.done("models", "list", "--json").records[0]["present"] is False


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ raise_exception('only Latin is spoken here') }}", "only Latin is spoken here"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "cannot render"),
        ("{% for m in messages %}", "cannot render"),
    ],
    ids=["raises", "loops", "does-not-parse"],
)
def test_a_template_that_does_not_work(
    parley: CommandLine, tiny_gguf: Path, tmp_path: Path, template: str, words: str
) -> None:
    file = with_template(tiny_gguf, tmp_path / "odd.gguf", template)
    refused(parley.run("ask", "--model", file, *SHORT, "Hi"), words)
    user, reply = parley.chat()
    assert user["text"] == "Hi"
    assert (reply["state"], reply["record"]["failure"]["code"]) == ("failed", "TemplateFailed")
    parley.done("ask", "--model", file, *SHORT, "--template", "chatml", "--chat", "1", "Once more")


def test_a_prompt_longer_than_the_context(parley: CommandLine, tiny_gguf: Path) -> None:
    text = "word " * 500
    refused(parley.run("ask", "--model", tiny_gguf, "--context", "128", text), "but the model reads at most")
    assert parley.chat()[0]["text"] == text
    assert parley.chat()[1]["state"] == "failed"


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_an_empty_prompt(parley: CommandLine, tiny_gguf: Path, prompt: str) -> None:
    refused(parley.run("ask", "--model", tiny_gguf, prompt), "The message is empty.")
    refused(parley.run("ask", "--model", tiny_gguf, "-", data=prompt.encode()), "The message is empty.")
    assert parley.done("chats", "list", "--json").records == []


def test_an_unknown_conversation(parley: CommandLine, tiny_gguf: Path) -> None:
    refused(parley.run("ask", "--model", tiny_gguf, "--chat", "7", "Hi"), "There is no chat 7.")
    refused(parley.run("chats", "show", "7"), "There is no chat 7.")


def test_an_error_in_json_is_the_last_object(parley: CommandLine, tmp_path: Path) -> None:
    result = parley.run("ask", "--json", "--model", tmp_path / "none.gguf", "Hi")
    assert (result.code, result.err) == (1, "")
    assert result.records == [
        {
            "type": "error",
            "code": "FileGone",
            "message": f"none.gguf is no longer at {tmp_path}.",
            "next_step": "Put it back, or choose the file where it is now.",
        }
    ]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """While another program has the database for itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1000")


def damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xa5" * 8192)


def test_a_database_that_is_locked(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    with held(parley.database):
        refused(parley.run("ask", "--model", tiny_gguf, *SHORT, "Hi"), "are in use by another program")
    assert len(parley.chat()) == 2


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(newer, "saved by a newer version of Parley"), (damaged, "is damaged")],
    ids=["newer", "damaged"],
)
def test_a_database_that_cannot_be_used(
    parley: CommandLine, tiny_gguf: Path, spoil: Callable[[Path], None], words: str
) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    spoil(parley.database)
    before = parley.database.read_bytes()
    refused(parley.run("ask", "--model", tiny_gguf, *SHORT, "Hi"), words)
    assert parley.done("ask", "--temporary", "--model", tiny_gguf, *SHORT, "Hi").out
    assert parley.database.read_bytes() == before


def test_a_newer_database_can_be_read(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    newer(parley.database)
    assert parley.chat()[0]["text"] == "Hi"
    assert len(parley.done("chats", "list", "--json").records) == 1


def test_folders_that_cannot_be_made(parley: CommandLine, tiny_gguf: Path, tmp_path: Path) -> None:
    parley.home.write_text("a file where a folder belongs")
    result = parley.run("ask", "--model", tiny_gguf, *SHORT, "Hi")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert parley.done("ask", "--temporary", "--model", tiny_gguf, *SHORT, "Hi").out


@pytest.fixture
def bound(parley: CommandLine) -> CommandLine:
    """A command line that permissions bind, also when the tests run as root."""
    if os.name == "nt":
        pytest.skip("folders have no write permission on Windows")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("permissions do not bind root here")
        parley.prefix = ("setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override")
    return parley


def test_a_database_that_is_read_only(bound: CommandLine, tiny_gguf: Path) -> None:
    bound.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    folder = bound.database.parent
    folder.chmod(0o500)
    try:
        refused(bound.run("ask", "--model", tiny_gguf, *SHORT, "Hi"), f"Parley cannot write to {folder}.")
        assert len(bound.chat()) == 2
        assert bound.done("ask", "--temporary", "--model", tiny_gguf, *SHORT, "Hi").out
        report = bound.run("doctor", "--json")
        assert report.code == 1
        assert report.records[0]["database"].startswith("read-only, 1 chat")
    finally:
        folder.chmod(0o700)


@pytest.fixture
def on_small_disk(parley: CommandLine) -> Iterator[CommandLine]:
    """A command line whose home is a file system of eight megabytes."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    parley.home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(parley.home)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield parley
    parley.close()
    subprocess.run(["umount", parley.home], check=True)


def fill_up(disk: Path) -> Path:
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"z" * 4096)
    return filler


def test_a_full_disk(on_small_disk: CommandLine, tiny_gguf: Path) -> None:
    parley = on_small_disk
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    filler = fill_up(parley.home)
    refused(parley.run("ask", "--chat", "1", *SHORT, "And?"), f"The disk that holds {parley.database.parent} is full.")
    filler.unlink()
    assert len(parley.chat()) == 2
    parley.done("ask", "--chat", "1", *SHORT, "And?")
    assert len(parley.chat()) == 4


def test_a_disk_that_is_full_for_a_while_costs_no_word(
    on_small_disk: CommandLine, tiny_gguf: Path, slowly: tuple[str, ...]
) -> None:
    parley = on_small_disk
    process = parley.start("ask", "--model", tiny_gguf, *slowly, "Hi")
    assert process.stderr is not None
    start = first_words(process)
    filler = fill_up(parley.home)
    assert b"is full." in process.stderr.readline()
    filler.unlink()
    process.send_signal(signal.SIGINT)
    result = parley.end(process)
    reply = parley.chat()[-1]
    assert (result.code, reply["state"]) == (130, "stopped")
    assert reply["text"] + "\n" == start + result.out
