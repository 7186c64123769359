"""How much memory the engine holds, and whether to map a file; runs in the engine child."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import psutil

from app.engines.llama.native import NativeDevice

_REPACKED: dict[str, frozenset[str]] = {
    "AVX2": frozenset({"Q4_0", "Q4_K", "IQ4_NL", "MXFP4"}),
    "AVX512": frozenset({"Q2_K"}),
    "DOTPROD": frozenset({"Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "IQ4_NL", "MXFP4", "Q1_0"}),
}
"""The tensor types that ggml's CPU backend rearranges at load, by the processor feature it does so for
(`ggml_repack_get_optimal_repack_type` of its `repack.cpp`)."""


def is_repacked(types: Iterable[str], cpu_features: Collection[str]) -> bool:
    """Whether tensors of these types are copied into another arrangement.

    A file that is mapped would then be in memory twice: as it lies on disk, and rearranged.
    """
    rearranged = frozenset[str]().union(*(_REPACKED.get(feature, ()) for feature in cpu_features))
    return not rearranged.isdisjoint(types)


def resident_bytes() -> int:
    """The main memory this process holds now."""
    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The most main memory this process has held."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def free_by_gpu(devices: Iterable[NativeDevice]) -> dict[str, int]:
    """What is free on each GPU with a memory of its own, by the device's name."""
    return {device.name: device.free for device in devices if device.kind == "gpu" and not device.shares_memory}


def taken_by_gpu(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """What has gone of each GPU's free memory in between; nothing where others have given back more."""
    return {name: max(before[name] - free, 0) for name, free in now.items() if name in before}
