"""Simulated machines, as a probe would have found them."""

from __future__ import annotations

from app.core.prediction.probe_frames import DeviceInfo, Machine

GB = 10**9


def machine(memory: int, free: int, *gpus: DeviceInfo, bandwidth: float = 0.0) -> Machine:
    cpu = DeviceInfo("CPU", "Octa-core CPU", "cpu", "CPU", memory, free)
    return Machine(
        llama_cpp_version="b6000",
        devices=(cpu, *gpus),
        memory_total=memory,
        memory_available=free,
        physical_cores=8,
        logical_cores=16,
        cpu_features=("AVX2", "FMA"),
        memory_bandwidth=bandwidth,
    )


def cuda(number: int, name: str, total: int, free: int) -> DeviceInfo:
    return DeviceInfo(f"CUDA{number}", f"NVIDIA GeForce {name}", "gpu", "CUDA", total, free)


LAPTOP = machine(8 * GB, 5_100_000_000, bandwidth=24e9)
DESKTOP = machine(16 * GB, 11_200_000_000, cuda(0, "RTX 4070", 12 * GB, 10_800_000_000), bandwidth=42e9)
MAC = machine(
    24 * GB,
    17_500_000_000,
    DeviceInfo("MTL0", "Apple M4", "igpu", "MTL", 18 * GB, 17 * GB),
    bandwidth=84e9,
)
WORKSTATION = machine(
    128 * GB,
    112 * GB,
    cuda(0, "RTX 4090", 24 * GB, 22_800_000_000),
    cuda(1, "RTX 4090", 24 * GB, 23_200_000_000),
    bandwidth=196e9,
)
MACHINES = {"laptop": LAPTOP, "desktop": DESKTOP, "mac": MAC, "workstation": WORKSTATION}
