"""Loading: progress, cancel, options, memory, and every file that cannot be loaded."""

from __future__ import annotations

import dataclasses

import gguf
import msgspec
import pytest

from app.core.catalog.hub import Weights
from app.core.engine.engine_frames import LoadProgress
from app.core.engine.loading import FlashAttention, KvType, LoadOptions, RopeKind, RopeScaling
from app.core.engine.model_errors import ArchitectureUnknown, ModelLoadFailed, OutOfMemory
from app.core.engine.sampling import Sampling
from app.core.errors import Cancelled
from app.core.prediction.fit import MARGIN, Device, DeviceKind, Hardware, Plan
from app.core.prediction.footprint import allot, footprint
from app.core.program.setting_errors import InvalidOption
from app.engines.base import StopFlag
from app.engines.llama.memory import is_repacked
from app.engines.llama.model import plan_load
from app.engines.llama.options import ntk_base, resolve, rope_parameters
from app.worker.engine_role import describe

MIB = 1024**2


def machine(free, *gpus):
    return Hardware(Device("CPU", DeviceKind.CPU, 2 * free, free, "CPU"), gpus)


def gpu(free, kind=DeviceKind.GPU):
    return Device("GPU0", kind, free * 2, free, "Vulkan")


@pytest.fixture
def tiny_source(tiny_gguf):
    return describe(tiny_gguf)


def empty_model(path, architecture):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_progress_grows_to_one_and_the_model_is_described(engine, tiny_gguf):
    events = []
    info = engine.load(describe(tiny_gguf), LoadOptions(), events.append, StopFlag())
    fractions = [event.fraction for event in events if isinstance(event, LoadProgress)]
    assert fractions == sorted(set(fractions)) and fractions[-1] == 1.0
    assert (info.architecture, info.quantization, info.layers) == ("llama", "Q8_0", 2)
    assert info.context_length == info.trained_context == 4096
    assert info.bytes == tiny_gguf.stat().st_size
    assert info.options.threads and info.options.gpu_layers == info.gpu_layers
    assert info.device and info.memory_bytes > info.bytes and info.parameters > 300_000


def test_a_load_is_cancelled_and_another_one_works(talk, tiny_gguf):
    stop = StopFlag()
    with pytest.raises(Cancelled):
        talk.engine.load(describe(tiny_gguf), LoadOptions(), lambda event: stop.set(), stop)
    assert talk.load(tiny_gguf).say("Hello").text


def test_an_unknown_architecture_is_named(engine, tmp_path):
    source = describe(empty_model(tmp_path / "zebra.gguf", "zebra"))
    with pytest.raises(ArchitectureUnknown) as caught:
        engine.load(source, LoadOptions(), lambda event: None, StopFlag())
    assert "zebra" in caught.value.sentence


def test_a_model_that_llama_cpp_refuses_carries_its_log(engine, tmp_path):
    source = describe(empty_model(tmp_path / "hollow.gguf", "llama"))
    with pytest.raises(ModelLoadFailed) as caught:
        engine.load(source, LoadOptions(), lambda event: None, StopFlag())
    assert "llama_model_load" in caught.value.detail


def test_more_context_than_trained_needs_scaling(talk, tiny_gguf):
    with pytest.raises(InvalidOption):
        talk.load(tiny_gguf, context_length=8192)
    talk.load(tiny_gguf, context_length=8192, rope=RopeScaling(kind=RopeKind.LINEAR, factor=2))
    assert talk.info.context_length == 8192


def test_quantized_values_need_flash_attention(talk, tiny_gguf):
    with pytest.raises(InvalidOption):
        talk.load(tiny_gguf, kv_type_v=KvType.Q8_0, flash_attention=FlashAttention.OFF)


@pytest.mark.parametrize(
    "options",
    [
        {"context_length": 512, "threads": 1, "micro_batch_size": 64, "batch_size": 128},
        {"flash_attention": FlashAttention.OFF},
        {"flash_attention": FlashAttention.ON, "kv_type_k": KvType.BF16, "kv_type_v": KvType.F32},
        {"use_mmap": False},
        {"rope": RopeScaling(kind=RopeKind.YARN, factor=4, yarn_beta_fast=24.0), "context_length": 1024},
        {"rope": RopeScaling(kind=RopeKind.DYNAMIC, factor=2), "context_length": 8000},
        {"rope": RopeScaling(kind=RopeKind.NONE, freq_base=500000.0)},
    ],
)
def test_options_are_taken(talk, tiny_gguf, options):
    talk.load(tiny_gguf, **options)
    for name, value in options.items():
        assert getattr(talk.info.options, name) == value
    assert talk.say("Hello").text


def test_dynamic_scaling_changes_what_is_computed(talk, tiny_gguf):
    def text(**options):
        talk.load(tiny_gguf, **options)
        return talk.say("print the words of it " * 60, sampling=Sampling(temperature=1.5, seed=3, max_tokens=60)).text

    assert text(context_length=4096) != text(context_length=8192, rope=RopeScaling(kind=RopeKind.DYNAMIC, factor=2))


