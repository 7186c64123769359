"""What can be typed after `parley servers`."""

from __future__ import annotations

import argparse

from app.cli.grammar_parts import Commands, add, add_json
from app.cli.options import encodable, finite
from app.core.remote.servers import DEFAULT_TIMEOUT_SECONDS


def add_servers(commands: Commands[argparse.ArgumentParser]) -> None:
    """The commands about other machines."""
    group = commands.add_parser("servers", help="let other machines answer over the OpenAI API", allow_abbrev=False)
    servers = group.add_subparsers(metavar="COMMAND", required=True)
    new = add(servers, "add", "servers add", "add a server: vLLM, llama-server, Ollama, LM Studio, or any like them")
    new.add_argument("name", type=encodable, metavar="NAME", help="what to call it")
    new.add_argument("address", type=encodable, metavar="URL", help="such as http://192.168.1.20:8000/v1")
    new.add_argument("--key", action="store_true", help="read its key from standard input")
    new.add_argument("--ca-file", type=encodable, metavar="FILE", default="", help="certificate authorities, as PEM")
    new.add_argument(
        "--timeout", type=finite, metavar="SECONDS", default=DEFAULT_TIMEOUT_SECONDS, help="longest silence"
    )
    new.add_argument(
        "--model",
        action="append",
        type=encodable,
        metavar="ID",
        default=[],
        help="a model that the server does not list; can be repeated",
    )
    add_json(new)
    add_json(add(servers, "list", "servers list", "list the servers"))
    for name, text in (
        ("remove", "take a server off the list, and forget its key"),
        ("key", "keep a server's key, read from standard input; an empty one forgets it"),
        ("test", "say whether a server answers"),
        ("models", "list a server's models"),
    ):
        parser = add(servers, name, f"servers {name}", text)
        parser.add_argument("name", type=encodable, metavar="NAME")
        add_json(parser)
