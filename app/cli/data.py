"""`parley data`: where everything is kept, and moving it."""

from __future__ import annotations

import argparse
import os

from app.cli.invocation import CommandTable, Invocation
from app.core.paths import Folders
from app.core.sizes import format_bytes
from app.storage.move import move_data


def where(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """The folders in use, and what decided on them."""
    folders = invocation.folders
    named = {"data": folders.data, "cache": folders.cache, "config": folders.config, "logs": folders.logs}
    if arguments.json:
        facts = {name: str(path) for name, path in named.items()}
        invocation.terminal.record({**facts, "home": folders.home.name.lower(), "moved": folders.moved})
    else:
        invocation.terminal.table([(name.capitalize(), str(path)) for name, path in named.items()])
    return 0


def move(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Copy the data folder, check the copy, and use it from then on."""

    def tell(done: int, total: int) -> None:
        invocation.terminal.progress(f"Copying: {format_bytes(done)} of {format_bytes(total)}")

    moved = move_data(invocation.folders, Folders.usual(os.environ), arguments.folder, progress=tell)
    if arguments.json:
        invocation.terminal.record({"data": str(moved.folder), "left": [str(path) for path in moved.left]})
        return 0
    invocation.terminal.line(f"The data folder is now {moved.folder}")
    for path in moved.left:
        invocation.terminal.line(f"Could not be removed from the old place: {path}")
    return 0


COMMANDS: CommandTable = {"data where": where, "data move": move}
