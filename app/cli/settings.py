"""`parley settings`: what can be set in the window's settings, from the command line."""

from __future__ import annotations

import argparse

from app.cli.invocation import CommandTable, Invocation
from app.core.program.setting import Form, Setting, SettingValue
from app.core.program.settings import SETTINGS, setting_of
from app.storage.settings import SettingsFile


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every setting with its value."""
    file = invocation.settings
    for setting in SETTINGS.values():
        if setting.hidden:
            continue
        if arguments.json:
            invocation.terminal.record(_described(setting, file))
        else:
            invocation.terminal.line(f"{setting.key:<28}{_shown(file.get(setting.key)):<16}{setting.title}")
    return 0


def get(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """The value in force."""
    setting, file = setting_of(arguments.key), invocation.settings
    if arguments.json:
        invocation.terminal.record(_described(setting, file))
    else:
        invocation.terminal.line(_shown(file.get(setting.key)))
    return 0


def change(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Set a value; a running window takes it up."""
    setting, file = setting_of(arguments.key), invocation.settings
    value = setting.parsed(arguments.value)
    if setting.form is Form.PRESET:
        with invocation.storage() as lane:
            value = lane.submit(lambda stores: stores.presets.named(str(value)).preset.name).result()
    file.set(setting.key, value)
    if arguments.json:
        invocation.terminal.record(_described(setting, file))
    return 0


def reset(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Go back to the default."""
    setting, file = setting_of(arguments.key), invocation.settings
    file.reset(setting.key)
    if arguments.json:
        invocation.terminal.record(_described(setting, file))
    return 0


def _shown(value: SettingValue) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _described(setting: Setting, file: SettingsFile) -> dict[str, object]:
    described: dict[str, object] = {
        "key": setting.key,
        "value": file.get(setting.key),
        "default": setting.default,
        "title": setting.title,
        "help": setting.help,
        "takes_effect": str(setting.effect),
    }
    if setting.choices:
        described["choices"] = [choice for choice, _ in setting.choices]
    limits = {"minimum": setting.minimum, "maximum": setting.maximum}
    return described | {name: limit for name, limit in limits.items() if limit is not None}


COMMANDS: CommandTable = {
    "settings list": show_list,
    "settings get": get,
    "settings set": change,
    "settings reset": reset,
}
