"""Runs one command and tells its failures: each in a sentence with the next step, and an exit code."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from datetime import datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING

from app.cli.grammar import build_parser
from app.cli.output import OutputFailed, Terminal
from app.core.engine.engine_errors import GrammarInvalid
from app.core.errors import Bug, Cancelled, Failure, ParleyError
from app.core.exit_codes import FAILED, INTERRUPTED, USAGE
from app.core.paths import Folders
from app.core.program.setting_errors import InvalidOption

if TYPE_CHECKING:
    from app.cli.invocation import CommandTable, Invocation


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
    from app.core.program.network import network_environment
    from app.core.program.settings import SETTINGS
    from app.storage.settings import SettingsFile

    folders = Folders.of(os.environ)
    settings = SettingsFile(folders.config / "settings.json")
    if settings.notice is not None:
        terminal.note(str(settings.notice))
    os.environ.update(network_environment({key: settings.get(key) for key in SETTINGS}, os.environ))
    return Invocation(terminal, folders, settings)


def _run(options: Namespace, invocation: Invocation) -> int:
    try:
        return table_of(options.command)[options.command](options, invocation)
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


def table_of(name: str) -> CommandTable:
    """The table that a command is in; only its own modules are imported."""
    match name.split():
        case ["ask"]:
            from app.cli.ask import COMMANDS
        case ["chat"]:
            from app.cli.chat import COMMANDS
        case ["chats", act, *_]:
            return _table_of_chats(act)
        case ["models", act, *_]:
            return _table_of_models(act)
        case ["serve"]:
            from app.cli.serve import COMMANDS
        case ["servers", _]:
            from app.cli.servers import COMMANDS
        case ["presets", _]:
            from app.cli.presets import COMMANDS
        case ["templates", _]:
            from app.cli.templates import COMMANDS
        case ["settings", _]:
            from app.cli.settings import COMMANDS
        case ["backups", _]:
            from app.cli.backups import COMMANDS
        case ["data", _]:
            from app.cli.data import COMMANDS
        case _:
            from app.cli.doctor import COMMANDS
    return COMMANDS


def _table_of_chats(act: str) -> CommandTable:
    match act:
        case "export" | "import":
            from app.cli.exchange import COMMANDS
        case "list" | "show" | "search":
            from app.cli.chats import COMMANDS
        case _:
            from app.cli.chats_changes import COMMANDS
    return COMMANDS


def _table_of_models(act: str) -> CommandTable:
    match act:
        case "search" | "variants":
            from app.cli.hub import COMMANDS
        case "token":
            from app.cli.token import COMMANDS
        case "fit":
            from app.cli.fit import COMMANDS
        case "pull":
            from app.cli.pull import COMMANDS
        case "import":
            from app.cli.repack import COMMANDS
        case "folders":
            from app.cli.folders import COMMANDS
        case "verify" | "repair" | "move" | "remove":
            from app.cli.library import COMMANDS
        case _:
            from app.cli.models import COMMANDS
    return COMMANDS


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
