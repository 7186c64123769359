"""What can be typed after `parley presets`, `parley templates` and `parley settings`."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.grammar_parts import Commands, add, add_json, context_length
from app.cli.options import add_sampling_options, encodable
from app.core.chat.presets import Reasoning
from app.core.engine.templates import template_names


def add_presets(commands: Commands[argparse.ArgumentParser]) -> None:
    """The commands on presets."""
    group = commands.add_parser("presets", help="list, make and share presets", allow_abbrev=False)
    presets = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(presets, "list", "presets list", "list the presets in their order"))
    for name, text in (
        ("show", "print a preset, in the form of its file"),
        ("edit", "change a preset"),
        ("delete", "delete presets; chats that use them keep theirs"),
        ("duplicate", "make a copy of a preset"),
        ("default", "begin new chats with a preset"),
    ):
        parser = add(presets, name, f"presets {name}", text)
        parser.add_argument("name", type=encodable, metavar="NAME", nargs="+" if name == "delete" else None)
        if name == "default":
            parser.add_argument("--folder", type=int, metavar="ID", help="only in this folder of chats")
        if name == "edit":
            parser.add_argument("--rename", type=encodable, metavar="NEW", help="give it another name")
            _add_preset_fields(parser)
        add_json(parser)
    new = add(presets, "new", "presets new", "make a preset")
    new.add_argument("rename", type=encodable, metavar="NAME")
    _add_preset_fields(new)
    add_json(new)
    order = add(presets, "arrange", "presets arrange", "put presets first, in this order")
    order.add_argument("names", type=encodable, metavar="NAME", nargs="+")
    export = add(presets, "export", "presets export", "write presets into a file to share; without names, all")
    export.add_argument("file", type=Path, metavar="FILE", help="in TOML; - writes to standard output")
    export.add_argument("names", type=encodable, metavar="NAME", nargs="*")
    incoming = add(presets, "import", "presets import", "add the presets of a file")
    incoming.add_argument("file", type=Path, metavar="FILE")
    add_json(incoming)
    add_json(add(presets, "restore", "presets restore", "bring back deleted presets that ship with Parley"))


def _add_preset_fields(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("preset")
    group.add_argument("--description", type=encodable, metavar="TEXT", help="what it is for")
    group.add_argument("--system", type=encodable, metavar="TEXT", help="the system prompt; - reads standard input")
    group.add_argument("--template", choices=["", *template_names()], help="in place of the model's own; '' for that")
    group.add_argument("--reasoning", choices=[str(kind) for kind in Reasoning], help="whether the model thinks first")
    group.add_argument("--context-limit", type=context_length, metavar="N", help="tokens the model is given at most")
    add_sampling_options(parser)


def add_templates(commands: Commands[argparse.ArgumentParser]) -> None:
    """The commands on chat templates."""
    group = commands.add_parser("templates", help="list, show and share chat templates", allow_abbrev=False)
    templates = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(templates, "list", "templates list", "list the templates, those that ship with Parley first"))
    show = add(templates, "show", "templates show", "print a template's source")
    show.add_argument("name", type=encodable, metavar="NAME")
    export = add(templates, "export", "templates export", "write a template's source into a file")
    export.add_argument("name", type=encodable, metavar="NAME")
    export.add_argument("file", type=Path, metavar="FILE", help="such as mine.jinja; replaced if it is there")
    remove = add(templates, "remove", "templates remove", "delete your own templates; what uses them needs another")
    remove.add_argument("name", type=encodable, metavar="NAME", nargs="+")
    for parser in (show, export, remove):
        add_json(parser)


def add_settings(commands: Commands[argparse.ArgumentParser]) -> None:
    """The commands on settings."""
    group = commands.add_parser("settings", help="read and change the settings", allow_abbrev=False)
    settings = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(settings, "list", "settings list", "list every setting with its value"))
    for name, text in (
        ("get", "print the value of a setting"),
        ("set", "change a setting"),
        ("reset", "go back to a setting's default"),
    ):
        parser = add(settings, name, f"settings {name}", text)
        parser.add_argument("key", type=encodable, metavar="KEY", help="such as appearance.theme")
        if name == "set":
            parser.add_argument("value", type=encodable, metavar="VALUE")
        add_json(parser)
