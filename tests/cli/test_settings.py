from __future__ import annotations

import json
from pathlib import Path

from app.core.program.settings import SETTINGS
from tests.cli.conftest import CommandLine


def test_every_setting_of_the_user_is_listed_with_its_value(parley: CommandLine) -> None:
    listed = {record["key"]: record for record in parley.done("settings", "list", "--json").records}
    assert set(listed) == {key for key, setting in SETTINGS.items() if not setting.hidden}
    assert listed["appearance.theme"]["choices"] == ["system", "light", "dark"]
    assert listed["appearance.text_size"] | {"help": ""} == {
        "key": "appearance.text_size",
        "value": 100,
        "default": 100,
        "title": "Text size",
        "help": "",
        "takes_effect": "now",
        "minimum": 80,
        "maximum": 200,
    }
    plain = parley.done("settings", "list").out
    assert len(plain.splitlines()) == len(listed)


def test_set_get_and_reset(parley: CommandLine) -> None:
    parley.done("settings", "set", "network.offline", "on")
    parley.done("settings", "set", "appearance.text_size", "130")
    assert parley.done("settings", "get", "network.offline").out == "on\n"
    assert parley.done("settings", "get", "appearance.text_size", "--json").records[0]["value"] == 130
    parley.done("settings", "reset", "appearance.text_size")
    assert parley.done("settings", "get", "appearance.text_size").out == "100\n"
    assert json.loads((parley.home / "config" / "settings.json").read_text()) == {"network.offline": True}


def test_what_cannot_be_is_refused_with_the_reason(parley: CommandLine) -> None:
    for arguments, said in (
        (("set", "appearance.text_size", "1000"), "at most 200"),
        (("set", "appearance.text_size", "much"), "a whole number"),
        (("set", "appearance.text_size", "100.5"), "a whole number"),
        (("set", "network.proxy", "http://two words:3128"), "http://name:port"),
        (("set", "network.ca_file", "authorities.pem"), "the whole path"),
        (("set", "network.ca_file", "/no/such/authorities.pem"), "no such file"),
        (("set", "network.ca_file", str(Path(__file__))), "no certificate in PEM format"),
        (("set", "models.folders", "models"), "the whole path"),
        (("set", "network.offline", "maybe"), "on or off"),
        (("set", "no.such", "1"), "no such setting"),
        (("get", "no.such"), "no such setting"),
    ):
        result = parley.run("settings", *arguments)
        assert result.code == 2
        assert said in result.err
    unknown = parley.run("settings", "set", "chat.default_preset", "Pirate")
    assert (unknown.code, "no preset “Pirate”" in unknown.err) == (1, True)
    parley.done("settings", "set", "chat.default_preset", "tutor")
    assert parley.done("settings", "get", "chat.default_preset").out == "Tutor\n"
    taken = parley.run("settings", "set", "shortcuts.search", "Ctrl+N")
    assert (taken.code, "New chat" in taken.err) == (1, True)


def test_offline_reaches_what_asks_the_hub(parley: CommandLine) -> None:
    parley.done("settings", "set", "network.offline", "on")
    result = parley.run("models", "search", "llama")
    assert result.code == 1
    assert "switched off" in result.err and "“Work offline” in the settings" in result.err


def test_a_damaged_file_is_told_of_and_kept(parley: CommandLine) -> None:
    file = parley.home / "config" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"appearance.theme": ')
    result = parley.run("settings", "get", "appearance.theme")
    assert (result.code, result.out) == (0, "system\n")
    assert "settings.damaged.json" in result.err
    assert file.with_name("settings.damaged.json").read_text() == '{"appearance.theme": '
