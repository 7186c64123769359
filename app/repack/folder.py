"""Which files of a folder make up a checkpoint, and what its index and its settings say of them.

Nothing is trusted: the index must agree with the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from app.core.catalog.safetensors import SafetensorsHeader, Tensor
from app.core.checkpoints.repack_errors import (
    CheckpointIncomplete,
    ConfigUnusable,
    IndexWrong,
    NoCheckpoint,
    PickleRefused,
)
from app.core.file_errors import FileUnreadable

CONFIG = "config.json"
COMPANIONS = (
    CONFIG, "generation_config.json", "quantize_config.json", "quant_config.json", "tokenizer.json", "tokenizer.model",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    "chat_template.json", "chat_template.jinja", "README.md",
)  # fmt: skip
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.safetensors$")
_MAX_JSON = 64 * 1024 * 1024

Settings = Mapping[str, object]


def read_json(path: Path) -> Settings:
    """A JSON object; empty where there is no such file.

    Raises:
        ConfigUnusable: it is something else.
    """
    try:
        if path.stat().st_size > _MAX_JSON:
            raise ConfigUnusable(file=path.name, reason="it is far too large")
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigUnusable(str(error), file=path.name, reason="it is not valid JSON") from None
    if not isinstance(found, dict):
        raise ConfigUnusable(file=path.name, reason="it holds no settings")
    return found


def read_config(folder: Path) -> Settings:
    """A checkpoint's config.json.

    Raises:
        NoCheckpoint: the folder has none.
        ConfigUnusable: it is something else.
    """
    if not folder.is_dir():
        raise NoCheckpoint(folder=str(folder), reason="it is not there, or not a folder")
    config = read_json(folder / CONFIG)
    if not config:
        raise NoCheckpoint(folder=str(folder), reason=f"it has no {CONFIG}")
    return config


def weight_files(folder: Path, arriving: Iterable[str] = ()) -> list[Path]:
    """The files that make up the model: those of an index, a single one, or a whole set of shards.

    Those `arriving` count as if they were there.

    Raises:
        NoCheckpoint, PickleRefused, CheckpointIncomplete, IndexWrong: they do not.
    """
    names = sorted({*arriving, *(path.name for path in folder.iterdir() if path.is_file())})
    found = [name for name in names if name.endswith(".safetensors") and not name.startswith("adapter")]
    index = _index_of(folder)
    if index is not None:
        listed = sorted(set(_weight_map(index).values()))
        if missing := [name for name in listed if name not in names]:
            raise CheckpointIncomplete(folder=str(folder), reason=f"{missing[0]} is missing")
        return [folder / name for name in listed]
    if not found:
        if pickled := [name for name in names if name.endswith(_PICKLES)]:
            raise PickleRefused(file=pickled[0])
        raise NoCheckpoint(folder=str(folder), reason="it has no .safetensors files")
    if shards := [name for name in found if _SHARD.search(name)]:
        return [folder / name for name in _whole_set(folder, shards)]
    if "model.safetensors" in found:
        return [folder / "model.safetensors"]
    if len(found) > 1:
        raise NoCheckpoint(folder=str(folder), reason=f"it has several models, such as {found[0]} and {found[1]}")
    return [folder / found[0]]


def _whole_set(folder: Path, shards: list[str]) -> list[str]:
    matches = [match for name in shards if (match := _SHARD.search(name))]
    count = max(int(match[2]) for match in matches)
    if missing := set(range(1, count + 1)) - {int(match[1]) for match in matches}:
        raise CheckpointIncomplete(folder=str(folder), reason=f"shard {min(missing)} of {count} is missing")
    return shards


def _index_of(folder: Path) -> Path | None:
    found = sorted(folder.glob("*.safetensors.index.json"))
    return found[0] if found else None


def _weight_map(index: Path) -> Mapping[str, str]:
    found = read_json(index).get("weight_map")
    if not isinstance(found, dict) or not found or not all(isinstance(file, str) for file in found.values()):
        raise IndexWrong(file=index.name, reason="it lists no weights")
    if any("/" in file or "\\" in file for file in found.values()):
        raise IndexWrong(file=index.name, reason="it names files outside of its folder")
    return found


def tables(
    paths: Iterable[Path], header: Callable[[Path], SafetensorsHeader]
) -> tuple[dict[str, Tensor], dict[str, Path]]:
    """The tensors of all files by name, and the file of each; `header` reads that of a file.

    Raises:
        IndexWrong: two files have the same.
        SafetensorsDamaged, FileGone, FileUnreadable: see `read_header`.
    """
    tensors: dict[str, Tensor] = {}
    places: dict[str, Path] = {}
    for path in paths:
        for name, tensor in header(path).tensors.items():
            if name in tensors:
                raise IndexWrong(file=path.name, reason=f"{name} is also in {places[name].name}")
            tensors[name], places[name] = tensor, path
    return tensors, places


def check_index(folder: Path, paths: list[Path], places: Mapping[str, Path]) -> None:
    """What the index says must be so: each weight in the file it names.

    Raises:
        IndexWrong: it is not.
    """
    index = _index_of(folder)
    if index is None:
        return
    for name, file in _weight_map(index).items():
        if name not in places:
            raise IndexWrong(file=index.name, reason=f"{name} is not in {file}")
        if places[name].name != file:
            raise IndexWrong(file=index.name, reason=f"{name} is in {places[name].name}, not in {file}")
    if len(paths) > 1 and (extra := set(places) - set(_weight_map(index))):
        raise IndexWrong(file=index.name, reason=f"it does not list {min(extra)}")
