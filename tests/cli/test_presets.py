from __future__ import annotations

import tomllib
from pathlib import Path

from app.storage.preset_file import read_presets
from tests.cli.conftest import CommandLine

SHORT = ("--seed", "1", "--max-tokens", "4")


def names(parley: CommandLine) -> list[str]:
    return [record["name"] for record in parley.done("presets", "list", "--json").records]


def test_make_change_copy_and_delete(parley: CommandLine) -> None:
    parley.done("presets", "new", "Brief", "--system", "Be brief.", "--temperature", "0.1", "--stop", "###")
    parley.done("presets", "edit", "brief", "--system", "-", "--reasoning", "off", data=b"Be very\nbrief.\n")
    shown = tomllib.loads(parley.done("presets", "show", "Brief").out)["preset"][0]
    assert shown == {
        "name": "Brief",
        "system": "Be very\nbrief.",
        "reasoning": "off",
        "sampling": {"temperature": 0.1, "stop": ["###"]},
    }
    assert parley.done("presets", "duplicate", "Brief").out == "Brief 2\n"
    parley.done("presets", "arrange", "Brief 2")
    assert names(parley)[0] == "Brief 2"
    assert parley.run("presets", "delete", "Brief 2", "General").code == 0
    assert {"Brief 2", "General"}.isdisjoint(names(parley))
    parley.done("presets", "restore")
    assert "General" in names(parley)


def test_a_short_preset_is_written_as_readably_as_a_long_one(parley: CommandLine, tmp_path: Path) -> None:
    shown = parley.done("presets", "new", "A", "--system", "Be brief.").out
    assert shown == 'format = "parley-presets"\nversion = 1\n\n[[preset]]\nname = "A"\nsystem = "Be brief."\n'
    parley.done("presets", "new", "B", "--logit-bias", "5=-1", "--stop", "#")
    file = tmp_path / "both.toml"
    parley.done("presets", "export", file, "A", "B")
    assert [preset.name for preset in read_presets(file)] == ["A", "B"]
    assert "[preset.sampling.logit_bias]" in file.read_text()
    assert parley.done("presets", "export", "-", "B").out.count("[[preset]]") == 1


def test_default_follows_a_new_name(parley: CommandLine) -> None:
    parley.done("presets", "default", "coding")
    parley.done("presets", "edit", "Coding", "--rename", "Code")
    assert parley.done("settings", "get", "chat.default_preset").out == "Code\n"
    (starred,) = [line for line in parley.done("presets", "list").out.splitlines() if line.startswith("*")]
    assert starred.split()[1] == "Code"


def test_a_deleted_default_is_followed_by_the_first_that_is_left(parley: CommandLine) -> None:
    assert "“Writing”" in parley.run("presets", "delete", "General", "Coding").err
    assert parley.done("settings", "get", "chat.default_preset").out == "Writing\n"
    assert parley.run("presets", "delete", "Tutor").err == ""


def test_a_file_goes_out_and_comes_in_once(parley: CommandLine, tmp_path: Path) -> None:
    parley.done("presets", "new", "Mine", "--system", "Line\nline")
    file = tmp_path / "presets.toml"
    parley.done("presets", "export", file, "Mine")
    assert parley.done("presets", "export", "-", "Mine").out == file.read_text()
    parley.done("presets", "delete", "Mine")
    assert parley.done("presets", "import", file).out == "Mine\n"
    assert "there already" in parley.run("presets", "import", file).err


def test_what_cannot_be_is_refused(parley: CommandLine, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[[preset]]")
    for arguments, code, said in (
        (("show", "Nobody"), 1, "no preset “Nobody”"),
        (("new", "General"), 1, "already"),
        (("new", " "), 2, "A preset needs a name of at most 80 characters. Give it one."),
        (("new", "x" * 81), 2, "A preset needs a name of at most 80 characters. Give it one."),
        (("new", "Hot", "--temperature", "9"), 2, "temperature"),
        (("import", bad), 1, "not a file of presets"),
        (("export", tmp_path / "no" / "file.toml"), 1, "file.toml cannot be written"),
    ):
        result = parley.run("presets", *arguments)
        assert (result.code, said in result.err) == (code, True), result.err


def test_a_preset_answers_and_the_record_says_so(parley: CommandLine, tiny_gguf: Path) -> None:
    parley.done("settings", "set", "chat.user_name", "Ada")
    system = "Speak {{language}} with {{user}}, not {{ this }}."
    parley.done("presets", "new", "Polyglot", "--system", system, "--temperature", "0", "--context-limit", "100")
    missing = parley.run("ask", "--model", tiny_gguf, "--preset", "Polyglot", "--var", "this=that", "Hi", *SHORT)
    assert (missing.code, "language" in missing.err) == (1, True)
    values = ("--var", "language=Latin", "--var", "this=that")
    asked = parley.run("ask", "--model", tiny_gguf, "--preset", "polyglot", *values, "--json", "Hi", *SHORT)
    assert asked.records[-1]["preset"] == "Polyglot"
    number = asked.records[-1]["chat_id"]
    first, _, reply = parley.chat(number)
    assert (first["role"], first["text"]) == ("system", "Speak Latin with Ada, not that.")
    record = reply["record"]
    assert (record["preset"], record["context_limit"], record.get("system")) == ("Polyglot", 100, None)
    assert (record["sampling"]["temperature"], record["sampling"]["max_tokens"]) == (0, 4)

    # It goes on with what it keeps, although the preset is gone.
    parley.done("presets", "delete", "Polyglot")
    parley.run("ask", "--model", tiny_gguf, "--chat", str(number), "More", *SHORT)
    assert parley.chat(number)[-1]["record"]["preset"] == "Polyglot"

    # Another preset counts from the next reply on; its prompt stands in the record.
    parley.run("ask", "--model", tiny_gguf, "--chat", str(number), "--preset", "Concise", "Again", *SHORT)
    last = parley.chat(number)[-1]["record"]
    assert (last["preset"], last["system"][:6]) == ("Concise", "Answer")
    assert last["usage"]["prompt_tokens"] > 100


def test_a_preset_has_its_own_prompt(parley: CommandLine, tiny_gguf: Path) -> None:
    both = parley.run("ask", "--model", tiny_gguf, "--preset", "Coding", "--system", "Mine.", "Hi")
    assert (both.code, "preset has its own" in both.err) == (2, True)
