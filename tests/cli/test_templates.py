"""The user's own chat templates from the command line: chosen, kept, edited meanwhile, deleted."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

SHORT = ("--max-tokens", "4", "--seed", "1")
SOURCE = "{% for message in messages %}Q: {{ message.content }}\n{% endfor %}A:"


@pytest.fixture
def mine(parley: CommandLine) -> Path:
    path = parley.home / "data" / "templates" / "my own.jinja"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    return path


def test_a_users_template_is_chosen_by_name_and_kept_in_the_record_with_its_digest(
    parley: CommandLine, mine: Path, tiny_gguf: Path
) -> None:
    assert "my own" in parley.done("ask", "--help").out
    parley.done("ask", "--model", tiny_gguf, *SHORT, "--template", "my own", "Hi")
    record = parley.chat()[-1]["record"]
    assert record["template"] == "my own"
    assert record["template_sha256"] == sha256(mine.read_bytes()).hexdigest()
    own = record["usage"]["prompt_tokens"]
    parley.done("ask", "--model", tiny_gguf, *SHORT, "Hi")
    record = parley.chat(2)[-1]["record"]
    assert "template_sha256" not in record and record["usage"]["prompt_tokens"] != own


def test_a_broken_template_is_told_with_its_line(parley: CommandLine, mine: Path, tiny_gguf: Path) -> None:
    mine.write_text("{% for message in messages %}\n{{ message.content }")
    failed = parley.run("ask", "--model", tiny_gguf, *SHORT, "--template", "my own", "Hi")
    assert failed.code == 1
    assert "“my own” cannot render this chat: line 2: " in failed.err


def test_a_preset_whose_template_was_deleted_says_so(parley: CommandLine, mine: Path, tiny_gguf: Path) -> None:
    parley.done("presets", "new", "Plain", "--template", "my own")
    parley.done("ask", "--model", tiny_gguf, *SHORT, "--preset", "Plain", "Hi")
    assert parley.chat()[-1]["record"]["template"] == "my own"
    mine.unlink()
    failed = parley.run("ask", "--model", tiny_gguf, *SHORT, "--preset", "Plain", "Hi")
    assert failed.code == 1
    assert "There is no chat template “my own”. Choose another one" in failed.err
    assert parley.run("ask", "--model", tiny_gguf, *SHORT, "--template", "my own", "Hi").code == 2


def test_templates_are_listed_shown_exported_and_removed(parley: CommandLine, mine: Path, tmp_path: Path) -> None:
    listed = {record["name"]: record["own"] for record in parley.done("templates", "list", "--json").records}
    assert (listed["my own"], listed["chatml"]) == (True, False)
    assert "my own               your own\n" in parley.done("templates", "list").out
    assert parley.done("templates", "show", "my own").out == SOURCE
    (shown,) = parley.done("templates", "show", "chatml", "--json").records
    assert (shown["name"], shown["own"]) == ("chatml", False) and "<|im_start|>" in shown["source"]
    file = tmp_path / "shared.jinja"
    parley.done("templates", "export", "my own", file)
    assert file.read_bytes() == mine.read_bytes()
    assert parley.done("templates", "remove", "my own", "--json").records == [{"removed": "my own"}]
    assert not mine.exists()


def test_what_no_command_on_templates_can_do_is_said(parley: CommandLine, mine: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (("show", "none"), "There is no chat template “none”"),
        (("export", "my own", tmp_path / "nowhere" / "a.jinja"), "a.jinja"),
        (("remove", "my own", "chatml"), "“chatml” ships with Parley and cannot be removed."),
        (("remove", "my own"), "There is no chat template “my own”"),
    ):
        failed = parley.run("templates", *arguments)
        assert failed.code == 1 and said in failed.err
