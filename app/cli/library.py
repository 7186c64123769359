"""`parley models verify`, `repair`, `move` and `remove`, and what `list` shows beside the files the user has opened."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from app.catalog.fetch.journal import part_of, read_pins
from app.catalog.shelf.adopt import Place, places
from app.catalog.shelf.folders import scan
from app.catalog.shelf.keep import place_in, to_trash
from app.catalog.shelf.library import whole_path
from app.catalog.shelf.named import model_folders
from app.cli.downloader import DownloadChild
from app.cli.invocation import CommandTable, Invocation
from app.core.catalog.download_errors import NoModelThere
from app.core.catalog.downloads import FileChecked
from app.core.catalog.library import LibraryModel, Owner
from app.core.file_errors import FileGone
from app.core.sizes import format_bytes
from app.storage.stores import Stores


def found_models(invocation: Invocation) -> list[LibraryModel]:
    """Every model in the user's folders and in those of other programs."""
    own = [Place(folder, Owner.USER) for folder in own_folders(invocation)]
    return scan([*own, *places(os.environ, Path.home())])


def show_found(known: set[str], invocation: Invocation) -> int:
    """List the models that are on disk but were never opened; how many those are."""
    models = [model for model in found_models(invocation) if not {model.path, *model.paths} & known]
    for model in models:
        if invocation.terminal.json:
            told = {"type": "found", **msgspec.to_builtins(model), "present": True, "missing": model.missing}
            invocation.terminal.record(told)
        else:
            facts = f"{model.format}, {format_bytes(model.bytes)}, in {model.owner.value}"
            invocation.terminal.line(f"{model.name} ({facts})\n  {model.path}{lacks(model.missing)}")
    return len(models)


def lacks(missing: Sequence[str | Path]) -> str:
    """What a model is incomplete without; nothing where it is whole."""
    if not missing:
        return ""
    names = ", ".join(Path(part).name for part in missing)
    return f"  (incomplete: {names} {'is' if len(missing) == 1 else 'are'} not there)"


def verify(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Compare files with the checksums the Hub told, or with what they were before; 1 if one of them differs."""
    models = [_model(path, invocation) for path in arguments.files]
    sound = True
    with _worker(invocation) as child:
        for model in models:
            for path, sha256 in zip(model.paths, model.hashes, strict=True):
                # Parley's own note beside the file says more than its owner's word, and is asked for by an empty one.
                sha256 = "" if read_pins(Path(path)) is not None else sha256
                sound = _verify(child, Path(path), sha256, invocation) and sound
    for path in (path for model in models for path in model.missing):
        raise FileGone(file=Path(path).name, folder=str(Path(path).parent))
    return 0 if sound else 1


def repair(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Fetch again what is broken of a model's files."""
    paths = _repairable(arguments.file, invocation)
    with _worker(invocation) as child:
        for path in paths:
            child.repair(path, int(invocation.settings.get("downloads.limit")))
            if arguments.json:
                invocation.terminal.record({"path": str(path), "sound": True})
            else:
                invocation.terminal.line(f"{path.name} is what the Hub said.")
    return 0


def move(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Move a model into another folder; what is known of it goes along."""
    model, folder = _model(arguments.file, invocation), whole_path(arguments.folder)
    target = place_in(model, folder, own_folders(invocation)) if folder in own_folders(invocation) else folder
    with _worker(invocation) as child:
        moved = child.move(model, target)
    with invocation.storage() as lane:
        lane.submit(lambda stores: _follow(stores, moved)).result()
    if arguments.json:
        invocation.terminal.record({"moved": moved, "bytes": model.bytes})
    else:
        invocation.terminal.line(f"Moved {model.name} ({format_bytes(model.bytes)}) to {target}.")
    return 0


def remove(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Move a model into the trash and forget it; of one that is no longer there, nothing else is left to do."""
    whole = whole_path(arguments.file)
    if not whole.exists() and not part_of(whole).exists() and _forgot(whole, invocation):
        if arguments.json:
            invocation.terminal.record({"removed": [str(whole)], "bytes": 0})
        else:
            invocation.terminal.line(f"Forgot {whole.name}, which was no longer there.")
        return 0
    model = _model(arguments.file, invocation)
    to_trash(model)
    with invocation.storage() as lane:
        lane.submit(lambda stores: _forget(stores, model.paths)).result()
    if arguments.json:
        invocation.terminal.record({"removed": model.paths, "bytes": model.bytes})
    else:
        invocation.terminal.line(f"Moved {model.name} ({format_bytes(model.bytes)}) to the trash.")
    return 0


def own_folders(invocation: Invocation) -> list[Path]:
    """The user's folders as they are now."""
    named = model_folders(str(invocation.settings.get("models.folders")), invocation.folders)
    return [folder.absolute() for folder in named]


@contextmanager
def _worker(invocation: Invocation) -> Iterator[DownloadChild]:
    child = DownloadChild(invocation.folders.logs / "download.log", invocation.terminal)
    try:
        yield child
    finally:
        child.close()


def _forgot(path: Path, invocation: Invocation) -> bool:
    """Forget a file, if it was known."""
    with invocation.storage() as lane:
        return lane.submit(lambda stores: _forget(stores, (str(path),))).result()


def _forget(stores: Stores, paths: Iterable[str]) -> bool:
    """Forget files; whether one of them was known."""
    known = [file for path in paths if (file := stores.models.by_path(path)) is not None]
    for file in known:
        stores.models.forget(file.id)
    return bool(known)


def _follow(stores: Stores, moved: tuple[tuple[str, str], ...]) -> None:
    for old, new in moved:
        stores.models.move(old, new, Path(new).stat().st_mtime_ns)


def _verify(child: DownloadChild, path: Path, sha256: str, invocation: Invocation) -> bool:
    checked = child.check(path, sha256)
    if invocation.terminal.json:
        invocation.terminal.record(checked)
    else:
        invocation.terminal.line(_verdict(path, checked))
    return checked.sound is not False


def _verdict(path: Path, checked: FileChecked) -> str:
    day = f"{datetime.fromtimestamp(checked.since):%Y-%m-%d}"
    if checked.sound is None and checked.since:
        return f"{path.name} is another file than on {day}; its checksum is noted now: {checked.sha256}"
    if checked.sound is None:
        return f"No checksum was known for {path.name}; it is noted now, for later checks: {checked.sha256}"
    if checked.sound:
        return f"{path.name} is what it was on {day}." if checked.since else f"{path.name} is what the Hub said."
    again = f" “parley models repair {path}” fetches what is broken." if read_pins(path) is not None else ""
    return f"{path.name} is damaged.{again}"


def _repairable(file: Path, invocation: Invocation) -> list[Path]:
    """The files of the model; one that lies beside its place since a repair was cut off is no model now."""
    whole = whole_path(file)
    if not whole.exists() and read_pins(whole) is not None:
        return [whole]
    return [Path(path) for path in _model(file, invocation).paths]


def _model(path: Path, invocation: Invocation) -> LibraryModel:
    """The model a path belongs to, wherever it lies."""
    whole = whole_path(path)
    known = next((m for m in found_models(invocation) if str(whole) in (m.path, *m.paths)), None)
    if known is not None:
        return known
    if not whole.exists():
        raise FileGone(file=whole.name, folder=str(whole.parent))
    beside = scan([Place(whole.parent, Owner.USER)])
    mine = next((m for m in beside if str(whole) in (m.path, *m.paths)), None)
    if mine is None:
        raise NoModelThere(file=whole.name)
    return mine


COMMANDS: CommandTable = {
    "models verify": verify,
    "models repair": repair,
    "models move": move,
    "models remove": remove,
}
