"""`parley models token`: the token for gated and private repos. It is read from a pipe or typed unseen."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from app.catalog.find.token import TokenStore
from app.cli.invocation import CommandTable, Invocation
from app.core.catalog.hub import TokenPlace

_PLACES = {
    TokenPlace.NONE: "There is no token.",
    TokenPlace.ENVIRONMENT: "The token is taken from HF_TOKEN.",
    TokenPlace.KEYRING: "The token is in the system's keyring.",
    TokenPlace.FILE: "The token is in a file that only you can read, since this system has no keyring.",
    TokenPlace.HUB_CLIENT: "The token is taken from the file of the Hub's own client.",
}
_LONGEST_LINE = 4096


def keep(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Keep the token that is typed or piped in."""
    typed = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline(_LONGEST_LINE)
    _tell(_store(invocation).keep(typed), arguments, invocation)
    return 0


def clear(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Forget it, and say which one applies now."""
    _tell(_store(invocation).clear().place, arguments, invocation)
    return 0


def status(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Say where the token is, never what it is."""
    _tell(_store(invocation).find().place, arguments, invocation)
    return 0


def _store(invocation: Invocation) -> TokenStore:
    return TokenStore(invocation.folders.config, os.environ)


def _tell(place: TokenPlace, arguments: argparse.Namespace, invocation: Invocation) -> None:
    if arguments.json:
        invocation.terminal.record({"token": place.value})
    else:
        invocation.terminal.line(_PLACES[place])


COMMANDS: CommandTable = {
    "models token set": keep,
    "models token clear": clear,
    "models token status": status,
}
