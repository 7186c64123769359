"""What can be typed after `parley chats`, beside export and import."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime

from app.cli.options import encodable
from app.core.engine.messages import Role

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of a subcommand from its name and its help; it has `--json` already."""


def add_chats(add: Add) -> None:
    """Add the commands that read and arrange conversations."""
    _add_reading(add)
    for name, text in (
        ("pin", "let chats stand first"),
        ("unpin", "let chats stand where their date puts them"),
        ("archive", "put chats away"),
        ("unarchive", "take chats back into the list"),
    ):
        _ids(add(name, text))
    rename = add("rename", "give a chat another title")
    rename.add_argument("id", type=int, metavar="ID")
    rename.add_argument("title", type=encodable, metavar="TITLE")
    move = add("move", "put chats into a folder, or into none")
    _ids(move)
    place = move.add_mutually_exclusive_group(required=True)
    place.add_argument("--folder", type=encodable, metavar="FOLDER", help="its number or its name")
    place.add_argument("--no-folder", action="store_true", help="take them out of their folder")
    duplicate = add("duplicate", "copy a chat with all its branches")
    duplicate.add_argument("id", type=int, metavar="ID")
    duplicate.add_argument("--message", type=int, metavar="N", help="only the path that ends with this message")
    _add_trash(add)


def add_folders(add: Add) -> None:
    """Add the commands below `parley chats folders`."""
    add("list", "list the folders")
    make = add("add", "make a folder")
    make.add_argument("name", type=encodable, metavar="NAME")
    make.add_argument("--in", dest="parent", type=encodable, metavar="FOLDER", help="put it into this one")
    rename = add("rename", "give a folder another name")
    rename.add_argument("folder", type=encodable, metavar="FOLDER", help="its number or its name")
    rename.add_argument("name", type=encodable, metavar="NAME")
    move = add("move", "put a folder into another one, or in another place")
    move.add_argument("folder", type=encodable, metavar="FOLDER")
    move.add_argument("--in", dest="parent", type=encodable, metavar="FOLDER", help="default: to the top")
    move.add_argument("--position", type=_number, metavar="N", help="the first is 0; default: the last")
    delete = add("delete", "take a folder away; what is in it comes into the one above")
    delete.add_argument("folder", type=encodable, metavar="FOLDER")


def _add_reading(add: Add) -> None:
    listing = add("list", "list the chats, the pinned first, then the last changed")
    place = listing.add_mutually_exclusive_group()
    place.add_argument("--folder", type=encodable, metavar="FOLDER", help="its number or its name")
    place.add_argument("--archived", action="store_true", help="those that were put away")
    listing.add_argument("--limit", type=_number, metavar="N", help="how many at most; default: all")
    add("show", "print a chat").add_argument("id", type=int, metavar="ID")
    search = add("search", "find words in titles and messages")
    search.add_argument("words", type=encodable, metavar="WORD", nargs="+", help='beginnings of words, or "a phrase"')
    search.add_argument("--model", type=encodable, metavar="NAME", default="", help="in replies of this model")
    search.add_argument("--folder", type=encodable, metavar="FOLDER", help="its number or its name")
    search.add_argument("--role", choices=[str(role) for role in Role])
    search.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="from this day on")
    search.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="before this day")
    search.add_argument("--limit", type=_number, metavar="N", default=20, help="how many at most; default 20")


def _add_trash(add: Add) -> None:
    delete = add("delete", "move chats, or a message of one, to the trash, which keeps 30 days")
    _ids(delete)
    what = delete.add_mutually_exclusive_group()
    what.add_argument("--message", type=int, metavar="N", help="only this message")
    what.add_argument("--branch", type=int, metavar="N", help="only this message and all below it")
    what.add_argument("--forever", action="store_true", help="for good, what is in the trash already")
    restore = add("restore", "take chats out of the trash")
    restore.add_argument("ids", type=int, metavar="ID", nargs="+")
    restore.add_argument("--messages", action="store_true", help="the numbers are of deleted messages; see “trash”")
    add("trash", "list what is in the trash").add_argument(
        "--empty", action="store_true", help="delete all that is in it for good"
    )


def _ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", type=int, metavar="ID", nargs="+")


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > 1_000_000_000:
        raise argparse.ArgumentTypeError("expected a number")
    return int(text)


def _day(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d").timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError("expected a day, such as 2026-11-21") from None
