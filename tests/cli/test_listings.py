"""`parley models`, `parley chats`, `parley doctor` and the program's entry."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import app
from app.cli.grammar import build_parser
from app.cli.main import table_of
from tests.cli.conftest import ENDLESS, CommandLine

SHORT = ("--max-tokens", "4", *ENDLESS)


def test_models_are_added_listed_and_used_in_order_of_use(
    parley: CommandLine, tiny_gguf: Path, tiny_no_template_gguf: Path
) -> None:
    assert "Added " in parley.done("models", "add", tiny_gguf).out
    added = parley.done("models", "add", "--json", tiny_no_template_gguf).records[0]
    assert added["identity"]["architecture"] == "llama"
    paths = [str(tiny_no_template_gguf), str(tiny_gguf)]
    assert [file["identity"]["path"] for file in parley.done("models", "list", "--json").records] == paths
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    assert [file["identity"]["path"] for file in parley.done("models", "list", "--json").records] == paths[::-1]
    out = parley.done("models", "list").out
    assert str(tiny_gguf) in out
    assert "Q8_0" in out


def test_the_facts_of_a_model_and_its_memory(parley: CommandLine, tiny_gguf: Path) -> None:
    facts = parley.done("models", "info", "--json", tiny_gguf).records[0]
    assert (facts["architecture"], facts["quantization"], facts["layers"]) == ("llama", "Q8_0", 2)
    assert facts["bytes"] == tiny_gguf.stat().st_size
    assert facts["bytes"] > facts["needs"]["weights"] > facts["parameters"]
    layers, kv_heads, head_width, context = 2, 2, 16, 4096
    assert facts["needs"]["context"] == facts["trained_context"] == context
    assert facts["needs"]["kv_cache"] == 2 * layers * kv_heads * head_width * context * 2
    out = parley.done("models", "info", tiny_gguf).out
    assert "Trained context:    4,096 tokens" in out
    assert "1.05 MB at 4,096 tokens" in out


def test_a_model_that_brings_no_template_still_answers(parley: CommandLine, tiny_no_template_gguf: Path) -> None:
    assert parley.done("models", "info", "--json", tiny_no_template_gguf).records[0]["has_chat_template"] is False
    assert parley.done("ask", "--model", tiny_no_template_gguf, *SHORT, "Hi").out


def test_nothing_to_list_is_said_to_people_only(parley: CommandLine) -> None:
    for command in ("models", "chats"):
        result = parley.run(command, "list")
        assert (result.code, result.out) == (0, "")
        assert result.err.startswith("No ")
        assert parley.done(command, "list", "--json").out == ""


def test_conversations_are_listed_and_shown(parley: CommandLine, tiny_gguf: Path) -> None:
    for prompt in ("First question", "Second question"):
        parley.done("ask", "--model", tiny_gguf, *SHORT, prompt)
    assert [chat["title"] for chat in parley.done("chats", "list", "--json").records] == [
        "Second question",
        "First question",
    ]
    assert [line.split()[0] for line in parley.done("chats", "list").out.splitlines()] == ["2", "1"]
    out = parley.done("chats", "show", "1").out
    assert out.startswith("First question  (1)\n\nYou, ")
    assert parley.chat()[1]["text"] in out


def test_the_doctor_finds_everything(parley: CommandLine) -> None:
    report = parley.done("doctor", "--json").records[0]
    assert (report["parley"], report["python"]) == (app.__version__, sys.version.split()[0])
    assert report["qt"] == version("PySide6-Essentials")
    assert report["folders"]["data"] == {"path": str(parley.home / "data"), "writable": True}
    assert report["database"] == "not made yet"
    machine = report["machine"]
    assert machine["memory_total"] > machine["memory_available"] > 0
    assert any(device["kind"] == "cpu" for device in machine["devices"])
    assert report["problems"] == []
    assert not parley.database.exists()


def test_the_doctor_speaks_to_people(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    out = parley.done("doctor").out
    assert "Database:" in out
    assert "in order, 1 chat, " in out
    assert "Device CPU" in out


def test_the_doctor_tells_what_is_broken(parley: CommandLine) -> None:
    parley.database.parent.mkdir(parents=True)
    parley.database.write_bytes(b"not a database" * 1000)
    result = parley.run("doctor", "--json")
    assert result.code == 1
    assert "is damaged" in result.records[0]["database"]
    assert result.records[0]["problems"]
    assert "is damaged" in parley.run("doctor").out


def test_version_and_help_load_nothing_heavy(parley: CommandLine) -> None:
    assert parley.done("--version").out == f"Parley {app.__version__}\n"
    script = (
        "import sys\nsys.argv = ['parley', '--help']\n"
        "try:\n    from app.__main__ import main; main()\nexcept SystemExit: pass\n"
        "print({'PySide6', 'llama_cpp', 'sqlite3', 'numpy', 'jinja2', 'psutil'} & set(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stderr == "set()\n"
    assert "doctor" in run.stdout


def named(parser: ArgumentParser) -> Iterator[str]:
    """Every command below a parser, by its whole name."""
    if command := parser.get_default("command"):
        yield command
    for group in parser._actions:
        if isinstance(group, _SubParsersAction):
            for below in group.choices.values():
                yield from named(below)


def test_all_that_can_be_typed_is_in_the_table_of_one_module_and_each_table_holds_nothing_else() -> None:
    names = list(named(build_parser()))
    tables = [table_of(name) for name in names]
    assert [name for name, table in zip(names, tables, strict=True) if name not in table] == []
    assert {name for table in tables for name in table} == set(names)


@pytest.mark.parametrize("arguments", [("nonesuch",), ("chats",), ("models", "info"), ("chats", "show", "one")])
def test_an_unknown_command_is_wrong_usage(parley: CommandLine, arguments: tuple[str, ...]) -> None:
    result = parley.run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "usage: parley" in result.err


def test_a_bug_is_told_in_a_sentence_and_reported_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.cli import doctor
    from app.cli.main import main

    def broken(*_: object) -> int:
        raise ZeroDivisionError("by nought")

    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    monkeypatch.setitem(doctor.COMMANDS, "doctor", broken)
    assert main(["doctor"]) == 1
    log = tmp_path / "logs" / "command-line.log"
    told = capsys.readouterr().err
    assert told.startswith("Something went wrong inside Parley.")
    assert str(log) in told
    assert "Traceback" not in told
    assert "ZeroDivisionError: by nought" in log.read_text()
