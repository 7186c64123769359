"""What several parts of the command line's grammar are made of."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # the type of what `add_subparsers` returns has no public name


def add(commands: Commands[argparse.ArgumentParser], name: str, command: str, text: str) -> argparse.ArgumentParser:
    """A command of this name; `command` is what `arguments.command` says of it."""
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False)
    parser.set_defaults(command=command)
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option for programs."""
    parser.add_argument("--json", action="store_true", help="one JSON object on each line, for programs")


def context_length(text: str) -> int:
    """A number of tokens for argparse."""
    if not text.isdecimal() or not 64 <= int(text) <= 1 << 24:
        raise argparse.ArgumentTypeError("expected a number of tokens, at least 64")
    return int(text)
