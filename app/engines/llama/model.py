"""A model and its context in memory: put there, described, and taken away; runs in the engine child."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import psutil
from llama_cpp import llama_cpp as llama

from app.core.engine.engine_frames import LoadProgress
from app.core.engine.loading import FlashAttention, KvType, LoadOptions, RopeKind
from app.core.engine.model_errors import ArchitectureUnknown, ModelLoadFailed, OutOfMemory
from app.core.engine.token_cost import TokenCost
from app.core.errors import Cancelled, ParleyError
from app.core.prediction.fit import DeviceKind, Hardware, Need
from app.core.prediction.fit import Plan as MemoryPlan
from app.core.prediction.footprint import Allotment, allot, footprint
from app.core.prediction.speed import token_cost
from app.core.program.setting_errors import InvalidOption
from app.core.sizes import format_bytes
from app.engines.base import Emit, ModelSource, StopFlag
from app.engines.llama import devices, native, rpc
from app.engines.llama.memory import is_repacked, resident_bytes
from app.engines.llama.native import NativeDevice, NativeLog
from app.engines.llama.options import UNQUANTIZED, resolve, rope_parameters
from app.engines.llama.vocabulary import Vocabulary
from app.engines.reasoning import TAGS

_T = TypeVar("_T")

_GGML_TYPE_BF16 = 30
"""Of `enum ggml_type` in ggml.h; llama_cpp leaves it out."""

_KV_TYPES = {
    KvType.F32: llama.GGML_TYPE_F32,
    KvType.F16: llama.GGML_TYPE_F16,
    KvType.BF16: _GGML_TYPE_BF16,
    KvType.Q8_0: llama.GGML_TYPE_Q8_0,
    KvType.Q5_1: llama.GGML_TYPE_Q5_1,
    KvType.Q5_0: llama.GGML_TYPE_Q5_0,
    KvType.Q4_1: llama.GGML_TYPE_Q4_1,
    KvType.Q4_0: llama.GGML_TYPE_Q4_0,
}
_FLASH = {
    FlashAttention.AUTO: llama.LLAMA_FLASH_ATTN_TYPE_AUTO,
    FlashAttention.ON: llama.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    FlashAttention.OFF: llama.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
_ROPE = {
    RopeKind.MODEL: llama.LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED,
    RopeKind.NONE: llama.LLAMA_ROPE_SCALING_TYPE_NONE,
    RopeKind.LINEAR: llama.LLAMA_ROPE_SCALING_TYPE_LINEAR,
    RopeKind.YARN: llama.LLAMA_ROPE_SCALING_TYPE_YARN,
}

_REASONING_TAGS = tuple(text for tags in TAGS for text in tags)


@dataclass(frozen=True)
class Plan:
    """What a load will do: `options` has nothing open, `allotment` says what will lie where."""

    options: LoadOptions
    allotment: Allotment
    hardware: Hardware
    device: str

    @property
    def context_length(self) -> int:
        """Tokens."""
        return _known(self.options.context_length)

    @property
    def gpu_layers(self) -> int:
        """Layers on GPUs, the output counted as one."""
        return _known(self.options.gpu_layers)

    @property
    def needs_here(self) -> list[Need]:
        """What this machine's devices have to hold."""
        elsewhere = {gpu.name for gpu in self.hardware.gpus if gpu.kind is DeviceKind.REMOTE}
        return [need for need in self.allotment.needs if need.device not in elsewhere]


@dataclass(frozen=True)
class LoadedModel:
    """Native pointers and what belongs to them; `close` ends their life."""

    source: ModelSource
    plan: Plan
    model: llama.llama_model_p
    context: llama.llama_context_p
    vocabulary: Vocabulary

    def token_cost(self, tokens: float) -> TokenCost:
        """What a token takes on nominal devices while the context holds so many."""
        source, plan = self.source, self.plan
        return token_cost(
            source.shape,
            source.weights,
            MemoryPlan.of(plan.options, plan.context_length),
            plan.allotment,
            plan.hardware,
            tokens=tokens,
            quantization=source.quantization,
        )

    def close(self) -> None:
        """Free context and model."""
        llama.llama_free(self.context)
        llama.llama_model_free(self.model)


