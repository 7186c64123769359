"""Verdicts on machines that are not here, speeds, the star, and what measurements change."""

from __future__ import annotations

import msgspec
import pytest

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import FLUENT_SPEED, READING_SPEED, best, best_of, fit
from app.core.catalog.hub import Format, ModelShape, RemoteFile, Variant, Weights
from app.core.engine.loading import KvType, LoadOptions
from app.core.prediction.fit import MIB, Device, DeviceKind, Hardware, Placement
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.probe_frames import DeviceInfo, Machine, MeasuredNeed
from tests.machines import MACHINES

GB = 10**9
NOTHING = Calibration()
BITS = {"Q2_K": 3.0, "Q4_K_M": 4.85, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16.0}

SMALL = (1.24, 16, 2048, 8192, 32, 8, 128_256)
MIDDLE = (8.03, 32, 4096, 14336, 32, 8, 128_256)
THIRTEEN = (13.0, 40, 5120, 13824, 40, 8, 32_000)
LARGE = (70.6, 80, 8192, 28672, 64, 8, 128_256)


def variant(size, quantization, kind=Format.GGUF, **fields):
    billions, layers, width, feed_forward, heads, kv_heads, vocabulary = size
    bits = BITS.get(quantization, 4.2)
    total = round(billions * GB * bits / 8)
    embedding = round(vocabulary * width * bits / 8)
    layer = (total - 2 * embedding) // layers
    shape = ModelShape(
        architecture="llama",
        layers=layers,
        embedding=width,
        feed_forward=feed_forward,
        heads=heads,
        kv_heads=(kv_heads,) * layers,
        key_width=width // heads,
        value_width=width // heads,
        vocabulary=vocabulary,
        context_length=131_072,
    )
    return Variant(
        repo="o/n",
        branch="main",
        commit="",
        name=quantization,
        format=kind,
        quantization=quantization,
        bits_per_weight=bits,
        files=(RemoteFile("m.gguf", total),),
        parameters=round(billions * GB),
        shape=shape,
        weights=Weights(embedding, embedding, (layer,) * layers),
        **fields,
    )


def cpu(total, free):
    return Device("CPU", DeviceKind.CPU, total * GB, round(free * GB), "CPU", bandwidth=20e9)


def card(number, total, free):
    return Device(f"CUDA{number}", DeviceKind.GPU, total * GB, round(free * GB), "CUDA")


LAPTOP = Hardware(cpu(8, 5))
DESKTOP = Hardware(cpu(16, 11), (card(0, 12, 11.4),))
MAC = Hardware(cpu(24, 17), (Device("MTL0", DeviceKind.UNIFIED, 18 * GB, 17 * GB, "MTL"),))
WORKSTATION = Hardware(cpu(128, 110), (card(0, 24, 23.2), card(1, 24, 23.2)))

ALL, PARTLY, CPU, NO = Placement.ALL_ON_GPU, Placement.PARTLY, Placement.CPU, Placement.DOES_NOT_FIT


@pytest.mark.parametrize(
    ("size", "quantization", "context", "expected"),
    [
        (SMALL, "Q8_0", 8192, (CPU, ALL, ALL, ALL)),
        (MIDDLE, "Q2_K", 4096, (CPU, ALL, ALL, ALL)),
        (MIDDLE, "Q4_K_M", 8192, (NO, ALL, ALL, ALL)),
        (MIDDLE, "Q8_0", 8192, (NO, ALL, ALL, ALL)),
        (MIDDLE, "F16", 8192, (NO, PARTLY, NO, ALL)),
        (MIDDLE, "Q4_K_M", 131_072, (NO, NO, NO, ALL)),
        (LARGE, "Q2_K", 8192, (NO, NO, NO, ALL)),
        (LARGE, "Q4_K_M", 8192, (NO, NO, NO, PARTLY)),
        (LARGE, "Q8_0", 8192, (NO, NO, NO, PARTLY)),
        (LARGE, "F16", 8192, (NO, NO, NO, PARTLY)),
    ],
)
def test_verdicts_on_four_machines(size, quantization, context, expected):
    options = LoadOptions(context_length=context)
    found = tuple(
        fit(variant(size, quantization), machine, options, NOTHING).verdict.placement
        for machine in (LAPTOP, DESKTOP, MAC, WORKSTATION)
    )
    assert found == expected


def test_what_does_not_fit_says_by_how_much_and_has_no_speed():
    found = fit(variant(MIDDLE, "Q8_0"), LAPTOP, LoadOptions(), NOTHING)
    assert found.missing == found.total - LAPTOP.memory.room
    assert found.speed is None


def test_a_smaller_kv_type_makes_room():
    def fits(kind):
        options = LoadOptions(context_length=131_072, kv_type_k=kind, kv_type_v=kind)
        return fit(variant(MIDDLE, "Q2_K"), MAC, options, NOTHING).verdict.fits

    assert fits(KvType.Q4_0) and not fits(KvType.F16)


