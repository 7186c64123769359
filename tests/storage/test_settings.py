from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from app.core.data.database_errors import DatabaseReadOnly
from app.core.file_errors import FileUnreadable
from app.core.program.setting_errors import InvalidOption, SettingsDamaged
from app.core.program.settings import SETTINGS, Setting, ShortcutTaken
from app.storage.settings import SettingsFile

Guarded = tuple[Path, Callable[[], AbstractContextManager[None]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_defaults_without_a_file(path: Path) -> None:
    settings = SettingsFile(path)
    assert settings.notice is None
    assert {key: settings.get(key) for key in SETTINGS} == {key: one.default for key, one in SETTINGS.items()}
    assert not path.exists()


def test_a_change_is_on_disk(path: Path) -> None:
    SettingsFile(path).set("appearance.theme", "dark")
    assert SettingsFile(path).get("appearance.theme") == "dark"
    assert msgspec.json.decode(path.read_bytes()) == {"appearance.theme": "dark"}
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]


def test_unknown_keys_and_changes_of_others_are_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"future.key": [1, {"a": null}], "window.sidebar_width": 300}')
    first, second = SettingsFile(path), SettingsFile(path)
    first.set("appearance.theme", "light")
    second.set("chat.send_with", "ctrl+enter")
    assert msgspec.json.decode(path.read_bytes()) == {
        "future.key": [1, {"a": None}],
        "window.sidebar_width": 300,
        "appearance.theme": "light",
        "chat.send_with": "ctrl+enter",
    }
    assert second.get("appearance.theme") == "light"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"appearance.theme": "da', b"\0" * 100])
def test_a_damaged_file_is_kept_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings = SettingsFile(path)
    assert isinstance(settings.notice, SettingsDamaged)
    assert settings.notice.values == {"file": "settings.damaged.json"}
    assert path.with_name("settings.damaged.json").read_bytes() == content
    assert settings.get("appearance.theme") == "system"
    settings.set("appearance.theme", "dark")
    assert SettingsFile(path).notice is None


def test_a_value_that_may_not_be_used_gives_the_default(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"appearance.theme": "pink", "window.sidebar_width": "wide"}')
    settings = SettingsFile(path)
    assert settings.get("appearance.theme") == "system"
    assert settings.get("window.sidebar_width") == SETTINGS["window.sidebar_width"].default


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("appearance.theme", "pink"),
        ("appearance.theme", 1),
        ("window.sidebar_width", -1),
        ("window.sidebar_width", 10**9),
        ("window.sidebar_width", True),
        ("window.sidebar_width", 3.5),
        ("network.proxy", "proxy:3128"),
        ("network.proxy", "http://[name"),
        ("network.endpoint", "ftp://hub.example.org"),
        ("shortcuts.new_chat", "N"),
        ("shortcuts.new_chat", "Shift+N"),
        ("shortcuts.new_chat", "Shift+Ctrl+N"),
        ("shortcuts.new_chat", "Ctrl+C"),
        ("shortcuts.new_chat", "Ctrl+"),
        ("no.such", 1),
    ],
)
def test_a_wrong_value_is_refused(path: Path, key: str, value: object) -> None:
    with pytest.raises(InvalidOption) as caught:
        SettingsFile(path).set(key, value)
    assert caught.value.values["option"] == key
    assert not path.exists()


def test_a_fraction_takes_whole_numbers_but_nothing_else() -> None:
    setting = Setting(key="zoom", default=1.0, minimum=0.5, maximum=3, title="Zoom")
    assert setting.checked(2) == 2.0
    for wrong in (float("nan"), 0.4, 3.1, "1"):
        with pytest.raises(InvalidOption):
            setting.checked(wrong)


def test_reset_goes_back_to_the_default(path: Path) -> None:
    settings = SettingsFile(path)
    settings.set("appearance.text_size", 120)
    assert settings.get("appearance.text_size") == 120
    settings.reset("appearance.text_size")
    assert settings.get("appearance.text_size") == 100
    assert msgspec.json.decode(path.read_bytes()) == {}


def test_two_actions_cannot_share_a_shortcut(path: Path) -> None:
    settings = SettingsFile(path)
    with pytest.raises(ShortcutTaken) as caught:
        settings.set("shortcuts.new_chat", "Ctrl+K")
    assert caught.value.values == {"keys": "Ctrl+K", "other": "Search chats"}
    settings.set("shortcuts.search", "Ctrl+J")
    settings.set("shortcuts.new_chat", "Ctrl+K")
    with pytest.raises(ShortcutTaken):
        settings.reset("shortcuts.search")
    settings.set("shortcuts.new_chat", "")
    settings.set("shortcuts.find_model", "")
    assert (settings.get("shortcuts.new_chat"), settings.get("shortcuts.find_model")) == ("", "")


@pytest.mark.parametrize("keys", ["Ctrl+=", "Alt+Up", "Alt+Left", "Shift+F10", "Ctrl+C"])
def test_keys_that_do_something_else_already_are_no_shortcut(path: Path, keys: str) -> None:
    with pytest.raises(InvalidOption):
        SettingsFile(path).set("shortcuts.new_chat", keys)


def test_the_declared_shortcuts_are_sound_and_differ() -> None:
    keys = [setting.checked(setting.default) for key, setting in SETTINGS.items() if key.startswith("shortcuts.")]
    assert len(set(keys)) == len(keys) > 5


@pytest.mark.skipif(os.name == "nt", reason="folders have no write permission on Windows")
def test_a_folder_that_cannot_be_written_is_named_and_the_value_counts(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    settings = SettingsFile(folder / "settings.json")
    folder.chmod(0o555)
    with unprivileged(), pytest.raises(DatabaseReadOnly) as caught:
        settings.set("appearance.theme", "dark")
    assert caught.value.values == {"folder": str(folder)}
    assert settings.get("appearance.theme") == "dark"


@pytest.mark.skipif(os.name == "nt", reason="permissions differ on Windows")
def test_a_file_that_may_not_be_read_is_not_written_over(guarded_folder: Guarded) -> None:
    folder, unprivileged = guarded_folder
    path = folder / "settings.json"
    path.write_text('{"appearance.theme": "dark"}')
    path.chmod(0o000)
    with unprivileged():
        settings = SettingsFile(path)
        assert isinstance(settings.notice, FileUnreadable)
        assert settings.notice.values["reason"] == os.strerror(errno.EACCES)
        with pytest.raises(DatabaseReadOnly):
            settings.set("appearance.theme", "light")
    assert path.read_text() == '{"appearance.theme": "dark"}'
