"""A model's files as the engine needs to know them, from their headers; runs in the engine and probe children."""

from __future__ import annotations

from pathlib import Path

from app.catalog.gguf.facts import shape_of, weights_of
from app.catalog.gguf.header import GgufHeader, read_header, shard_paths
from app.core.paths import expanded
from app.engines.base import ModelSource


def describe(path: Path) -> ModelSource:
    """Read what the engine needs from the headers of a model's file or files.

    Raises:
        FileGone, FileUnreadable, NotGguf, GgufDamaged: see `read_header`.
    """
    path = expanded(path).absolute()
    header = read_header(path)
    if header.shard_number:
        path = shard_paths(header)[0]
        header = read_header(path)
    shards = [header, *(read_header(other) for other in shard_paths(header) if other != path)]
    tensors = [tensor for shard in shards for tensor in shard.tensors]
    width = header.embedding_length // header.heads if header.heads else 0
    return ModelSource(
        path=path,
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        file_bytes=sum(shard.file_bytes for shard in shards),
        shape=shape_of(header),
        weights=weights_of(tensors, header.layers),
        types=frozenset(tensor.type_name for tensor in tensors),
        trained_context=header.context_length,
        rope_dimensions=header.hyperparameter("rope.dimension_count", width),
        rope_base=_rope_base(header),
        chat_template=header.chat_template,
    )


def _rope_base(header: GgufHeader) -> float:
    value = header.metadata.get(f"{header.architecture}.rope.freq_base")
    return float(value) if isinstance(value, (int, float)) else 0.0