def plan_load(
    source: ModelSource, options: LoadOptions, hardware: Hardware, cores: int, cpu_features: Collection[str] = ()
) -> Plan:
    """Decide what is open, by the same rule that recommends a model; see `decide`.

    Raises:
        InvalidOption: options contradict each other or the model.
        OutOfMemory: the model does not fit.
    """
    plan = decide(source, options, hardware, cores, cpu_features)
    if not plan.allotment.verdict.fits:
        raise _too_large(source, plan.allotment, hardware)
    return plan


def decide(
    source: ModelSource, options: LoadOptions, hardware: Hardware, cores: int, cpu_features: Collection[str] = ()
) -> Plan:
    """The plan of a load, whether it fits or not.

    A file whose tensors the processor wants rearranged is not mapped, or it would be in memory twice.

    Raises:
        InvalidOption: options contradict each other or the model.
    """
    resolved = resolve(options, source, cores)
    if resolved.flash_attention is FlashAttention.OFF and resolved.kv_type_v not in UNQUANTIZED:
        reason = "quantized values in the KV cache need flash attention"
        raise InvalidOption(option="kv_type_v", value=str(resolved.kv_type_v), reason=reason)
    plan = MemoryPlan.of(resolved, _known(resolved.context_length))
    allotment = allot(footprint(source.shape, source.weights, plan), hardware, plan.gpu_layers)
    layers = allotment.verdict.gpu_layers
    mapped = resolved.use_mmap and (bool(hardware.gpus) or not is_repacked(source.types, cpu_features))
    device = " + ".join(gpu.description or gpu.name for gpu in hardware.gpus) if layers else "CPU"
    decided = msgspec.structs.replace(resolved, gpu_layers=layers, use_mmap=mapped)
    return Plan(decided, allotment, hardware, device)


def load_model(
    source: ModelSource,
    options: LoadOptions,
    remote: Sequence[NativeDevice],
    emit: Emit,
    stop: StopFlag,
    log: NativeLog,
) -> LoadedModel:
    """Put a model into memory, ready to answer; `remote` are the devices of other machines.

    Raises:
        Cancelled: `stop` was set.
        InvalidOption: options contradict each other or the model.
        OutOfMemory: the model does not fit.
        ArchitectureUnknown: llama.cpp cannot run it.
        ModelLoadFailed: llama.cpp refused it for another reason.
    """
    machine = devices.probe()
    hardware = Hardware.of(machine, {"CPU": resident_bytes()}).with_remote(tuple(map(rpc.as_remote, remote)))
    plan = plan_load(source, options, hardware, physical_cores(), machine.cpu_features)
    log.clear()
    model = _load_weights(source, plan, _offload_to(remote), emit, stop, log)
    context = llama.llama_init_from_model(model, context_parameters(source, plan))
    if not context:
        llama.llama_model_free(model)
        raise load_error(source, log)
    return LoadedModel(source, plan, model, context, Vocabulary(model, _REASONING_TAGS))


