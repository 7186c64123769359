"""Writes and reads safetensors files, so that tests can make any checkpoint."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Tensors = dict[str, Array]

_NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int8": "I8", "uint8": "U8",
    "uint16": "BF16",
}  # fmt: skip
_TYPES = {name: np.dtype(kind) for kind, name in _NAMES.items()}


def write(path: Path, tensors: Mapping[str, Array]) -> None:
    """A file of these tensors; 16-bit integers are BF16."""
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, values in tensors.items():
        end = place + values.nbytes
        table[name] = {"dtype": _NAMES[values.dtype.name], "shape": list(values.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values).data)


def read(path: Path) -> Tensors:
    """Every tensor of a file, as stored."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    table = json.loads(data[8:start])
    table.pop("__metadata__", None)
    found: Tensors = {}
    for name, spec in table.items():
        first, last = (start + offset for offset in spec["data_offsets"])
        found[name] = np.frombuffer(data[first:last], _TYPES[spec["dtype"]]).reshape(spec["shape"]).copy()
    return found


def as_bf16(values: NDArray[np.floating]) -> NDArray[np.uint16]:
    """The upper half of float32, rounded."""
    words = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((words + 0x7FFF + ((words >> 16) & 1)) >> 16).astype(np.uint16)


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1))
