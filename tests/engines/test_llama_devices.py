"""What a probe tells, from this machine and from recorded answers of others."""

from __future__ import annotations

from app.engines.llama.devices import cpu_features, gpu_makers, probe, unused_gpus
from app.engines.llama.memory import taken_by_gpu
from app.engines.llama.native import NativeDevice

CPU = NativeDevice("CPU", "A processor", "cpu", "CPU", 0, 0)
GPU = NativeDevice("CUDA0", "NVIDIA H200", "gpu", "CUDA", 2, 1)


def test_this_machine_is_described(engine):
    machine = probe()
    assert any(device.kind == "cpu" for device in machine.devices)
    assert 0 < machine.memory_available <= machine.memory_total
    assert 1 <= machine.physical_cores <= machine.logical_cores
    assert machine.cpu_features and machine.llama_cpp_version


def test_features_that_are_on_are_read():
    info = "CPU : SSE3 = 1 | AVX = 1 | AVX512 = 0 | LLAMAFILE = 1 | REPACK = 1 | "
    assert cpu_features(info) == ("SSE3", "AVX", "LLAMAFILE", "REPACK")
    assert cpu_features("CUDA : ARCHS = 890 | USE_GRAPHS = 1 | CPU : NEON = 1 | ") == ("NEON",)


def test_display_controllers_are_told_from_what_cannot_compute():
    ids = [(0x030000, 0x1A03), (0x030200, 0x10DE), (0x030000, 0x8086), (0x020000, 0x10DE), (0x030000, 0x1234)]
    assert gpu_makers(ids) == ("NVIDIA", "Intel")


def test_a_gpu_without_a_backend_is_explained_once():
    (sentence,) = unused_gpus(("NVIDIA", "NVIDIA"), [CPU])
    assert sentence.startswith("An NVIDIA GPU is present but not used")
    assert "CUDA or Vulkan" in sentence


def test_a_used_gpu_needs_no_words():
    assert unused_gpus(("NVIDIA",), [CPU, GPU]) == ()
    assert unused_gpus((), [CPU]) == ()


def test_what_a_model_takes_is_told_card_by_card():
    before = {"CUDA0": 22_000, "CUDA1": 23_000}
    assert taken_by_gpu(before, {"CUDA0": 8_000, "CUDA1": 23_500}) == {"CUDA0": 14_000, "CUDA1": 0}
    assert taken_by_gpu({}, {"CUDA0": 8_000}) == {}
