"""Reads the header of a GGUF file: what a model is, without loading it; runs in any process.

Layout (ggml's `docs/gguf.md`), little endian: magic "GGUF", u32 version, u64 tensor count, u64
metadata count, the metadata pairs, the tensor infos, then padding to `general.alignment` and the
tensors' bytes.  Everything read is checked against the file's size and against fixed caps, so a
hostile file costs a bounded time and amount of memory.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from app.catalog.gguf.reader import Damaged, FieldReader, Value
from app.catalog.gguf.types import FILE_TYPES, GGML_TYPES
from app.core.engine.model_errors import GgufDamaged, NotGguf
from app.core.file_errors import FileGone, FileUnreadable
from app.core.sizes import format_bytes

MAGIC = b"GGUF"
MAX_FIELDS = 65_536
MAX_TENSORS = 65_536
MAX_DIMENSIONS = 4
MAX_TENSOR_BYTES = 1 << 50
DEFAULT_ALIGNMENT = 32

_SHARD_NAME = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")


@dataclass(frozen=True)
class TensorInfo:
    """One tensor: `shape` innermost dimension first, `offset` in bytes from the file's start."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    offset: int
    nbytes: int

    @property
    def elements(self) -> int:
        """The number of values."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class GgufHeader:
    """The header of one GGUF file; a shard of a split model describes its own tensors only.

    `metadata` holds long arrays as an `ArraySummary`. `header_bytes` counts up to the first
    tensor, `file_bytes` is the file's size. Without `tensors` (see `read_header`) all that derives
    from them is 0 or empty.
    """

    path: Path
    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    header_bytes: int
    file_bytes: int

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number of the metadata, or `default` where it is absent or something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def text(self, key: str, default: str = "") -> str:
        """A string of the metadata, or `default` where it is absent or something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else default

    def hyperparameter(self, key: str, default: int = 0) -> int:
        """A count under the architecture's prefix, such as `block_count`; `default` if negative."""
        value = self.integer(f"{self.architecture}.{key}", default)
        return value if value >= 0 else default

    def per_layer(self, key: str, default: int) -> tuple[int, ...]:
        """A hyperparameter that may be one number or one for each layer."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
            numbers = tuple(max(int(item), 0) for item in value)[: self.layers]
            return numbers + (default,) * (self.layers - len(numbers))
        return (self.hyperparameter(key, default),) * self.layers

    @property
    def architecture(self) -> str:
        """Such as `llama`, `qwen3`, `gemma3`."""
        return self.text("general.architecture")

    @property
    def name(self) -> str:
        """What the model calls itself; the file's stem where it does not."""
        return self.text("general.name") or self.path.stem

    @cached_property
    def quantization(self) -> str:
        """Such as `Q4_K_M`; the type that holds most bytes where the file does not name one."""
        named = FILE_TYPES.get(self.integer("general.file_type", -1), "")
        return named or self._dominant_type()

    @cached_property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(tensor.elements for tensor in self.tensors) or self.integer("general.parameter_count")

    @cached_property
    def weight_bytes(self) -> int:
        """What the tensors occupy."""
        return sum(tensor.nbytes for tensor in self.tensors)

    @property
    def context_length(self) -> int:
        """The context the model was trained with, in tokens; 0 if unknown."""
        return self.hyperparameter("context_length")

    @property
    def layers(self) -> int:
        """The number of blocks."""
        return min(self.hyperparameter("block_count"), MAX_TENSORS)

    @property
    def embedding_length(self) -> int:
        """The width of the residual stream."""
        return self.hyperparameter("embedding_length")

    @property
    def heads(self) -> int:
        """Attention heads of a layer, the largest number where layers differ."""
        return max(self.per_layer("attention.head_count", 0), default=0)

    @property
    def kv_heads(self) -> tuple[int, ...]:
        """Key-value heads by layer; 0 for a layer without a growing KV cache."""
        return self.per_layer("attention.head_count_kv", self.heads)

    @property
    def experts(self) -> int:
        """Experts of a layer; 0 for a dense model."""
        return self.hyperparameter("expert_count")

    @property
    def experts_used(self) -> int:
        """Experts that one token uses."""
        return self.hyperparameter("expert_used_count")

    @property
    def chat_template(self) -> str | None:
        """The model's own Jinja template, if it has one."""
        return self.text("tokenizer.chat_template") or None

    @property
    def shard_count(self) -> int:
        """The number of files the model is split into; 1 for a whole one."""
        return max(1, self.integer("split.count", 1))

    @property
    def shard_number(self) -> int:
        """Which of them this is, from 0."""
        return self.integer("split.no")

    def _dominant_type(self) -> str:
        totals: dict[str, int] = {}
        for tensor in self.tensors:
            totals[tensor.type_name] = totals.get(tensor.type_name, 0) + tensor.nbytes
        return max(totals, key=lambda name: totals[name], default="")


