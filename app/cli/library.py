"""`parley models verify` and `remove`, and what `list` shows beside the files the user has opened."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import msgspec

from app.catalog.fetch.journal import read_pins
from app.catalog.shelf.adopt import Place, places
from app.catalog.shelf.folders import model_folders, scan
from app.catalog.shelf.keep import to_trash
from app.cli.downloader import DownloadChild
from app.cli.invocation import Invocation
from app.core.download_errors import NothingToCheck
from app.core.errors import FileGone
from app.core.library import LibraryModel, Owner
from app.core.sizes import format_bytes
from app.storage.stores import Stores


def found_models(invocation: Invocation) -> list[LibraryModel]:
    """Every model in the user's folders and in those of other programs."""
    settings = invocation.settings
    own = [
        Place(folder, Owner.USER) for folder in model_folders(str(settings.get("models.folders")), invocation.folders)
    ]
    return scan([*own, *places(os.environ, Path.home())])


def show_found(known: set[str], invocation: Invocation) -> int:
    """List the models that are on disk but were never opened; how many those are."""
    models = [model for model in found_models(invocation) if not {model.path, *model.paths} & known]
    for model in models:
        if invocation.terminal.json:
            invocation.terminal.record({"type": "found", **msgspec.to_builtins(model), "present": True})
        else:
            facts = f"{model.format}, {format_bytes(model.bytes)}, in {model.owner.value}"
            invocation.terminal.line(f"{model.name} ({facts})\n  {model.path}")
    return len(models)


def verify(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Compare files with the checksums the Hub told; 1 if one of them differs."""
    models = [_model(path, invocation) for path in arguments.files]
    sound = True
    child = DownloadChild(invocation.folders.logs / "download.log", invocation.terminal)
    try:
        for model in models:
            for path in map(Path, model.paths):
                sound = _verify(child, path, _expected(path, model), invocation) and sound
    finally:
        child.close()
    return 0 if sound else 1


def remove(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Move a model into the trash and forget it."""
    model = _model(arguments.file, invocation)
    to_trash(model)
    with invocation.storage() as lane:
        lane.submit(lambda stores: _forget(stores, model)).result()
    if arguments.json:
        invocation.terminal.record({"removed": model.paths, "bytes": model.bytes})
    else:
        invocation.terminal.line(f"Moved {model.name} ({format_bytes(model.bytes)}) to the trash.")
    return 0


def _forget(stores: Stores, model: LibraryModel) -> None:
    for path in model.paths:
        if (file := stores.models.by_path(path)) is not None:
            stores.models.forget(file.id)


def _verify(child: DownloadChild, path: Path, sha256: str, invocation: Invocation) -> bool:
    checked = child.check(path, sha256)
    if invocation.terminal.json:
        invocation.terminal.record(checked)
    elif checked.sound:
        invocation.terminal.line(f"{path.name} is what the Hub said.")
    else:
        again = " “parley models pull” fetches what is broken." if read_pins(path) is not None else ""
        invocation.terminal.line(f"{path.name} is damaged.{again}")
    return bool(checked.sound)


def _expected(path: Path, model: LibraryModel) -> str:
    """Empty where Parley's own note beside the file says more."""
    if read_pins(path) is not None:
        return ""
    if len(model.paths) == 1 and model.sha256:
        return model.sha256
    raise NothingToCheck(file=path.name)


def _model(path: Path, invocation: Invocation) -> LibraryModel:
    """The model a path belongs to, wherever it lies."""
    whole = path.expanduser().absolute()
    known = next((m for m in found_models(invocation) if str(whole) in (m.path, *m.paths)), None)
    if known is not None:
        return known
    if not whole.exists():
        raise FileGone(file=whole.name, folder=str(whole.parent))
    beside = scan([Place(whole.parent, Owner.USER)])
    mine = next((m for m in beside if str(whole) in (m.path, *m.paths)), None)
    if mine is None:
        raise NothingToCheck(file=whole.name)
    return mine
