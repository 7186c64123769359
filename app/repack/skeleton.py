"""What a plan needs of a shard before it is there: its header, zero points, orders, biases; a few rows of two matrices.

`NAME` has it as `.NAME.skeleton`: the shard's SHA-256, that of what follows, the shard's header, then the bytes of
those tensors as they lie in the shard. Small, so that it is fetched before anything else, and once more with the shard.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from app.core.catalog.safetensors import LENGTH_BYTES, SafetensorsHeader, Tensor, header_length, parse_header

PROBED_ROWS = 8
"""Rows of the embedding and of the output that are there, to see that they are not the same."""

_WHOLE = (".qzeros", ".g_idx", ".bias", ".weight_format")
_STATES = ".quant_state.bitsandbytes__"
_PROBED = ("embed_tokens.weight", "lm_head.weight")
_DIGEST_BYTES = 64
_START_BYTES = 128 * 1024
_GAP_BYTES = 32 * 1024
"""To fetch so much that is not needed takes no longer than to ask once more."""


@dataclass(frozen=True)
class Shard:
    """A file of weights: where it will be, and what it must be."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Skeleton:
    """A skeleton on the disk; `digest` is that of its content."""

    shard: Shard
    header: SafetensorsHeader
    cuts: tuple[tuple[int, int], ...]
    digest: str

    @property
    def path(self) -> Path:
        """The file it is in."""
        return skeleton_of(self.shard.path)

    def place(self, offset: int, count: int) -> int | None:
        """Where these bytes of the shard are in the skeleton; None if they are not."""
        index = bisect_right(self.cuts, offset, key=lambda cut: cut[0]) - 1
        start, stop = self.cuts[index]
        return self._places[index] + offset - start if offset + count <= stop else None

    def agrees(self) -> bool:
        """Whether the shard, which is on the disk now, holds the same."""
        with self.path.open("rb") as mine, self.shard.path.open("rb") as whole:
            mine.seek(2 * _DIGEST_BYTES)
            for start, stop in self.cuts:
                whole.seek(start)
                if mine.read(stop - start) != whole.read(stop - start):
                    return False
        return True

    @cached_property
    def _places(self) -> tuple[int, ...]:
        places = [2 * _DIGEST_BYTES]
        for start, stop in self.cuts:
            places.append(places[-1] + stop - start)
        return tuple(places)


def skeleton_of(shard: Path) -> Path:
    """Where a shard's skeleton lies."""
    return shard.with_name(f".{shard.name}.skeleton")


def discard(shard: Path) -> None:
    """Delete a shard's skeleton, or what there is of it."""
    for path in (skeleton_of(shard), _passing(shard)):
        path.unlink(missing_ok=True)


def read_skeleton(shard: Shard) -> Skeleton | None:
    """The skeleton there is; None if there is none of this shard, or it is damaged."""
    try:
        with skeleton_of(shard.path).open("rb") as file:
            told, digest = (file.read(_DIGEST_BYTES).decode("ascii", "replace") for _ in range(2))
            if told != shard.sha256 or digest != hashlib.file_digest(file, "sha256").hexdigest():
                return None
            file.seek(2 * _DIGEST_BYTES)
            length = header_length(file.read(LENGTH_BYTES), shard.path.name, shard.bytes)
            file.seek(2 * _DIGEST_BYTES)
            return _skeleton(shard, file.read(length), digest)
    except OSError:
        return None


def make_skeleton(shard: Shard, read: Callable[[int, int], bytes]) -> Skeleton:
    """Fetch what belongs to it; `read` gives the shard's bytes from one place to before another.

    Raises:
        SafetensorsDamaged: the shard has no sound header.
        OSError: it cannot be written.
    """
    start = read(0, min(_START_BYTES, shard.bytes))
    length = header_length(start, shard.path.name, shard.bytes)
    start = start[:length] + (read(len(start), length) if length > len(start) else b"")
    found = _skeleton(shard, start, "")
    digest = hashlib.sha256(start)
    with _passing(shard.path).open("wb") as file:
        file.write(shard.sha256.encode() + bytes(_DIGEST_BYTES) + start)
        for cut in found.cuts[1:]:
            data = read(*cut)
            digest.update(data)
            file.write(data)
        file.seek(_DIGEST_BYTES)
        file.write(digest.hexdigest().encode())
        file.flush()
        os.fsync(file.fileno())
    _passing(shard.path).replace(found.path)
    return replace(found, digest=digest.hexdigest())


def _skeleton(shard: Shard, start: bytes, digest: str) -> Skeleton:
    header = parse_header(start, shard.path.name, shard.bytes)
    return Skeleton(shard, header, ((0, len(start)), *_cuts(header.tensors)), digest)


def _passing(shard: Path) -> Path:
    return shard.with_name(f".{shard.name}.skeleton.new")


def _cuts(tensors: Mapping[str, Tensor]) -> Iterator[tuple[int, int]]:
    """The ranges of a shard's bytes that are needed, those that are near each other as one."""
    wanted = sorted((one.offset, one.offset + count) for name, one in tensors.items() if (count := _planned(name, one)))
    if not wanted:
        return
    start, stop = wanted[0]
    for first, last in wanted[1:]:
        if first - stop > _GAP_BYTES:
            yield start, stop
            start = first
        stop = last
    yield start, stop


def _planned(name: str, tensor: Tensor) -> int:
    """How many bytes of a tensor, from its first one on, a plan may read."""
    if name.endswith(_WHOLE) or _STATES in name:
        return tensor.nbytes
    if name.endswith(_PROBED) and tensor.shape and tensor.shape[0]:
        return tensor.nbytes // tensor.shape[0] * min(PROBED_ROWS, tensor.shape[0])
    return 0
