"""Splits a checkpoint as its makers do: shards in the order of the layers, cut at a size and not at a module."""

from __future__ import annotations

import re
from pathlib import Path

from tests.repack import files

WHOLE = "model.safetensors"


def split(folder: Path, count: int) -> list[Path]:
    """Put so many shards with an index in the place of the one file; a module may lie in two of them."""
    tensors = files.read(folder / WHOLE)
    (folder / WHOLE).unlink()
    room = sum(values.nbytes for values in tensors.values()) / count
    parts: list[files.Tensors] = [{} for _ in range(count)]
    filled = 0
    for name in sorted(tensors, key=_order):
        parts[int((filled + tensors[name].nbytes / 2) / room)][name] = tensors[name]
        filled += tensors[name].nbytes
    paths = [folder / f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)]
    for path, part in zip(paths, parts, strict=True):
        files.write(path, part)
    placed = {name: path.name for path, part in zip(paths, parts, strict=True) for name in part}
    files.write_json(folder / f"{WHOLE}.index.json", {"metadata": {}, "weight_map": placed})
    return paths


def _order(name: str) -> tuple[int, int, str]:
    """The embedding, the layers by number, the norm and the output."""
    layer = re.search(r"\.layers\.(\d+)\.", name)
    if layer is not None:
        return (1, int(layer[1]), name)
    return (0 if "embed" in name else 2, 0, name)
