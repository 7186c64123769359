"""Which files of a repo belong together: the parts of a model that was too large for one file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.core.catalog.hub import RemoteFile

_PARTS = (
    re.compile(r"^(?P<stem>.+)-(?P<part>\d{5})-of-(?P<count>\d{5})(?P<end>\.gguf|\.safetensors)$", re.IGNORECASE),
    re.compile(r"^(?P<stem>.+)\.part(?P<part>\d{1,3})of(?P<count>\d{1,3})$"),
    re.compile(r"^(?P<stem>.+)-split-(?P<part>[a-z])$"),
)
_MAX_PARTS = 1000
_SAFETENSORS = ".safetensors"
_NEVER_GGUF = re.compile(
    r"\.(safetensors|jsonl?|md|txt|py|model|pth?|ot|onnx|h5|msgpack|jinja|png|jpe?g|gif|webp|svg|pdf|ya?ml|toml|csv"
    r"|parquet|html|np[yz]|zip|gz|tar|xz|sh|ipynb|gitattributes|gitignore|index|lock)$"
)
_SMALLEST_GGUF = 24
_TORCH = "pytorch_model"


@dataclass(frozen=True)
class FileGroup:
    """One file, or all parts of one in order; `stem` is the name without the part's number.

    `is_cut` says that the parts are pieces of one file, of which only the first has a header.
    """

    stem: str
    parts: tuple[RemoteFile, ...]
    is_cut: bool = False

    @property
    def first(self) -> RemoteFile:
        """The part whose header holds the metadata."""
        return self.parts[0]

    @property
    def bytes(self) -> int:
        """All parts together."""
        return sum(part.bytes for part in self.parts)


def gguf_candidates(files: Iterable[RemoteFile]) -> tuple[FileGroup, ...]:
    """What may be a GGUF model; only its first bytes tell, for many such files are named `.bin`."""
    return tuple(group for group in _grouped(files) if _may_be_gguf(group.first))


def safetensors_groups(files: Iterable[RemoteFile]) -> tuple[FileGroup, ...]:
    """The safetensors models in a repo's top folder."""
    inside = [file for file in files if "/" not in file.path and file.path.endswith(_SAFETENSORS)]
    groups = [group for group in _grouped(inside) if not group.stem.startswith(("adapter_", "optimizer"))]
    whole = [group for group in groups if not group.stem.startswith("consolidated")]
    return tuple(whole or groups)


def _grouped(files: Iterable[RemoteFile]) -> list[FileGroup]:
    """Files by what they are parts of; a set that lacks parts is no model and is left out."""
    found: dict[tuple[int, str, int], dict[int, RemoteFile]] = {}
    for file in files:
        kind, stem, part, count = _place(file.path)
        found.setdefault((kind, stem, count), {})[part] = file
    groups = []
    for (kind, stem, count), parts in found.items():
        numbers = sorted(parts)
        if numbers == list(range(1, (count or len(parts)) + 1)):
            groups.append(FileGroup(stem, tuple(parts[number] for number in numbers), is_cut=kind in (1, 2)))
    return groups


def _place(path: str) -> tuple[int, str, int, int]:
    """The kind of part, the stem, the part's number from 1, and how many there are (0: not told)."""
    for kind, pattern in enumerate(_PARTS):
        if (match := pattern.match(path)) is not None:
            fields = match.groupdict()
            if "count" not in fields:
                return kind, fields["stem"], ord(fields["part"]) - ord("a") + 1, 0
            if 0 < int(fields["count"]) <= _MAX_PARTS:
                return kind, fields["stem"], int(fields["part"]), int(fields["count"])
    return -1, path, 1, 1


def _may_be_gguf(file: RemoteFile) -> bool:
    name = PurePosixPath(file.path).name.lower()
    if file.bytes < _SMALLEST_GGUF or name.startswith((".", _TORCH)):
        return False
    return _NEVER_GGUF.search(name) is None
