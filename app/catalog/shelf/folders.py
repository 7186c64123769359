"""The library: which models lie in which folders. May touch a slow disk: never on the window's thread.

A file is a GGUF model by its first bytes, whatever its name. A folder with a `config.json` and
safetensors files is one model.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from app.catalog.fetch.journal import part_of, read_pins
from app.catalog.gguf.header import read_header, shard_paths
from app.catalog.gguf.making import making_of
from app.catalog.gguf.prefix import is_gguf
from app.catalog.shelf.adopt import Candidate, Place, candidates
from app.catalog.shelf.keep import COPY
from app.core.catalog.hub import Format
from app.core.catalog.library import LibraryModel, Owner
from app.core.errors import ParleyError

_SAFETENSORS = ".safetensors"
_NO_MODELS = frozenset({"clip", "mmproj"})
_METHODS = {"gptq": Format.GPTQ, "awq": Format.AWQ, "bitsandbytes": Format.BITSANDBYTES}


def scan(places: Iterable[Place]) -> list[LibraryModel]:
    """Every model in these places, each file once, in the order of the places."""
    seen: set[Path] = set()
    found: list[LibraryModel] = []
    for place in places:
        folders: dict[Path, list[Candidate]] = {}
        for candidate in candidates(place):
            if _is_unfinished(candidate.path):
                continue
            if candidate.path.suffix == _SAFETENSORS:
                folders.setdefault(candidate.path.parent, []).append(candidate)
            elif is_gguf(candidate.path) and (model := _gguf(candidate)) is not None:
                found += _unseen(model, seen)
        for folder, parts in folders.items():
            if (folder / "config.json").is_file() and (model := _safetensors(folder, parts)) is not None:
                found += _unseen(model, seen)
    return found


def _unseen(model: LibraryModel, seen: set[Path]) -> Iterator[LibraryModel]:
    files = {Path(path).resolve() for path in model.paths}
    if not files & seen:
        seen |= files
        yield model


def _is_unfinished(path: Path) -> bool:
    """Whether a file is being downloaded, mended, made or moved: it begins like a model before it is one."""
    target = path.with_suffix("")
    if path != part_of(target):
        return path.suffix == COPY
    return any(path.parent.glob(f".{glob.escape(target.name)}.*"))  # the journal of whoever is at it


def _gguf(candidate: Candidate) -> LibraryModel | None:
    """The model, unless it is a later part of one, or none by itself."""
    path, name = candidate.path, candidate.name
    paths: tuple[Path, ...] = (path,)
    making, quantization = None, ""
    try:
        header = read_header(path, tensors=False)
        if header.architecture in _NO_MODELS:
            return None
        if header.shard_count > 1:
            paths = tuple(shard_paths(header))
            if path != paths[0] and paths[0].exists():
                return None
        name, making, quantization = name or header.name, making_of(header), header.quantization
    except ParleyError:
        name = name or path.name  # damaged: shown all the same, so that it can be fetched again or deleted
    hashes = {candidate.path: candidate.sha256}
    there = [part for part in paths if part.exists()]
    missing = [part for part in paths if part not in there]
    found = _model(candidate, Format.GGUF, paths[0], there, name or path.stem, hashes, missing)
    return None if found is None else msgspec.structs.replace(found, making=making, quantization=quantization)


def _safetensors(folder: Path, parts: list[Candidate]) -> LibraryModel | None:
    try:
        config = msgspec.json.decode((folder / "config.json").read_bytes(), type=dict[str, Any])
    except (OSError, ValueError, RecursionError):
        return None
    quantization = config.get("quantization_config")
    method = quantization.get("quant_method", "") if isinstance(quantization, dict) else ""
    kind = _METHODS.get(str(method).lower(), Format.SAFETENSORS)
    name = parts[0].repo or folder.name
    hashes = {part.path: part.sha256 for part in parts}
    told = {folder / name for name in _indexed(folder)}
    missing = told - hashes.keys() if told & hashes.keys() else set()  # an index may be left over from another one
    return _model(parts[0], kind, folder, [part.path for part in parts], name, hashes, missing)


def _indexed(folder: Path) -> set[str]:
    """The files that a checkpoint in several parts says it has."""
    try:
        index = msgspec.json.decode((folder / "model.safetensors.index.json").read_bytes(), type=dict[str, Any])
        return {str(name) for name in index["weight_map"].values() if Path(str(name)).suffix == _SAFETENSORS}
    except (OSError, ValueError, RecursionError, KeyError, AttributeError):
        return set()


def _model(
    candidate: Candidate,
    kind: Format,
    path: Path,
    paths: list[Path],
    name: str,
    hashes: dict[Path, str],
    missing: Collection[Path],
) -> LibraryModel | None:
    try:
        stats = [part.stat() for part in paths]
    except OSError:
        return None
    pins = [read_pins(part) if candidate.owner is Owner.USER else None for part in paths]
    known = [hashes.get(part, "") or (pin.sha256 if pin else "") for part, pin in zip(paths, pins, strict=True)]
    return LibraryModel(
        name=name,
        path=str(path.absolute()),
        paths=tuple(str(part.absolute()) for part in paths),
        bytes=sum(stat.st_size for stat in stats),
        format=kind,
        owner=candidate.owner,
        modified=max(stat.st_mtime for stat in stats),
        hashes=tuple(known),
        repo=candidate.repo or next((pin.repo for pin in pins if pin), ""),
        repairable=all(pins) and all(map(read_pins, missing)),
        missing=tuple(sorted(str(part.absolute()) for part in missing)),
        arriving=any(part_of(part).exists() for part in missing),
    )
