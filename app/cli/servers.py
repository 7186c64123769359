"""`parley servers`: other machines that run models. Keys are read from a pipe or typed unseen."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from pathlib import Path

import msgspec

from app.catalog.ledger import Ledger
from app.catalog.server_keys import ServerKeys
from app.cli.invocation import CommandTable, Invocation
from app.cli.output import Terminal
from app.core.engine.models import ModelFile
from app.core.program.ledger import Purpose
from app.core.remote.rpc import is_this_machine
from app.core.remote.server_errors import ServerModelMissing
from app.core.remote.servers import KeyPlace, Server, checked_server
from app.engines.base import StopFlag
from app.storage.servers import ServerFile

_KEYS = {
    KeyPlace.NONE: "no key",
    KeyPlace.KEYRING: "key in the keyring",
    KeyPlace.FILE: "key in a file that only you can read",
}
_LONGEST_LINE = 8192


def add(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Add a server, and its key if one is to be given."""
    server = checked_server(arguments.name, arguments.address, arguments.ca_file, arguments.timeout, arguments.model)
    _list(invocation).add(server)
    if arguments.key:
        _keys(invocation).keep(server, _typed_key())
    _show(server, arguments, invocation)
    return 0


def key(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Keep a server's key; an empty one forgets it."""
    server = _list(invocation).get(arguments.name)
    _keys(invocation).keep(server, _typed_key())
    _show(server, arguments, invocation)
    return 0


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """List the servers."""
    for server in _list(invocation).list():
        _show(server, arguments, invocation)
    return 0


def remove(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Take a server off the list, and forget its key."""
    server = _list(invocation).get(arguments.name)
    _keys(invocation).keep(server, "")
    _list(invocation).remove(server.name)
    if arguments.json:
        invocation.terminal.record({"removed": server.name})
    else:
        invocation.terminal.line(f"{server.name} and its key are forgotten.")
    return 0


def test(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Say whether a server answers, and how fast."""
    server, models, seconds = _asked(arguments.name, invocation)
    if arguments.json:
        invocation.terminal.record({"server": server.name, "models": len(models), "seconds": seconds})
    else:
        number = f"{len(models)} models" if len(models) != 1 else "1 model"
        invocation.terminal.line(f"{server.name} answered in {seconds * 1000:.0f} ms and lists {number}.")
    return 0


def models(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """List a server's models."""
    server, names, _ = _asked(arguments.name, invocation)
    for name in names:
        if arguments.json:
            invocation.terminal.record({"server": server.name, "model": name})
        else:
            invocation.terminal.line(name)
    return 0


def remote_model(name: str, model: Path | None, invocation: Invocation) -> ModelFile:
    """A server's model: the named one, or the only one that the server is known to have.

    Raises:
        UnknownServer: there is no such server.
        ServerModelMissing: the server has several, or it is not known which.
    """
    server = _list(invocation).get(name)
    if model is not None:
        return ModelFile.on(server, model.as_posix())
    if len(server.offered) == 1:
        return ModelFile.on(server, server.offered[0])
    raise ServerModelMissing(server=server.name)


def tell_destination(file: ModelFile, terminal: Terminal) -> None:
    """Say that text leaves this machine, if it does."""
    server = file.server
    if server is not None and not server.is_loopback:
        terminal.note(f"The chat will be sent to “{server.name}” at {server.host}.")
    away = [] if server is not None else [host for host in file.options.rpc_hosts if not is_this_machine(host)]
    if away:
        terminal.note(f"A part of the model is on {', '.join(away)}, and nothing on the way is encrypted.")


def _asked(name: str, invocation: Invocation) -> tuple[Server, tuple[str, ...], float]:
    """Ask a server for its models, and note them."""
    from app.engines.remote.client import Access
    from app.engines.remote.engine import list_models

    servers = _list(invocation)
    server = servers.get(name)
    secret, _ = _keys(invocation).find(server)
    began = time.perf_counter()
    access = Access(server, secret, os.environ, Ledger(os.environ, Purpose.CHAT).note)
    found = tuple(model.id for model in list_models(access, StopFlag()))
    seconds = time.perf_counter() - began
    if found != server.models:
        servers.replace(server.name, msgspec.structs.replace(server, models=found))
    return server, found, seconds


def _show(server: Server, arguments: argparse.Namespace, invocation: Invocation) -> None:
    place = _keys(invocation).find(server)[1]
    if arguments.json:
        invocation.terminal.record({**msgspec.to_builtins(server), "key": place.value})
    else:
        invocation.terminal.line(f"{server.name}  {server.base_url}  {_KEYS[place]}")


def _typed_key() -> str:
    return getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline(_LONGEST_LINE)


def _list(invocation: Invocation) -> ServerFile:
    return ServerFile(invocation.folders.config)


def _keys(invocation: Invocation) -> ServerKeys:
    return ServerKeys(invocation.folders.config)


COMMANDS: CommandTable = {
    "servers add": add,
    "servers key": key,
    "servers list": show_list,
    "servers remove": remove,
    "servers test": test,
    "servers models": models,
}
