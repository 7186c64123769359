"""`parley models pull`: download a variant from the Hub, or go on with a download."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from app.catalog.fetch.layout import folder_for
from app.catalog.find.hub_client import Connection
from app.catalog.find.repo_ref import parse_repo_ref
from app.catalog.shelf.library import identify
from app.catalog.shelf.named import model_folders
from app.cli.downloader import DownloadChild
from app.cli.hub import connected, recommended
from app.cli.invocation import CommandTable, Invocation
from app.core.catalog.downloads import Source
from app.core.catalog.hub import RepoPage, Variant
from app.core.engine.model_errors import GgufDamaged, NotGguf
from app.core.errors import UserError
from app.core.paths import expanded
from app.core.sizes import format_bytes
from app.storage.stores import Stores


class NothingMatches(UserError):
    """No variant has a file like that."""

    text = "{repo} has no variant with files like “{pattern}”."
    advice = "See “parley models variants {repo}” for what it has."


def pull(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Download what the repo, the branch and the pattern name; what is there already stays."""
    ref = parse_repo_ref(arguments.repo, Connection.of(os.environ).endpoint)
    page = connected(invocation).open_repo(ref)
    if page.refusal is not None:
        raise page.refusal.error()
    variant = _chosen(page, arguments.file or ref.file, invocation)
    source = Source(repo=variant.repo, commit=variant.commit, files=variant.files, branch=variant.branch)
    settings = invocation.settings
    models = arguments.folder or model_folders(str(settings.get("models.folders")), invocation.folders)[0]
    folder = folder_for(expanded(models).absolute(), variant.repo, variant.branch)
    if not arguments.json:
        invocation.terminal.note(f"{variant.name}, {format_bytes(variant.bytes)}, into {folder}")
    limit = int(settings.get("downloads.limit")) if arguments.limit_rate is None else arguments.limit_rate
    child = DownloadChild(invocation.folders.logs / "download.log", invocation.terminal)
    try:
        paths = child.download(source, folder, limit)
    finally:
        child.close()
    with invocation.storage() as lane:
        lane.submit(lambda stores: _remember(stores, paths, source)).result()
    if arguments.json:
        told = {"repo": source.repo, "branch": source.branch, "commit": source.commit, "variant": variant.name}
        invocation.terminal.record({**told, "bytes": source.bytes, "paths": [str(path) for path in paths]})
    else:
        for path in paths:
            invocation.terminal.line(str(path))
    return 0


def _chosen(page: RepoPage, pattern: str, invocation: Invocation) -> Variant:
    """The variant of that pattern; of several, the best for this machine."""
    matching = tuple(one for one in page.variants if not pattern or _matches(one, pattern))
    if not matching:
        raise NothingMatches(repo=page.summary.id, pattern=pattern or "*")
    if len(matching) == 1:
        return matching[0]
    best = recommended(matching, invocation)
    return best or min(matching, key=lambda one: one.bytes)


def _matches(variant: Variant, pattern: str) -> bool:
    names = (variant.name, *(file.path for file in variant.files))
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)


def _remember(stores: Stores, paths: tuple[Path, ...], source: Source) -> None:
    """Add a GGUF model to the known ones, with the checksum that was verified."""
    first = source.files[0]
    with suppress(NotGguf, GgufDamaged):
        found = identify(paths[0])
        stores.models.remember(found.identity, found.modified_ns, found.context_length)
        stores.models.set_digest(str(paths[0]), first.bytes, found.modified_ns, first.sha256)


COMMANDS: CommandTable = {"models pull": pull}
