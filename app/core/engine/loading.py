"""How a model is put into memory, as the user states it; the engine resolves what is left open."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

DEFAULT_CONTEXT = 8192


class KvType(StrEnum):
    """Element type of the KV cache."""

    F16 = "f16"
    BF16 = "bf16"
    F32 = "f32"
    Q8_0 = "q8_0"
    Q5_1 = "q5_1"
    Q5_0 = "q5_0"
    Q4_1 = "q4_1"
    Q4_0 = "q4_0"


class FlashAttention(StrEnum):
    """Whether attention is computed in one fused step; llama.cpp decides by itself on `auto`."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class RopeKind(StrEnum):
    """How positions beyond the trained context are expressed."""

    MODEL = "model"
    NONE = "none"
    LINEAR = "linear"
    YARN = "yarn"
    DYNAMIC = "dynamic"


class RopeScaling(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Rotary position scaling; `MODEL` leaves all to the file.

    `factor` is how many times longer than trained the context becomes. `DYNAMIC` is the NTK-aware
    scaling that transformers calls "dynamic", fixed at load for the context length in use. The
    `yarn_*` values of None keep llama.cpp's own.
    """

    kind: RopeKind = RopeKind.MODEL
    factor: Annotated[float, Meta(ge=1, le=1024)] = 1.0
    freq_base: Annotated[float, Meta(gt=0)] | None = None
    original_context: Annotated[int, Meta(ge=1)] | None = None
    yarn_extrapolation: float | None = None
    yarn_attention: float | None = None
    yarn_beta_fast: float | None = None
    yarn_beta_slow: float | None = None


class LoadOptions(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True):
    """Options of one load.

    `context_length` None means `DEFAULT_CONTEXT` or the trained length, whichever is shorter.
    `gpu_layers` None means as many as fit, `threads` None the physical cores. Lengths and batches
    are in tokens. `rpc_hosts` are machines that take layers as GPUs do, each `host:port` of an RPC server.
    """

    context_length: Annotated[int, Meta(ge=64)] | None = None
    gpu_layers: Annotated[int, Meta(ge=0)] | None = None
    threads: Annotated[int, Meta(ge=1, le=512)] | None = None
    batch_threads: Annotated[int, Meta(ge=1, le=512)] | None = None
    batch_size: Annotated[int, Meta(ge=1)] = 2048
    micro_batch_size: Annotated[int, Meta(ge=1)] = 512
    kv_type_k: KvType = KvType.F16
    kv_type_v: KvType = KvType.F16
    flash_attention: FlashAttention = FlashAttention.AUTO
    rope: RopeScaling = RopeScaling()
    use_mmap: bool = True
    lock_memory: bool = False
    rpc_hosts: tuple[str, ...] = ()
