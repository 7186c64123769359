"""How much memory the KV cache of a model needs, from its header alone; runs in any process."""

from __future__ import annotations

from app.catalog.gguf.facts import shape_of
from app.catalog.gguf.header import GgufHeader
from app.core.engine.loading import KvType
from app.core.prediction.fit import Plan
from app.core.prediction.footprint import layer_kv

DEFAULT_MICRO_BATCH = 512


def kv_bytes(
    header: GgufHeader,
    context_length: int,
    kv_type_k: KvType = KvType.F16,
    kv_type_v: KvType = KvType.F16,
    *,
    micro_batch_size: int = DEFAULT_MICRO_BATCH,
) -> int:
    """What all layers keep for a context in tokens, in bytes, for one sequence; see `layer_kv`."""
    plan = Plan(
        context_length=context_length,
        kv_type_k=kv_type_k,
        kv_type_v=kv_type_v,
        micro_batch_size=micro_batch_size,
    )
    return sum(layer_kv(shape_of(header), plan))
