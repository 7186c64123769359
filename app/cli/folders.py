"""`parley models folders`: where the user keeps models."""

from __future__ import annotations

import argparse

from app.catalog.shelf.library import whole_path
from app.catalog.shelf.named import model_folders, with_folder, without_folder
from app.cli.invocation import CommandTable, Invocation

_KEY = "models.folders"


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every folder, the one for new models first."""
    for place, folder in enumerate(model_folders(str(invocation.settings.get(_KEY)), invocation.folders)):
        if arguments.json:
            invocation.terminal.record({"folder": str(folder), "new_models": place == 0, "present": folder.is_dir()})
        else:
            gone = "" if folder.is_dir() or place == 0 else "  (not there)"
            invocation.terminal.line(f"{folder}{'  (for new models)' if place == 0 else gone}")
    return 0


def add(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Look for models in one more folder, or put new ones there."""
    setting, folder = str(invocation.settings.get(_KEY)), whole_path(arguments.folder)
    invocation.settings.set(_KEY, with_folder(setting, folder, invocation.folders, first=arguments.first))
    return show_list(arguments, invocation)


def remove(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Look there no more; the files stay."""
    setting, folder = str(invocation.settings.get(_KEY)), whole_path(arguments.folder)
    invocation.settings.set(_KEY, without_folder(setting, folder, invocation.folders))
    return show_list(arguments, invocation)


COMMANDS: CommandTable = {
    "models folders list": show_list,
    "models folders add": add,
    "models folders remove": remove,
}