def test_a_model_that_gives_way_counts_as_free():
    device = DeviceInfo("CUDA0", "A card", "gpu", "CUDA", 12 * GB, 2 * GB)
    machine = Machine("1", (device,), 16 * GB, 3 * GB, 4, 8, ())
    before = Hardware.of(machine)
    after = Hardware.of(machine, {"CUDA0": 9 * GB, "CPU": GB})
    assert after.memory.free - before.memory.free == GB
    assert after.gpus[0].free - before.gpus[0].free == 9 * GB
    assert after.reclaimed == 10 * GB
    assert fit(variant(MIDDLE, "Q4_K_M"), after, LoadOptions(), NOTHING).verdict.placement is ALL
    assert fit(variant(MIDDLE, "Q4_K_M"), before, LoadOptions(), NOTHING).verdict.placement is not ALL


def test_an_integrated_gpu_counts_only_alone_and_within_main_memory():
    chip = DeviceInfo("Vulkan0", "A chip", "igpu", "Vulkan", 12 * GB, 12 * GB)
    graphics = DeviceInfo("Vulkan1", "A card", "gpu", "Vulkan", 8 * GB, 7 * GB)
    alone = Hardware.of(Machine("1", (chip,), 16 * GB, 10 * GB, 4, 8, ()))
    assert [(gpu.kind, gpu.free) for gpu in alone.gpus] == [(DeviceKind.UNIFIED, 10 * GB)]
    both = Hardware.of(Machine("1", (chip, graphics), 16 * GB, 10 * GB, 4, 8, ()))
    assert [gpu.name for gpu in both.gpus] == ["Vulkan1"]


def test_the_star_is_the_best_that_is_fluent_or_else_faster_than_people_read():
    variants = [variant(MIDDLE, name) for name in BITS]
    chosen, reason = best(variants, DESKTOP, LoadOptions(), NOTHING)
    assert (chosen.name, reason.kind) == ("Q8_0", "best-on-gpu")
    chosen, reason = best(variants, LAPTOP, LoadOptions(context_length=4096), NOTHING)
    assert chosen.name == "Q2_K"
    chosen, reason = best([variant(SMALL, name) for name in BITS], LAPTOP, LoadOptions(), NOTHING)
    assert (chosen.name, reason.kind) == ("Q4_K_M", "best-on-cpu")
    assert best([variant(LARGE, "F16")], LAPTOP, LoadOptions(), NOTHING) is None


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("size", [SMALL, MIDDLE, THIRTEEN, LARGE])
def test_on_every_machine_nothing_finer_would_be_fast_enough(name, size):
    machine, options = Hardware.of(MACHINES[name]), LoadOptions(context_length=8192)
    variants = [variant(size, quantization) for quantization in BITS if quantization != "F16"]
    fits = [(one, fit(one, machine, options, NOTHING)) for one in variants]
    found = best_of(fits)
    running = [one for one in fits if one[1].speed]
    if not running:
        assert found is None
        return
    chosen, reason = found
    readable = [one for one in running if one[1].speed.likely >= READING_SPEED]
    if readable:
        good = [one for one in readable if one[1].quality >= 4] or readable
        fluent = [one for one in good if one[1].speed.likely >= FLUENT_SPEED] or good
        assert chosen.bits_per_weight == max(one.bits_per_weight for one, _ in fluent)
        places = {ALL: "best-on-gpu", PARTLY: "best-partly", CPU: "best-on-cpu"}
        assert reason.kind == places[reason.fit.verdict.placement]
    else:
        assert reason.kind == "fastest"
        assert reason.fit.speed.likely == max(found.speed.likely for _, found in running)


def test_a_finer_one_partly_on_the_gpu_wins_only_while_it_is_fast_enough():
    options, memory = LoadOptions(context_length=4096), cpu(64, 60)
    variants = [variant(THIRTEEN, name) for name in ("Q2_K", "Q4_K_M")]

    def star(bandwidth):
        machine = Hardware(msgspec.structs.replace(memory, bandwidth=bandwidth), (card(0, 8, 7),))
        assert [fit(one, machine, options, NOTHING).verdict.placement for one in variants] == [ALL, PARTLY]
        chosen, reason = best(variants, machine, options, NOTHING)
        return chosen.name, reason.kind

    assert star(300e9) == ("Q4_K_M", "best-partly")
    assert star(6e9) == ("Q2_K", "best-on-gpu")


def test_a_good_one_that_is_fluent_goes_before_a_finer_one_that_is_slow():
    machine, options = Hardware.of(MACHINES["desktop"]), LoadOptions(context_length=4096)
    variants = [variant(THIRTEEN, name) for name in ("Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0")]
    chosen, _ = best(variants, machine, options, NOTHING)
    assert chosen.name == "Q4_K_M"