def read_header(path: Path, *, tensors: bool = True) -> GgufHeader:
    """Read and check a file's header.

    Args:
        path: the file.
        tensors: also read the tensor infos, and check that the file is long enough for them.

    Raises:
        FileGone: nothing is at `path`.
        FileUnreadable: the system refuses to read it, or it is not a file.
        NotGguf: it does not begin with the magic.
        GgufDamaged: it is cut off, contradicts itself, or is of a version or byte order that
            llama.cpp does not read on this machine.
    """
    try:
        if stat.S_ISFIFO(path.stat().st_mode):
            raise FileUnreadable(file=path.name, reason="it is not a file")
        with path.open("rb") as file:
            return read_header_from(file, path, tensors=tensors)
    except FileNotFoundError:
        raise FileGone(file=path.name, folder=str(path.parent)) from None
    except OSError as error:
        reason = (error.strerror or "it is not a file").lower()
        raise FileUnreadable(str(error), file=path.name, reason=reason) from None


def read_header_from(file: BinaryIO, path: Path, *, tensors: bool = True) -> GgufHeader:
    """Read and check the header of an open file; see `read_header`.

    Raises:
        NotGguf, GgufDamaged: as there.
        OSError: the file cannot be read.
    """
    try:
        return _read(path, file, tensors)
    except Damaged as error:
        raise GgufDamaged(file=path.name, reason=error.reason) from None


def shard_paths(header: GgufHeader) -> tuple[Path, ...]:
    """All files of the model in order, whether they are there or not.

    Raises:
        GgufDamaged: the model is split, but the file's name does not say how the others are called.
    """
    if header.shard_count == 1:
        return (header.path,)
    named = named_parts(header.path)
    if len(named) != header.shard_count:
        reason = f"it is one of {header.shard_count} parts, but its name does not end in -0000N-of-0000M.gguf"
        raise GgufDamaged(file=header.path.name, reason=reason)
    return named


def named_parts(path: Path) -> tuple[Path, ...]:
    """All files of the model in order, as far as the file's name tells; only its header knows."""
    found = _SHARD_NAME.match(path.name)
    if found is None:
        return (path,)
    names = (f"{found['stem']}-{number + 1:05}-of-{found['count']}.gguf" for number in range(int(found["count"])))
    return tuple(path.with_name(name) for name in names)


def _read(path: Path, file: BinaryIO, tensors: bool) -> GgufHeader:
    file_bytes = file.seek(0, 2)
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise NotGguf(file=path.name)
    reader = FieldReader(file, file_bytes)
    version = _checked_version(reader.u32())
    tensor_count = _checked_count(reader.u64(), MAX_TENSORS, "tensors")
    metadata = reader.fields(_checked_count(reader.u64(), MAX_FIELDS, "metadata fields"))
    if not tensors:
        return GgufHeader(path, version, metadata, (), 0, file_bytes)
    infos = [_tensor(reader) for _ in range(tensor_count)]
    alignment = _alignment(metadata)
    start = -(-reader.position // alignment) * alignment
    placed = tuple(
        TensorInfo(info.name, info.shape, info.type_name, start + info.offset, info.nbytes) for info in infos
    )
    _check_tensors(placed, file_bytes)
    return GgufHeader(path, version, metadata, placed, start, file_bytes)


def _checked_version(version: int) -> int:
    if version not in (2, 3):
        if version & 0xFFFF == 0 and version:
            raise Damaged("it was written for a machine of the other byte order")
        raise Damaged(f"it is of version {version} of the format, which is not supported")
    return version


def _checked_count(count: int, limit: int, what: str) -> int:
    if count > limit:
        raise Damaged(f"it claims to have {count} {what}")
    return count


def _alignment(metadata: Mapping[str, Value]) -> int:
    value = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(value, int) or not 1 <= value <= 1 << 20 or value & (value - 1):
        raise Damaged("its alignment is not a power of two")
    return value


def _tensor(reader: FieldReader) -> TensorInfo:
    name = reader.string()
    dimensions = _checked_count(reader.u32(), MAX_DIMENSIONS, f"dimensions in tensor {name[:64]}")
    shape = tuple(reader.u64() for _ in range(dimensions))
    type_number = reader.u32()
    offset = reader.u64()
    element_type = GGML_TYPES.get(type_number)
    if element_type is None:
        raise Damaged(f"tensor {name[:64]} is of the unknown type {type_number}")
    blocks, rest = divmod(shape[0] if shape else 1, element_type.block_elements)
    nbytes = blocks * element_type.block_bytes * math.prod(shape[1:])
    if rest or max(nbytes, offset, *shape, 0) > MAX_TENSOR_BYTES:
        raise Damaged(f"tensor {name[:64]} has an impossible shape")
    return TensorInfo(name, shape, element_type.name, offset, nbytes)


def _check_tensors(tensors: tuple[TensorInfo, ...], file_bytes: int) -> None:
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise Damaged("two of its tensors have the same name")
    needed = max((tensor.offset + tensor.nbytes for tensor in tensors), default=0)
    if needed > file_bytes:
        raise Damaged(f"it ends after {format_bytes(file_bytes)} of {format_bytes(needed)}")