def physical_cores() -> int:
    """Cores this process may use, hyper-threads not counted."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


def _offload_to(remote: Sequence[NativeDevice]) -> ctypes.Array[ctypes.c_void_p] | None:
    """What to name as the devices of a load: nothing where llama.cpp is to use all that it knows."""
    if not remote:
        return None
    known = native.devices()
    here = [device for device in known if device.kind == "gpu"] or [device for device in known if device.kind == "igpu"]
    handles = [device.handle for device in (*remote, *here)]
    return (ctypes.c_void_p * (len(handles) + 1))(*handles, None)


def _load_weights(
    source: ModelSource,
    plan: Plan,
    offload_to: ctypes.Array[ctypes.c_void_p] | None,
    emit: Emit,
    stop: StopFlag,
    log: NativeLog,
) -> llama.llama_model_p:
    shown = -1

    def progress(fraction: float, _data: object) -> bool:
        nonlocal shown
        percent = int(fraction * 100)
        if percent > shown:
            shown = percent
            emit(LoadProgress(fraction=percent / 100))
        return not stop.is_set

    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = plan.gpu_layers
    parameters.devices = ctypes.cast(offload_to, ctypes.c_void_p) if offload_to is not None else None
    parameters.load_mode = _load_mode(plan.options)
    callback = llama.llama_progress_callback(progress)
    parameters.progress_callback = callback
    model: llama.llama_model_p | None = llama.llama_model_load_from_file(os.fsencode(source.path), parameters)
    if stop.is_set:
        if model:
            llama.llama_model_free(model)
        raise Cancelled
    if not model:
        raise load_error(source, log)
    return model


def _load_mode(options: LoadOptions) -> int:
    if options.use_mmap:
        return llama.LLAMA_LOAD_MODE_MMAP_MLOCK if options.lock_memory else llama.LLAMA_LOAD_MODE_MMAP
    return llama.LLAMA_LOAD_MODE_MLOCK if options.lock_memory else llama.LLAMA_LOAD_MODE_NONE


def context_parameters(source: ModelSource, plan: Plan) -> llama.llama_context_params:
    """What llama.cpp is told for a context of the plan."""
    options = plan.options
    rope = rope_parameters(options.rope, source, plan.context_length)
    parameters: llama.llama_context_params = llama.llama_context_default_params()
    parameters.n_ctx = plan.context_length
    parameters.n_batch = options.batch_size
    parameters.n_ubatch = options.micro_batch_size
    parameters.n_outputs_max = 1
    parameters.n_threads = _known(options.threads)
    parameters.n_threads_batch = _known(options.batch_threads)
    parameters.flash_attn_type = _FLASH[options.flash_attention]
    parameters.type_k = _KV_TYPES[options.kv_type_k]
    parameters.type_v = _KV_TYPES[options.kv_type_v]
    parameters.no_perf = True
    parameters.swa_full = False
    parameters.rope_scaling_type = _ROPE[rope.kind]
    parameters.rope_freq_base = rope.base
    parameters.rope_freq_scale = rope.scale
    if rope.kind is RopeKind.YARN:
        parameters.yarn_orig_ctx = rope.original_context
    for field, value in (
        ("yarn_ext_factor", options.rope.yarn_extrapolation),
        ("yarn_attn_factor", options.rope.yarn_attention),
        ("yarn_beta_fast", options.rope.yarn_beta_fast),
        ("yarn_beta_slow", options.rope.yarn_beta_slow),
    ):
        if value is not None:
            setattr(parameters, field, value)
    return parameters


def _too_large(source: ModelSource, allotment: Allotment, hardware: Hardware) -> OutOfMemory:
    """Name the device that is exceeded; unified memory is main memory too."""
    memory, *others = allotment.needs
    need, room = memory.total, hardware.memory.room
    for gpu, on_gpu in zip(hardware.gpus, others, strict=False):
        if on_gpu.total > gpu.room:
            return OutOfMemory(file=source.path.name, need=format_bytes(on_gpu.total), free=format_bytes(gpu.room))
        need += on_gpu.total if gpu.kind is DeviceKind.UNIFIED else 0
    return OutOfMemory(file=source.path.name, need=format_bytes(need), free=format_bytes(room))


def load_error(source: ModelSource, log: NativeLog) -> ParleyError:
    """Why llama.cpp refused; it gives no reason but in its log, where only this one is told apart."""
    if "unknown model architecture" in log.text:
        return ArchitectureUnknown(log.text, file=source.path.name, architecture=source.architecture)
    return ModelLoadFailed(log.text, file=source.path.name)


def _known(value: _T | None) -> _T:
    assert value is not None
    return value
