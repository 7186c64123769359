"""`parley models`: the GGUF files Parley knows, and what is in one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.catalog.gguf.header import GgufHeader, read_header, shard_paths
from app.catalog.gguf.kv_cache import kv_bytes
from app.catalog.gguf.making import making_of
from app.catalog.shelf.library import identify, missing_parts, whole_path
from app.cli.invocation import CommandTable, Invocation
from app.cli.library import lacks, show_found
from app.core.checkpoints.repack import Making
from app.core.engine.guide import guide_file
from app.core.engine.loading import DEFAULT_CONTEXT
from app.core.engine.model_errors import NoModel
from app.core.engine.models import ModelFile
from app.core.errors import WorldError
from app.core.sizes import format_bytes, format_count
from app.storage.lane import Lane
from app.storage.stores import Stores


class Needs(msgspec.Struct, frozen=True):
    """The memory a model takes at a context in tokens; all else in bytes."""

    context: int
    weights: int
    kv_cache: int

    @property
    def total(self) -> int:
        """Without what llama.cpp needs to compute."""
        return self.weights + self.kv_cache


class Facts(msgspec.Struct, frozen=True):
    """What a model's header tells; `bytes` over all its `files`."""

    name: str
    path: str
    bytes: int
    files: int
    architecture: str
    quantization: str
    parameters: int
    trained_context: int
    layers: int
    experts: int
    has_chat_template: bool
    needs: Needs
    making: Making | None = None


class NoModelGiven(NoModel):
    """No model was named, and none was ever used."""

    advice = "Name a GGUF file with --model FILE, or add one with “parley models add FILE”."


def choose_model(lane: Lane, path: Path | None, *, storage_is_optional: bool = False) -> ModelFile:
    """The named file, or the last one used; from now on that is this one. Before there was any: the Guide.

    Args:
        lane: the user's database.
        path: the file, or None.
        storage_is_optional: a named file is used even if it cannot be remembered.

    Raises:
        NoModelGiven: there is none of them.
        ParleyError: the file is gone, or no model, or the database fails.
    """
    if path is None:
        known = lane.submit(lambda stores: stores.models.list()).result()
        if not known:
            guide = guide_file()
            if guide is None:
                raise NoModelGiven
            return guide
        path = Path(known[0].identity.path)
    return _remembered(lane, path, storage_is_optional)


def add(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Remember a file; the next conversation uses it."""
    with invocation.storage() as lane:
        file = _remembered(lane, arguments.file)
    if arguments.json:
        invocation.terminal.record(_as_dict(file))
    else:
        invocation.terminal.line(f"Added {_described(file)}.")
    return 0


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every known file, the last used first, then what lies in the user's and other programs' folders."""
    with invocation.storage() as lane:
        files = lane.submit(lambda stores: stores.models.list()).result()
    for file in files:
        if arguments.json:
            invocation.terminal.record(_as_dict(file))
        else:
            invocation.terminal.line(f"{_described(file)}\n  {file.identity.path}{_lack(file)}")
    found = show_found({file.identity.path for file in files}, invocation)
    if not files and not found and not arguments.json:
        invocation.terminal.note(
            "No model yet. Find one with “parley models search TEXT”, or add a GGUF file with “parley models add FILE”."
        )
    return 0


def info(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """What a file's header tells, and the memory it would need."""
    facts = _facts(read_header(whole_path(arguments.file)))
    if arguments.json:
        invocation.terminal.record(facts)
    else:
        invocation.terminal.table(_lines(facts))
    return 0


def _remembered(lane: Lane, path: Path, storage_is_optional: bool = False) -> ModelFile:
    found = identify(path)

    def store(stores: Stores) -> ModelFile:
        file = stores.models.remember(found.identity, found.modified_ns, found.context_length)
        stores.models.touch(file.id)
        return file

    try:
        return lane.submit(store).result()
    except WorldError:
        if not storage_is_optional:
            raise
        return ModelFile(
            id=0, identity=found.identity, modified_ns=found.modified_ns, context_length=found.context_length
        )


def _as_dict(file: ModelFile) -> dict[str, object]:
    missing = [str(part) for part in missing_parts(Path(file.identity.path))]
    return {**msgspec.to_builtins(file), "present": file.identity.path not in missing, "missing": missing}


def _lack(file: ModelFile) -> str:
    missing = missing_parts(Path(file.identity.path))
    if not missing:
        return ""
    return "  (no longer there)" if str(missing[0]) == file.identity.path else lacks(missing)


def _described(file: ModelFile) -> str:
    identity = file.identity
    parts = (identity.architecture, identity.quantization, format_bytes(identity.bytes))
    return f"{identity.name} ({', '.join(part for part in parts if part)})"


def _facts(header: GgufHeader) -> Facts:
    shards = [header if path == header.path else read_header(path) for path in shard_paths(header)]
    context = min(DEFAULT_CONTEXT, header.context_length or DEFAULT_CONTEXT)
    return Facts(
        name=header.name,
        path=str(header.path),
        bytes=sum(shard.file_bytes for shard in shards),
        files=len(shards),
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=sum(shard.parameters for shard in shards),
        trained_context=header.context_length,
        layers=header.layers,
        experts=header.experts,
        has_chat_template=header.chat_template is not None,
        needs=Needs(context, sum(shard.weight_bytes for shard in shards), kv_bytes(header, context)),
        making=making_of(header),
    )


def _lines(facts: Facts) -> list[tuple[str, str]]:
    needs, files = facts.needs, f" in {facts.files} files" if facts.files > 1 else ""
    return [
        ("Name", facts.name),
        ("File", facts.path),
        ("Size", format_bytes(facts.bytes) + files),
        ("Architecture", facts.architecture or "not stated"),
        ("Quantization", facts.quantization or "not stated"),
        ("Parameters", format_count(facts.parameters)),
        ("Layers", format_count(facts.layers) + (f", {facts.experts} experts each" if facts.experts else "")),
        ("Trained context", f"{format_count(facts.trained_context)} tokens" if facts.trained_context else "not stated"),
        ("Chat template", "its own" if facts.has_chat_template else "none; Parley chooses one"),
        ("Memory for weights", format_bytes(needs.weights)),
        ("Memory for context", f"{format_bytes(needs.kv_cache)} at {format_count(needs.context)} tokens"),
        ("Memory in all", f"{format_bytes(needs.total)}, and some more to compute"),
        *(_lines_of_making(facts.making) if facts.making is not None else ()),
    ]


def _lines_of_making(making: Making) -> Iterator[tuple[str, str]]:
    origin = f"{making.repo} at {making.commit}" if making.repo else ", ".join(making.files)
    yield "Made from", f"{origin} ({making.method})"
    yield "Without loss", "yes" if making.lossless else "no"
    for note in making.notes:
        yield "", note


COMMANDS: CommandTable = {"models list": show_list, "models info": info, "models add": add}
