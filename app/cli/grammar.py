"""What can be typed after `parley`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from app import __version__
from app.cli.chats_grammar import add_chats, add_folders
from app.cli.grammar_parts import Commands, add, add_json, context_length
from app.cli.grammar_preferences import add_presets, add_settings, add_templates
from app.cli.grammar_serve import add_serve
from app.cli.grammar_servers import add_servers
from app.cli.options import add_model_options, add_preset_options, add_sampling_options, encodable
from app.core.catalog.hub import Format, SearchOrder
from app.core.checkpoints.repack import TypeChoice
from app.core.data.exchange import ExportFormat
from app.core.engine.loading import KvType

_EPILOG = """\
Without a command, or with a GGUF file alone, the window opens.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
Everything is kept in the user's folders, or under PARLEY_HOME where that is set."""


def build_parser() -> argparse.ArgumentParser:
    """The grammar; `arguments.command` names the command, with its subcommand: `chats show`."""
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Private conversations with quantized language models on your own machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Parley {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_ask(commands)
    _add_chat(commands)
    _add_chats(commands)
    _add_models(commands)
    add_serve(commands)
    add_servers(commands)
    add_presets(commands)
    add_templates(commands)
    add_settings(commands)
    _add_backups(commands)
    _add_data(commands)
    add_json(add(commands, "doctor", "doctor", "say what this machine has, and what to do about it"))
    return parser


def _add_ask(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = add(commands, "ask", "ask", "answer one message and end")
    parser.add_argument("prompt", metavar="PROMPT", help="the message; - reads it from standard input")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--chat", type=int, metavar="ID", help="go on with a chat; see “parley chats list”")
    place.add_argument("--temporary", action="store_true", help="keep nothing of this chat")
    parser.add_argument("--system", type=encodable, metavar="TEXT", help="how the model is to behave")
    add_json(parser)
    add_preset_options(parser)
    add_model_options(parser)
    add_sampling_options(parser)


def _add_chat(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = add(commands, "chat", "chat", "talk in the terminal")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--chat", type=int, metavar="ID", help="go on with a chat; see “parley chats list”")
    place.add_argument("--system", type=encodable, metavar="TEXT", help="how the model is to behave")
    add_preset_options(parser)
    add_model_options(parser)
    add_sampling_options(parser)


def _add_chats(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("chats", help="read, find and arrange chats", allow_abbrev=False)
    chats = group.add_subparsers(metavar="COMMAND", required=True)
    add_chats(partial(_add_with_json, chats, "chats"))
    shelf = chats.add_parser("folders", help="arrange the folders of chats", allow_abbrev=False)
    add_folders(partial(_add_with_json, shelf.add_subparsers(metavar="COMMAND", required=True), "chats folders"))
    _add_exchange(chats)


def _add_with_json(
    commands: Commands[argparse.ArgumentParser], group: str, name: str, text: str
) -> argparse.ArgumentParser:
    parser = add(commands, name, f"{group} {name}", text)
    add_json(parser)
    return parser


def _add_exchange(chats: Commands[argparse.ArgumentParser]) -> None:
    export = add(chats, "export", "chats export", "write chats into a file, a folder or a zip")
    export.add_argument("ids", type=int, metavar="ID", nargs="*")
    export.add_argument("--all", action="store_true", help="every chat that is not in the trash")
    export.add_argument("--to", type=Path, metavar="TARGET", required=True, help="a file, a folder, or a name in .zip")
    export.add_argument("--format", choices=[str(form) for form in ExportFormat], help="default: by the name's end")
    export.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    add_json(export)
    read = add(chats, "import", "chats import", "read chats of Parley and of other programs")
    read.add_argument("paths", type=Path, metavar="PATH", nargs="+", help="a file, a zip or a folder")
    add_json(read)


def _add_models(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser(
        "models", help="find, download, prepare, examine and arrange models", allow_abbrev=False
    )
    models = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(models, "list", "models list", "list the known files, the last used first"))
    for name, text in (
        ("add", "add a GGUF file and use it from now on"),
        ("info", "say what a GGUF file holds and how much memory it needs"),
    ):
        parser = add(models, name, f"models {name}", text)
        parser.add_argument("file", type=Path, metavar="FILE")
        add_json(parser)
    _add_fit(models)
    _add_hub(models)
    _add_library(models)


def _add_fit(models: Commands[argparse.ArgumentParser]) -> None:
    parser = add(models, "fit", "models fit", "say what a model needs on this machine, and how fast it would be")
    parser.add_argument("model", type=encodable, metavar="MODEL", help="a GGUF file, or OWNER/NAME[:BRANCH] on the Hub")
    parser.add_argument("--context", type=context_length, metavar="N", help="tokens; default: as the engine decides")
    parser.add_argument("--kv-type", choices=[str(kind) for kind in KvType], default=str(KvType.F16))
    add_json(parser)


def _add_library(models: Commands[argparse.ArgumentParser]) -> None:
    pull = add(models, "pull", "models pull", "download a variant from the Hub, or go on with a download")
    pull.add_argument("repo", type=encodable, metavar="OWNER/NAME[:BRANCH]", help="or the address of its page")
    pull.add_argument("--file", type=encodable, metavar="PATTERN", default="", help="of a variant's name or files")
    pull.add_argument("--folder", type=Path, metavar="DIR", help="put it there instead of into the first folder")
    pull.add_argument("--limit-rate", type=_rate, metavar="RATE", help="bytes per second, such as 500k or 4M")
    add_json(pull)
    _add_import(models)
    verify = add(models, "verify", "models verify", "compare files with the Hub's checksums, or with an earlier look")
    verify.add_argument("files", type=Path, metavar="FILE", nargs="+")
    add_json(verify)
    repair = add(models, "repair", "models repair", "fetch again what is broken of a downloaded model")
    repair.add_argument("file", type=Path, metavar="FILE")
    add_json(repair)
    move = add(models, "move", "models move", "move a model to another folder")
    move.add_argument("file", type=Path, metavar="FILE")
    move.add_argument("folder", type=Path, metavar="DIR")
    add_json(move)
    remove = add(models, "remove", "models remove", "move a model to the trash")
    remove.add_argument("file", type=Path, metavar="FILE")
    add_json(remove)
    _add_folders(models)


def _add_folders(models: Commands[argparse.ArgumentParser]) -> None:
    group = models.add_parser("folders", help="say where models lie", allow_abbrev=False)
    folders = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(folders, "list", "models folders list", "list the folders, the one for new models first"))
    for name, text in (("add", "look for models in a folder"), ("remove", "look there no more; its files stay")):
        parser = add(folders, name, f"models folders {name}", text)
        parser.add_argument("folder", type=Path, metavar="DIR")
        if name == "add":
            parser.add_argument("--first", action="store_true", help="new models go there")
        add_json(parser)


def _add_import(models: Commands[argparse.ArgumentParser]) -> None:
    parser = add(models, "import", "models import", "make GGUF of GPTQ, AWQ, bitsandbytes or unquantized weights")
    parser.add_argument("model", type=encodable, metavar="MODEL", help="a folder, or OWNER/NAME[:BRANCH] on the Hub")
    choices = [str(choice) for choice in TypeChoice]
    parser.add_argument("--type", type=str.lower, choices=choices, help="of an unquantized model; default: as it is")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="put the result there")
    original = parser.add_mutually_exclusive_group()
    original.add_argument("--keep", action="store_true", help="keep the original (the default)")
    original.add_argument(
        "--remove-original",
        action="store_true",
        help="once all is verified, to the trash; shards from the Hub go one by one",
    )
    add_json(parser)


def _rate(text: str) -> int:
    units = {"k": 1000, "m": 1000**2, "g": 1000**3}
    number, factor = (text[:-1], units[text[-1].lower()]) if text[-1:].lower() in units else (text, 1)
    if not number.isdecimal():
        raise argparse.ArgumentTypeError("expected bytes per second, such as 500k or 4M")
    return int(number) * factor


def _add_hub(models: Commands[argparse.ArgumentParser]) -> None:
    search = add(models, "search", "models search", "search the Hub")
    search.add_argument("text", type=encodable, metavar="TEXT", nargs="?", default="", help="words of the name")
    search.add_argument("--author", type=encodable, metavar="NAME", default="", help="only of this owner")
    search.add_argument("--format", choices=[str(kind) for kind in Format], help="only with files of this format")
    search.add_argument("--sort", choices=[str(order) for order in SearchOrder], default=str(SearchOrder.DOWNLOADS))
    search.add_argument("--limit", type=_page_size, metavar="N", default=20, help="how many to show; default 20")
    add_json(search)
    variants = add(models, "variants", "models variants", "list every variant of a model on the Hub")
    variants.add_argument("repo", type=encodable, metavar="OWNER/NAME[:BRANCH]", help="or the address of its page")
    variants.add_argument("--json", action="store_true", help="one JSON array, for programs")
    group = models.add_parser("token", help="keep a token for models that ask for one", allow_abbrev=False)
    token = group.add_subparsers(metavar="COMMAND", required=True)
    for name, text in (
        ("set", "keep a token, read from standard input"),
        ("clear", "forget the token"),
        ("status", "say whether there is a token, and where"),
    ):
        add_json(add(token, name, f"models token {name}", text))


def _add_backups(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("backups", help="back up chats and templates, and put them back", allow_abbrev=False)
    backups = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(backups, "list", "backups list", "list the backups, the newest first"))
    add_json(add(backups, "make", "backups make", "make a backup now"))
    restore = add(backups, "restore", "backups restore", "put a backup in the place of the chats there are")
    restore.add_argument("name", type=encodable, metavar="NAME", help="as “parley backups list” shows it")
    add_json(restore)
    add_json(add(backups, "salvage", "backups salvage", "save what can be read of a damaged database"))


def _add_data(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("data", help="say where everything is kept, and move it", allow_abbrev=False)
    data = group.add_subparsers(metavar="COMMAND", required=True)
    add_json(add(data, "where", "data where", "print the folders in use"))
    move = add(data, "move", "data move", "move the data folder: chats, backups and models")
    move.add_argument("folder", type=Path, metavar="FOLDER")
    add_json(move)


def _page_size(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError("expected a number from 1 to 1000")
    return int(text)
