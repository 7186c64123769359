"""Reads the header of a safetensors file, here or on the Hub; runs in any process.

Layout: u64 length of the header, little endian, then that many bytes of JSON: for each tensor its
`dtype`, `shape` and `data_offsets` (begin and end in the bytes that follow the header).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.core.catalog.hub_errors import SafetensorsDamaged
from app.core.file_errors import FileGone, FileUnreadable

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 100_000_000
"""The limit of the format's reference implementation."""
MAX_TENSORS = 1_000_000

_DTYPE_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16,
    "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4,
    "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


class _Entry(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True)
class Tensor:
    """One tensor: `shape` outermost dimension first, `nbytes` as stored, `offset` from the file's first byte."""

    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    offset: int = 0

    @property
    def elements(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class SafetensorsHeader:
    """The tensors of one file by name, in the file's order, and its free-form metadata."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)


def header_length(start: bytes, file: str, file_bytes: int) -> int:
    """How many bytes the whole header has, with its length field; `start` has at least eight bytes.

    Raises:
        SafetensorsDamaged: the file cannot hold such a header.
    """
    if len(start) < LENGTH_BYTES:
        raise SafetensorsDamaged(file=file, reason="it ends within its header")
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if length > MAX_HEADER_BYTES:
        raise SafetensorsDamaged(file=file, reason="its header has no end, or it is another kind of file")
    if LENGTH_BYTES + length > file_bytes:
        raise SafetensorsDamaged(file=file, reason="it ends within its header")
    return LENGTH_BYTES + length


def parse_header(data: bytes, file: str, file_bytes: int) -> SafetensorsHeader:
    """Read and check a whole header.

    Args:
        data: the file's first bytes, at least `header_length` of them.
        file: the name to tell in errors.
        file_bytes: the size of the whole file.

    Raises:
        SafetensorsDamaged: it is no header, or its tensors do not lie one behind the other up to the
            file's end.
    """
    length = header_length(data, file, file_bytes)
    try:
        fields = msgspec.json.decode(data[LENGTH_BYTES:length], type=dict[str, msgspec.Raw])
        metadata = _metadata(fields.pop("__metadata__", None))
        entries = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in fields.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SafetensorsDamaged(str(error), file=file, reason="its header cannot be parsed") from None
    if len(entries) > MAX_TENSORS:
        raise SafetensorsDamaged(file=file, reason=f"it claims to have {len(entries)} tensors")
    _check_places(entries, file, file_bytes - length)
    tensors = {name: _tensor(name, entry, file, length) for name, entry in entries.items()}
    return SafetensorsHeader(tensors, metadata)


def read_header(path: Path) -> SafetensorsHeader:
    """Read a local file's header.

    Raises:
        FileGone: nothing is at `path`.
        FileUnreadable: the system refuses to read it.
        SafetensorsDamaged: see `parse_header`.
    """
    try:
        with path.open("rb") as file:
            file_bytes = file.seek(0, 2)
            file.seek(0)
            start = file.read(LENGTH_BYTES)
            rest = file.read(header_length(start, path.name, file_bytes) - LENGTH_BYTES)
    except FileNotFoundError:
        raise FileGone(file=path.name, folder=str(path.parent)) from None
    except OSError as error:
        reason = (error.strerror or "it is not a file").lower()
        raise FileUnreadable(str(error), file=path.name, reason=reason) from None
    return parse_header(start + rest, path.name, file_bytes)


def _metadata(raw: msgspec.Raw | None) -> dict[str, str]:
    if raw is None:
        return {}
    found = msgspec.json.decode(raw)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _check_places(entries: Mapping[str, _Entry], file: str, available: int) -> None:
    """Tensors may not overlap, leave gaps, or lie behind the file's end."""
    position = 0
    for begin, end in sorted(entry.data_offsets for entry in entries.values()):
        if begin != position or end < begin:
            raise SafetensorsDamaged(file=file, reason="its tensors overlap or leave gaps")
        position = end
    if position > available:
        raise SafetensorsDamaged(file=file, reason=f"{position - available:,} bytes are missing at its end")


def _tensor(name: str, entry: _Entry, file: str, data: int) -> Tensor:
    begin, end = entry.data_offsets
    if any(size < 0 for size in entry.shape) or len(entry.shape) > 8:
        raise SafetensorsDamaged(file=file, reason=f"tensor {name[:64]} has an impossible shape")
    bits = _DTYPE_BITS.get(entry.dtype)
    if bits is not None and (math.prod(entry.shape) * bits + 7) // 8 != end - begin:
        raise SafetensorsDamaged(file=file, reason=f"tensor {name[:64]} has another size than its shape")
    return Tensor(entry.dtype, entry.shape, end - begin, data + begin)
