"""`parley templates`: the chat templates that have a name; the window writes them."""

from __future__ import annotations

import argparse

from app.cli.invocation import CommandTable, Invocation
from app.core.engine.templates import own_names, template_names, template_source
from app.storage.files import export_text
from app.storage.template_files import delete_template


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every template by its name, and whose it is."""
    own = own_names()
    for name in template_names():
        if arguments.json:
            invocation.terminal.record({"name": name, "own": name in own})
        else:
            invocation.terminal.line(f"{name:<20} {'your own' if name in own else 'ships with Parley'}")
    return 0


def show(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """The source of one."""
    source = template_source(arguments.name)
    if arguments.json:
        invocation.terminal.record({"name": arguments.name, "own": arguments.name in own_names(), "source": source})
    else:
        invocation.terminal.write(source)
    return 0


def export(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Write the source of one into a file."""
    export_text(arguments.file, template_source(arguments.name))
    if arguments.json:
        invocation.terminal.record({"exported": arguments.name, "path": str(arguments.file)})
    return 0


def remove(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Delete the user's own."""
    for name in arguments.name:
        delete_template(name)
        if arguments.json:
            invocation.terminal.record({"removed": name})
    return 0


COMMANDS: CommandTable = {
    "templates list": show_list,
    "templates show": show,
    "templates export": export,
    "templates remove": remove,
}
