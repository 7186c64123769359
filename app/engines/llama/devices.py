"""What this machine can compute with, and why a GPU that is there is not used; runs in the probe child."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil
from llama_cpp import llama_cpp as llama

from app.core.prediction.probe_frames import DeviceInfo, Machine
from app.engines.llama import native
from app.engines.llama.backends import idle_backends
from app.engines.llama.native import NativeDevice

_SYSFS_PCI = Path("/sys/bus/pci/devices")
_NVIDIA_NODE = Path("/dev/nvidiactl")
_DISPLAY_CLASS = 0x03
_VENDORS = {0x10DE: "NVIDIA", 0x1002: "AMD", 0x8086: "Intel"}
_SOFTWARE = {0x1234, 0x1AF4, 0x15AD, 0x1A03, 0x102B, 0x1B36, 0x1414}
"""Makers of virtual displays and of management controllers, which compute nothing."""

_BACKENDS = {"NVIDIA": "CUDA or Vulkan", "AMD": "Vulkan or ROCm", "Intel": "Vulkan or SYCL"}


def probe() -> Machine:
    """Ask ggml and the system."""
    found = native.devices()
    memory = psutil.virtual_memory()
    return Machine(
        llama_cpp_version=llama.llama_version().decode(),
        devices=tuple(_describe(device, memory.total, memory.available) for device in found),
        memory_total=memory.total,
        memory_available=memory.available,
        physical_cores=psutil.cpu_count(logical=False) or 1,
        logical_cores=os.cpu_count() or 1,
        cpu_features=cpu_features(llama.llama_print_system_info().decode()),
        unused=_unused(found),
    )


def _unused(found: Sequence[NativeDevice]) -> tuple[str, ...]:
    idle = idle_backends(native.LIBRARIES, native.registered_backends())
    return (*unused_gpus(present_gpus(), found), *(backend.sentence for backend in idle))


def cpu_features(system_info: str) -> tuple[str, ...]:
    """The features of `llama_print_system_info` that are on: `CPU : SSE3 = 1 | AVX = 0 | `."""
    features = []
    for part in system_info.rpartition("CPU :")[2].split("|"):
        name, _, value = part.partition("=")
        if value.strip() == "1":
            features.append(name.strip())
    return tuple(features)


def present_gpus() -> tuple[str, ...]:
    """The makers of the GPUs that the system shows, whether a backend can use them or not."""
    pci = (_pci_ids(folder) for folder in sorted(_SYSFS_PCI.iterdir())) if _SYSFS_PCI.is_dir() else ()
    makers = gpu_makers(ids for ids in pci if ids is not None)
    if "NVIDIA" not in makers and _NVIDIA_NODE.exists():
        return (*makers, "NVIDIA")
    return makers


def gpu_makers(devices: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """From PCI (class, vendor) pairs to the makers of what can compute."""
    makers = []
    for device_class, vendor in devices:
        if device_class >> 16 == _DISPLAY_CLASS and vendor not in _SOFTWARE:
            makers.append(_VENDORS.get(vendor, f"maker {vendor:04x}"))
    return tuple(makers)


def unused_gpus(present: Sequence[str], devices: Sequence[NativeDevice]) -> tuple[str, ...]:
    """A sentence with the next step for each maker whose GPU is there while ggml has no GPU device."""
    if any(device.holds_layers for device in devices):
        return ()
    return tuple(_advice(maker) for maker in dict.fromkeys(present))


def _advice(maker: str) -> str:
    article = "An" if maker[0] in "AEIO" or maker == "NVIDIA" else "A"
    backend = _BACKENDS.get(maker, "Vulkan")
    return (
        f"{article} {maker} GPU is present but not used: llama.cpp has no backend at work for it. "
        f"It needs {backend}: the GPU's driver, and a Parley (or llama-cpp-python) built with that backend."
    )


def _describe(device: NativeDevice, memory_total: int, memory_available: int) -> DeviceInfo:
    """The CPU device of ggml tells all memory as free, so the system's own figures stand in."""
    is_cpu = device.kind == "cpu"
    return DeviceInfo(
        name=device.name,
        description=device.description,
        kind=device.kind,
        backend=device.backend,
        total=memory_total if is_cpu else device.total,
        free=memory_available if is_cpu else device.free,
    )


def _pci_ids(folder: Path) -> tuple[int, int] | None:
    try:
        return int((folder / "class").read_text(), 16), int((folder / "vendor").read_text(), 16)
    except (OSError, ValueError):
        return None
