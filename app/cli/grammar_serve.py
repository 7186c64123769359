"""What can be typed after `parley serve`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.cli.grammar_parts import Commands, add, add_json
from app.cli.options import add_model_options, add_sampling_options, encodable, finite

_LAST_PORT = 65535
_MOST_WAITING = 1000
_LONGEST_TIMEOUT = 3600


def add_serve(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command that lets other programs use the model."""
    parser = add(commands, "serve", "serve", "let other programs use the model over the OpenAI API")
    group = parser.add_argument_group("server")
    group.add_argument("--host", type=_host, metavar="ADDRESS", default="127.0.0.1", help="default: this machine alone")
    group.add_argument(
        "--port", type=_number_to(_LAST_PORT), metavar="N", default=8080, help="default 8080; 0 is any that is free"
    )
    group.add_argument(
        "--api-key", type=_key, metavar="KEY", help="what clients must know; better in PARLEY_API_KEY, unseen"
    )
    group.add_argument(
        "--allow-origin",
        type=encodable,
        action="append",
        metavar="ORIGIN",
        default=[],
        help="a web page's origin that may ask, such as http://localhost:3000, or *; may be repeated",
    )
    group.add_argument(
        "--waiting",
        type=_number_to(_MOST_WAITING),
        metavar="N",
        default=16,
        help="requests that may wait while one is answered; default 16",
    )
    group.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        default=60.0,
        help="how long a client may take to send a request or to take its answer; default 60",
    )
    add_json(parser)
    add_model_options(parser)
    add_sampling_options(parser)


def _host(text: str) -> str:
    if not encodable(text).strip():
        raise argparse.ArgumentTypeError("expected an address or a name")
    return text.strip()


def _key(text: str) -> str:
    if not encodable(text).strip():
        raise argparse.ArgumentTypeError("expected a key, not an empty text")
    return text.strip()


def _number_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) > most:
            raise argparse.ArgumentTypeError(f"expected a number from 0 to {most}")
        return int(text)

    return number


def _seconds(text: str) -> float:
    if not 0 < finite(text) <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"expected seconds, at most {_LONGEST_TIMEOUT}")
    return float(text)