def test_where_none_is_fast_enough_the_fastest_of_fair_quality_is_starred():
    variants = [variant(LARGE, name) for name in ("Q2_K", "Q4_K_M", "Q8_0")]
    chosen, reason = best(variants, Hardware(cpu(128, 110)), LoadOptions(context_length=4096), NOTHING)
    assert (chosen.name, reason.kind) == ("Q4_K_M", "fastest")


@pytest.mark.parametrize(
    ("kind", "fields", "growth"),
    [
        (Format.GPTQ, {"bits": 4, "group_size": 128}, 4.5 / (4 + 20 / 128)),
        (Format.GPTQ, {"bits": 4, "group_size": 128, "act_order": True}, 8.5 / (4 + 20 / 128)),
        (Format.GPTQ, {"bits": 4, "group_size": -1, "act_order": True}, 4.5 / 4),
        (Format.GPTQ, {"bits": 8, "group_size": 32}, 8.5 / (8 + 24 / 32)),
        (Format.AWQ, {"bits": 4, "group_size": 128}, 5 / (4 + 20 / 128)),
        (Format.BITSANDBYTES, {"bits": 8}, 8.5 / 8),
        (Format.SAFETENSORS, {}, 1),
    ],
)
def test_other_formats_need_what_they_are_repacked_into(kind, fields, growth):
    stored = variant(SMALL, "packed", kind, **fields)
    layers = sum(stored.weights.layers)
    without_gpu = Hardware.of(MACHINES["laptop"])
    found = fit(stored, without_gpu, LoadOptions(), NOTHING)
    grown = found.part("weights") - stored.weights.embedding - stored.weights.output
    assert grown == pytest.approx(layers * growth, rel=1e-6)


def test_of_experts_only_those_that_are_used_cost_time():
    dense = variant(MIDDLE, "Q4_K_M")
    layers = dense.weights.layers

    sparse = msgspec.structs.replace(
        dense,
        shape=msgspec.structs.replace(dense.shape, experts=8, experts_used=2),
        weights=msgspec.structs.replace(dense.weights, experts=tuple(size * 9 // 10 for size in layers)),
    )
    big = Hardware(cpu(64, 60))
    slow, fast = (fit(one, big, LoadOptions(context_length=512), NOTHING).speed.likely for one in (dense, sparse))
    assert 1.7 < fast / slow < 4


def test_an_unread_variant_is_estimated_and_says_so():

    known = variant(MIDDLE, "Q4_K_M")
    unread = msgspec.structs.replace(known, shape=None, weights=None)
    exact, rough = (fit(one, DESKTOP, LoadOptions(), NOTHING) for one in (known, unread))
    assert exact.exact and not rough.exact
    assert rough.total == pytest.approx(exact.total, rel=0.1)


def test_a_measured_plan_replaces_the_formula():
    plain = variant(MIDDLE, "Q4_K_M")
    measured = MeasuredNeed("m", LoadOptions(context_length=8192), 3 * MIB * 32, {"CPU": 77 * MIB}, MIB)
    found = fit(plain, Hardware(cpu(64, 60)), LoadOptions(), NOTHING, [measured])
    assert found.part("kv") == 96 * MIB
    assert found.part("compute") == 78 * MIB


def test_a_measured_load_corrects_only_what_was_uncertain():
    model, machine = variant(SMALL, "Q4_K_M"), Hardware(cpu(64, 60))
    before = fit(model, machine, LoadOptions(), NOTHING)
    certain = before.part("weights") + before.part("kv")
    uncertain = before.total - certain
    measured = Measurement(
        kind=MeasurementKind.MEMORY, backend="CPU", architecture="llama", quantization="Q4_K_M",
        predicted=before.total, measured=before.total + uncertain // 2, certain=certain,
    )  # fmt: skip
    after = fit(model, machine, LoadOptions(), Calibration([measured]))
    assert after.part("weights") + after.part("kv") == certain
    assert after.total == pytest.approx(measured.measured, rel=1e-6)


def test_where_llama_cpp_told_the_buffers_a_measured_load_corrects_the_rest_alone():
    model, machine, options = variant(SMALL, "Q4_K_M"), Hardware(cpu(64, 60)), LoadOptions(context_length=8192)
    plan = MeasuredNeed("m", options, 0, {"CPU": 77 * MIB}, 0)
    before = fit(model, machine, options, NOTHING, [plan])
    doubled = Measurement(
        kind=MeasurementKind.MEMORY, backend="CPU", architecture="llama", quantization="Q4_K_M",
        predicted=GB, measured=2 * GB,
    )  # fmt: skip
    after = fit(model, machine, options, Calibration([doubled]), [plan])
    assert after.part("compute") == before.part("compute") == 77 * MIB
    assert after.part("overhead") == 2 * before.part("overhead")
