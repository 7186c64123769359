"""What a memory estimate needs of a GGUF model, from its header; runs in any process."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from app.catalog.gguf.header import GgufHeader, TensorInfo
from app.catalog.gguf.layer_kinds import cached_layers, windowed_layers
from app.catalog.gguf.reader import ArraySummary
from app.core.catalog.hub import ModelShape, Weights

_LAYER = re.compile(r"^blk\.(\d+)\.")
_EMBEDDINGS = ("token_embd", "per_layer_token_embd", "position_embd", "token_types")
_STATE_VALUE_BYTES = 4


def shape_of(header: GgufHeader) -> ModelShape:
    """The architecture's widths; what a cut-off header does not reach is 0."""
    even = header.embedding_length // header.heads if header.heads else 0
    cached = cached_layers(header)
    kv_heads = tuple(heads if keeps else 0 for heads, keeps in zip(header.kv_heads, cached, strict=True))
    windowed = windowed_layers(header)
    recurrent = sum(1 for heads in kv_heads if heads == 0)
    key = header.hyperparameter("attention.key_length", even)
    value = header.hyperparameter("attention.value_length", even)
    # Older files of these models keep keys and values of every head, whatever rank they were trained with.
    is_latent = header.hyperparameter("attention.key_length_mla") > 0
    return ModelShape(
        architecture=header.architecture,
        layers=header.layers,
        embedding=header.embedding_length,
        feed_forward=_feed_forward(header),
        heads=header.heads,
        kv_heads=kv_heads,
        key_width=key,
        value_width=value,
        vocabulary=_vocabulary(header),
        context_length=header.context_length,
        sliding_window=header.hyperparameter("attention.sliding_window"),
        sliding_layers=tuple(windowed) if any(windowed) else (),
        experts=header.experts,
        experts_used=header.experts_used,
        kv_lora_rank=value if is_latent else 0,
        rope_width=key - value if is_latent else header.hyperparameter("rope.dimension_count", even),
        state_bytes=recurrent * _state_elements(header) * _STATE_VALUE_BYTES,
        window_key_width=header.hyperparameter("attention.key_length_swa"),
        window_value_width=header.hyperparameter("attention.value_length_swa"),
    )


def weights_of(tensors: Iterable[TensorInfo], layers: int) -> Weights:
    """The tensors of all shards by place, exact."""
    by_layer, by_expert = [0] * layers, [0] * layers
    types, looked_up = Counter[str](), Counter[str]()
    embedding = output = 0
    tied = True
    for tensor in tensors:
        is_embedding = tensor.name.startswith(_EMBEDDINGS)
        (looked_up if is_embedding else types)[tensor.type_name] += tensor.nbytes
        found = _LAYER.match(tensor.name)
        if found and int(found[1]) < layers:
            by_layer[int(found[1])] += tensor.nbytes
            by_expert[int(found[1])] += tensor.nbytes if "_exps" in tensor.name else 0
        elif is_embedding:
            embedding += tensor.nbytes
        else:
            output += tensor.nbytes
            tied = tied and tensor.name != "output.weight"
    experts = tuple(by_expert) if any(by_expert) else ()
    read = dict(types + looked_up if tied else types)
    return Weights(embedding, output, tuple(by_layer), experts, tied=tied, types=read)


def estimated_parameters(shape: ModelShape) -> int:
    """The number of weights of a transformer of this shape: within 2 % for the usual architectures.

    Attention has queries, keys, values and the output projection; the feed-forward part three
    matrices (gate, up, down), once for each expert; embedding and output are two matrices.
    """
    return (2 * shape.vocabulary + 1) * shape.embedding + sum(_layer_parameters(shape))


def estimated_weights(shape: ModelShape, file_bytes: int) -> Weights | None:
    """A file's bytes spread over its parts as their numbers of weights are; None without a shape."""
    layers = _layer_parameters(shape)
    vocabulary = shape.vocabulary * shape.embedding
    total = sum(layers) + 2 * vocabulary
    if not total or not layers:
        return None
    by_layer = tuple(file_bytes * count // total for count in layers)
    embedding = file_bytes * vocabulary // total
    experts: tuple[int, ...] = ()
    if shape.experts:
        part = 3 * shape.embedding * shape.feed_forward * shape.experts
        experts = tuple(min(file_bytes * part // total, whole) for whole in by_layer)
    return Weights(embedding, file_bytes - embedding - sum(by_layer), by_layer, experts, exact=False)


def _layer_parameters(shape: ModelShape) -> list[int]:
    width, queries = shape.embedding, shape.heads * shape.key_width
    feed_forward = 3 * width * shape.feed_forward * max(shape.experts, 1)
    counts = []
    for kv_heads in shape.kv_heads:
        attention = width * (queries + kv_heads * (shape.key_width + shape.value_width))
        attention += shape.heads * shape.value_width * width
        counts.append(attention + feed_forward + 2 * width)
    return counts


def _feed_forward(header: GgufHeader) -> int:
    """The inner width, of one expert where there are experts."""
    whole = max(header.per_layer("feed_forward_length", 0), default=0)
    return header.hyperparameter("expert_feed_forward_length", whole) if header.experts else whole


def _vocabulary(header: GgufHeader) -> int:
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    if isinstance(tokens, ArraySummary):
        return tokens.length
    return len(tokens) if isinstance(tokens, tuple) else header.hyperparameter("vocab_size")


def _state_elements(header: GgufHeader) -> int:
    """Values that a recurrent layer keeps for one sequence (`n_embd_r` and `n_embd_s` of llama.cpp)."""
    inner, state = header.hyperparameter("ssm.inner_size"), header.hyperparameter("ssm.state_size")
    kernel, groups = header.hyperparameter("ssm.conv_kernel"), header.hyperparameter("ssm.group_count")
    return max(kernel - 1, 0) * (inner + 2 * groups * state) + state * inner
