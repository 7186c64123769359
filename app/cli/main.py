"""Runs one command and tells its failures: each in a sentence with the next step, and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted by the user.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING

from app.cli.grammar import build_parser
from app.cli.output import OutputFailed, Terminal
from app.core.errors import Bug, Cancelled, Failure, GrammarInvalid, InvalidOption, ParleyError
from app.core.paths import Folders

if TYPE_CHECKING:
    from app.cli.invocation import Invocation

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

Command = Callable[[Namespace, "Invocation"], int]


def main(arguments: list[str]) -> int:
    """Run the command that these arguments name; the exit code.

    Raises:
        SystemExit: they name none, or ask for help or the version.
    """
    options = build_parser().parse_args(arguments)
    _prepare_streams()
    terminal = Terminal(sys.stdout, sys.stderr, os.environ, json=getattr(options, "json", False))
    try:
        return _run(options, _invocation(terminal))
    except OutputFailed as error:
        _discard_output()
        if not error.closed:
            terminal.note(str(error))
        return FAILED


def _invocation(terminal: Terminal) -> Invocation:
    """What the command is given; the network settings count for this process and its children."""
    from app.cli.invocation import Invocation
    from app.core.network import network_environment
    from app.core.settings import SETTINGS
    from app.storage.settings import SettingsFile

    folders = Folders.of(os.environ)
    settings = SettingsFile(folders.config / "settings.json")
    if settings.notice is not None:
        terminal.note(str(settings.notice))
    os.environ.update(network_environment({key: settings.get(key) for key in SETTINGS}, os.environ))
    return Invocation(terminal, folders, settings)


def _run(options: Namespace, invocation: Invocation) -> int:
    try:
        return _command(options.command)(options, invocation)
    except (KeyboardInterrupt, Cancelled):
        return INTERRUPTED
    except OutputFailed:
        raise
    except ParleyError as error:
        invocation.terminal.error(error)
        if isinstance(error, Bug):
            _report(error.detail, invocation)
        return USAGE if isinstance(error, InvalidOption | GrammarInvalid) else FAILED
    except Exception as error:
        bug = Failure.of(error)
        invocation.terminal.error(bug.error())
        _report(bug.detail, invocation)
        return FAILED


def _command(name: str) -> Command:
    """The command's function; only its own modules are imported."""
    match name:
        case "ask":
            from app.cli.ask import ask

            return ask
        case "chat":
            from app.cli.chat import chat

            return chat
        case "doctor":
            from app.cli.doctor import doctor

            return doctor
    group, _, action = name.partition(" ")
    if group == "servers":
        from app.cli import servers

        return servers.COMMANDS[action]
    if group == "presets":
        from app.cli import presets

        return presets.COMMANDS[action]
    if group == "templates":
        from app.cli import templates

        return templates.COMMANDS[action]
    if group == "settings":
        from app.cli import settings

        changes = {"set": settings.change, "reset": settings.reset}
        return {"list": settings.show_list, "get": settings.get, **changes}[action]
    if group == "chats" and action in ("export", "import"):
        from app.cli import exchange

        return exchange.export if action == "export" else exchange.import_chats
    if group == "chats":
        from app.cli import chats, chats_changes

        return {**chats.COMMANDS, **chats_changes.COMMANDS}[action]
    if group == "backups":
        from app.cli import backups

        known = {"list": backups.show_list, "make": backups.make}
        return {**known, "restore": backups.restore, "salvage": backups.salvage}[action]
    if group == "data":
        from app.cli import data

        return data.where if action == "where" else data.move
    if action in ("search", "variants"):
        from app.cli import hub

        return hub.search if action == "search" else hub.variants
    if action.startswith("token "):
        from app.cli import token

        return {"set": token.keep, "clear": token.clear, "status": token.status}[action.removeprefix("token ")]
    if action == "fit":
        from app.cli.fit import show_fit

        return show_fit
    if action == "pull":
        from app.cli.pull import pull

        return pull
    if action == "import":
        from app.cli.repack import import_model

        return import_model
    if action.startswith("folders "):
        from app.cli import folders

        verb = action.removeprefix("folders ")
        return {"list": folders.show_list, "add": folders.add, "remove": folders.remove}[verb]
    if action in ("verify", "repair", "move", "remove"):
        from app.cli import library

        changes = {"repair": library.repair, "move": library.move, "remove": library.remove}
        return {"verify": library.verify, **changes}[action]
    from app.cli import models

    return {"add": models.add, "list": models.show_list, "info": models.info}[action]


def _prepare_streams() -> None:
    """Let any text be written: as UTF-8 into a pipe, with marks for what a terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _discard_output() -> None:
    """Let the interpreter flush at its end into nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _report(details: str, invocation: Invocation) -> None:
    """Put a bug's details into the log folder, and say where; onto the terminal if that fails."""
    log = invocation.folders.logs / "command-line.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{datetime.now().isoformat(timespec='seconds')}\n{details}\n")
    except OSError:
        invocation.terminal.note(details)
    else:
        invocation.terminal.note(f"The details are at the end of {log}.")
