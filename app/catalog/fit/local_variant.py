"""A GGUF file on disk as the variant it is, so that it can be compared with what the Hub has."""

from __future__ import annotations

from pathlib import Path

from app.catalog.gguf.facts import shape_of, weights_of
from app.catalog.gguf.header import read_header, shard_paths
from app.core.catalog.hub import Format, RemoteFile, Variant


def local_variant(path: Path) -> Variant:
    """Read the headers of a file, or of all shards that it is one of.

    Raises:
        FileGone, FileUnreadable, NotGguf, GgufDamaged: see `read_header`.
    """
    own = read_header(path)
    shards = [own if other == own.path else read_header(other) for other in shard_paths(own)]
    first = shards[0]
    tensors = [tensor for shard in shards for tensor in shard.tensors]
    elements = sum(shard.parameters for shard in shards)
    return Variant(
        repo="",
        branch="",
        commit="",
        name=first.name,
        format=Format.GGUF,
        quantization=first.quantization,
        bits_per_weight=sum(tensor.nbytes for tensor in tensors) * 8 / elements if elements else 0.0,
        files=tuple(RemoteFile(str(shard.path), shard.file_bytes) for shard in shards),
        parameters=elements,
        architecture=first.architecture,
        context_length=first.context_length,
        header_file=str(first.path),
        shape=shape_of(first),
        weights=weights_of(tensors, first.layers),
    )
