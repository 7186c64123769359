"""What a model needs of this machine, and whether it runs here: values only, used by every process."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from app.core.engine.loading import FlashAttention, KvType, LoadOptions
from app.core.prediction.probe_frames import DeviceInfo, Machine

MIB = 1024**2

MARGIN = 256 * MIB
"""Left free on every device, for the system, the desktop and what is not foreseen: the only margin there is."""

CONTEXT_BYTES: Mapping[str, int] = {"CUDA": 450 * MIB, "ROCm": 400 * MIB}
"""What a backend takes of a GPU before the first weight: the driver's context and its kernels."""

NARROW_VECTOR, WIDE_VECTOR = 32, 64
"""`GGML_F16_STEP` of ggml's `simd-mappings.h`: of most processors, and with AVX-512."""


class DeviceKind(StrEnum):
    """Whose memory it is; `UNIFIED` memory is a part of main memory that a GPU may use, `REMOTE` another machine's."""

    CPU = "cpu"
    GPU = "gpu"
    UNIFIED = "unified"
    REMOTE = "remote"


class Device(msgspec.Struct, frozen=True):
    """Where parts of a model can lie; sizes in bytes, `bandwidth` in bytes per second, 0 where unknown."""

    name: str
    kind: DeviceKind
    total: int
    free: int
    backend: str
    bandwidth: float = 0.0
    description: str = ""

    @property
    def room(self) -> int:
        """What may be filled."""
        return max(self.free - MARGIN, 0)


class Hardware(msgspec.Struct, frozen=True):
    """Main memory, and the GPUs that llama.cpp would use; unified memory is within `memory` too.

    Devices of other machines count among the GPUs.

    `reclaimed` are the bytes that unloading our own model gives back, counted as free already.
    Of the processor, `cores` are those that compute, and `vector` is how many numbers llama.cpp has
    each take in one step.
    """

    memory: Device
    gpus: tuple[Device, ...] = ()
    reclaimed: int = 0
    cores: int = 4
    vector: int = NARROW_VECTOR

    @staticmethod
    def of(machine: Machine, reclaimed: Mapping[str, int] | None = None) -> Hardware:
        """What a probe found, once our own model has been unloaded.

        An integrated GPU counts only where there is no other, as llama.cpp has it. A GPU's free
        memory was read with a backend's context in place, which the engine's own replaces.

        Args:
            machine: the probe's answer.
            reclaimed: bytes that the loaded model holds by device name, main memory's being `CPU`.
        """
        given_back = reclaimed or {}
        within = sum(given_back.get(device.name, 0) for device in machine.devices if shares_memory(device))
        free = machine.memory_available + given_back.get("CPU", 0) + within
        total = machine.memory_total
        memory = Device("CPU", DeviceKind.CPU, total, min(free, total), "CPU", machine.memory_bandwidth)
        found = [device for device in machine.devices if device.kind == "gpu"]
        found = found or [device for device in machine.devices if device.kind == "igpu"]
        gpus = tuple(_gpu(device, memory, given_back.get(device.name, 0)) for device in found)
        vector = WIDE_VECTOR if "AVX512" in machine.cpu_features else NARROW_VECTOR
        return Hardware(memory, gpus, sum(given_back.values()), max(machine.physical_cores, 1), vector)

    def with_remote(self, devices: tuple[Device, ...]) -> Hardware:
        """The same, with devices of other machines, which llama.cpp fills before the GPUs of this one."""
        return msgspec.structs.replace(self, gpus=(*devices, *self.gpus))


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a model would be loaded; lengths in tokens. `gpu_layers` None means as many as fit."""

    context_length: int
    kv_type_k: KvType = KvType.F16
    kv_type_v: KvType = KvType.F16
    flash_attention: FlashAttention = FlashAttention.AUTO
    micro_batch_size: int = 512
    gpu_layers: int | None = None

    @staticmethod
    def of(options: LoadOptions, context_length: int) -> Plan:
        """What load options say, for a context that has been decided."""
        return Plan(
            context_length=context_length,
            kv_type_k=options.kv_type_k,
            kv_type_v=options.kv_type_v,
            flash_attention=options.flash_attention,
            micro_batch_size=min(options.micro_batch_size, options.batch_size, context_length),
            gpu_layers=options.gpu_layers,
        )


class Need(msgspec.Struct, frozen=True):
    """What one device has to hold, in bytes by part."""

    device: str
    weights: int = 0
    kv: int = 0
    compute: int = 0
    overhead: int = 0

    @property
    def total(self) -> int:
        """All parts."""
        return self.weights + self.kv + self.compute + self.overhead


class Placement(StrEnum):
    """The verdict in a word."""

    ALL_ON_GPU = "all-on-gpu"
    PARTLY = "partly"
    CPU = "cpu"
    DOES_NOT_FIT = "does-not-fit"


class Verdict(msgspec.Struct, frozen=True):
    """Whether and where it runs: `gpu_layers` of `layers` on GPUs, the output counted as a layer."""

    placement: Placement
    gpu_layers: int
    layers: int

    @property
    def fits(self) -> bool:
        """Whether it can be loaded at all."""
        return self.placement is not Placement.DOES_NOT_FIT


class Speed(msgspec.Struct, frozen=True):
    """Tokens per second that a reply will be written with: the likely rate, and the range it lies in."""

    low: float
    likely: float
    high: float


class NeedSource(StrEnum):
    """How a need was told: by formula, by llama.cpp's own plan, or in between two of those."""

    FORMULA = "formula"
    BETWEEN = "between"
    MEASURED = "measured"


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A variant on this machine at one context length.

    `needs` has main memory first and then the GPUs; `missing` are the bytes by which the most
    crowded device is exceeded, 0 where all fits. `speed` is None where it does not fit. `quality` is
    a hint from 1 (poor) to 5 (as the original). `exact` is false where the weights were estimated.
    """

    needs: tuple[Need, ...]
    verdict: Verdict
    speed: Speed | None
    quality: int
    context_length: int
    missing: int = 0
    exact: bool = True
    source: NeedSource = NeedSource.FORMULA

    @property
    def total(self) -> int:
        """All that is needed, in bytes."""
        return sum(need.total for need in self.needs)

    def part(self, name: str) -> int:
        """`weights`, `kv`, `compute` or `overhead` over all devices, in bytes."""
        return sum(getattr(need, name) for need in self.needs)


class ReasonKind(StrEnum):
    """Why a variant is starred: the finest that answers fast enough, by where it runs; or the fastest there is."""

    BEST_ON_GPU = "best-on-gpu"
    BEST_PARTLY = "best-partly"
    BEST_ON_CPU = "best-on-cpu"
    FASTEST = "fastest"


class Reason(msgspec.Struct, frozen=True):
    """The data of a sentence: the kind, and what stands in it."""

    kind: ReasonKind
    fit: Fit


def shares_memory(device: DeviceInfo) -> bool:
    """Whether a GPU's memory is the machine's main memory: an integrated GPU, or Apple's."""
    return device.kind == "igpu" or device.backend in ("MTL", "Metal")


def _gpu(device: DeviceInfo, memory: Device, reclaimed: int) -> Device:
    free = min(device.free + reclaimed + CONTEXT_BYTES.get(device.backend, 0), device.total)
    is_unified = shares_memory(device)
    return Device(
        name=device.name,
        kind=DeviceKind.UNIFIED if is_unified else DeviceKind.GPU,
        total=device.total,
        free=min(free, memory.free) if is_unified else free,
        backend=device.backend,
        bandwidth=memory.bandwidth if is_unified else 0.0,
        description=device.description,
    )