def test_the_dynamic_base_is_that_of_transformers():
    assert ntk_base(10_000, 2, 4096, 4096, 128) == 10_000
    assert ntk_base(10_000, 2, 8192, 4096, 128) == pytest.approx(10_000 * 3 ** (128 / 126))


def test_linear_and_yarn_divide_positions(tiny_source):
    linear = rope_parameters(RopeScaling(kind=RopeKind.LINEAR, factor=4), tiny_source, 16384)
    yarn = rope_parameters(RopeScaling(kind=RopeKind.YARN, factor=4), tiny_source, 16384)
    assert linear.scale == yarn.scale == 0.25
    assert yarn.original_context == 4096


def test_what_does_not_fit_is_never_loaded(tiny_source):
    plan_load(tiny_source, LoadOptions(), machine(10**9), 2)
    with pytest.raises(OutOfMemory) as caught:
        plan_load(tiny_source, LoadOptions(), machine(10**6), 2)
    assert "MB" in caught.value.sentence


def test_too_many_layers_for_the_gpu_are_refused(tiny_source):
    with pytest.raises(OutOfMemory):
        plan_load(tiny_source, LoadOptions(gpu_layers=3), machine(10**9, gpu(10**5)), 2)


def test_as_many_layers_go_to_the_gpu_as_fit(tiny_source):
    def layers(*gpus, **options):
        return plan_load(tiny_source, LoadOptions(**options), machine(10**9, *gpus), 2).gpu_layers

    assert layers() == 0
    assert layers(gpu_layers=3) == 0
    assert layers(gpu(MARGIN)) == 0
    assert layers(gpu(MARGIN + 10**9)) == 3
    assert layers(gpu(MARGIN + 10**9), gpu_layers=2) == 2
    assert layers(gpu(MARGIN + 5 * 10**8, DeviceKind.UNIFIED)) == 3


def test_layers_fill_the_gpu_from_the_end(tiny_source):
    shape = msgspec.structs.replace(
        tiny_source.shape,
        layers=32,
        heads=32,
        kv_heads=(8,) * 32,
        key_width=128,
        value_width=128,
        embedding=4096,
        feed_forward=11008,
    )
    weights = Weights(70 * MIB, 100 * MIB, (120 * MIB,) * 32)
    parts = footprint(shape, weights, Plan(context_length=4096))
    layer = 120 * MIB + 4096 * 8 * 256 * 2
    fixed = MARGIN + parts.compute + 100 * MIB

    def most(*free):
        return allot(parts, machine(10**12, *map(gpu, free))).verdict.gpu_layers

    assert parts.input + parts.output == 70 * MIB + 100 * MIB
    assert sum(parts.layer_weights) + sum(parts.layer_kv) == 32 * layer
    assert most(fixed - 1) == 0
    assert most(fixed) == 1
    assert most(fixed + 10 * layer) == 11
    assert most(10**12) == 33
    assert most(fixed + 10 * layer, fixed + 10 * layer) == 20
    assert parts.memory_need(33).weights == 70 * MIB
    assert parts.memory_need(33).kv == 0


def test_a_tied_output_is_counted_twice(tiny_source):
    weights = msgspec.structs.replace(tiny_source.weights, tied=True)
    parts = footprint(tiny_source.shape, weights, Plan(context_length=4096))
    (on_gpu,) = parts.gpu_needs(3, machine(10**9, gpu(10**9)))
    assert on_gpu.weights + parts.memory_need(3).weights == weights.total + weights.embedding


def test_what_the_processor_rearranges_is_not_mapped(tiny_source):
    four_bits = dataclasses.replace(tiny_source, types=frozenset({"Q4_0", "F32"}))

    def mapped(source, features, *gpus):
        return plan_load(source, LoadOptions(), machine(10**9, *gpus), 2, features).options.use_mmap

    assert not mapped(four_bits, ("SSE3", "AVX2"))
    assert mapped(four_bits, ("SSE3",))
    assert mapped(four_bits, ("AVX2",), gpu(10**9))
    assert mapped(tiny_source, ("AVX2",))
    assert is_repacked({"Q8_0"}, ("NEON", "DOTPROD"))


def test_quantized_cache_values_need_heads_of_whole_blocks(tiny_source):
    with pytest.raises(InvalidOption) as caught:
        resolve(LoadOptions(kv_type_k=KvType.Q8_0, kv_type_v=KvType.Q8_0), tiny_source, 1)
    assert str(caught.value).startswith("kv_type_k cannot be q8_0: the heads of this model are 16 wide")
    with pytest.raises(InvalidOption, match="kv_type_v cannot be q4_0"):
        resolve(LoadOptions(kv_type_v=KvType.Q4_0), tiny_source, 1)
