"""The formula of memory: what grows never needs less, and nothing is counted twice."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.core.catalog.hub import ModelShape, Weights
from app.core.engine.loading import FlashAttention, KvType
from app.core.prediction.fit import MARGIN, Device, DeviceKind, Hardware, Placement, Plan
from app.core.prediction.footprint import KV_BYTES, allot, footprint, layer_kv

GB = 10**9

shapes = st.builds(
    lambda layers, heads, share, width, window, used: ModelShape(
        architecture="llama",
        layers=layers,
        embedding=heads * width,
        feed_forward=3 * heads * width,
        heads=heads,
        kv_heads=(max(heads // share, 1),) * layers,
        key_width=width,
        value_width=width,
        vocabulary=32_000,
        context_length=131_072,
        sliding_window=window,
        sliding_layers=tuple(index % 4 != 3 for index in range(layers)) if window else (),
        experts=8 if used else 0,
        experts_used=used,
    ),
    st.integers(1, 80),
    st.sampled_from([4, 8, 32, 64]),
    st.sampled_from([1, 4, 8]),
    st.sampled_from([64, 128]),
    st.sampled_from([0, 1024]),
    st.sampled_from([0, 2]),
)
contexts = st.integers(64, 131_072)
plans = st.builds(
    lambda context, kv, flash, batch: Plan(
        context_length=context, kv_type_k=kv, kv_type_v=kv, flash_attention=flash, micro_batch_size=batch
    ),
    contexts,
    st.sampled_from(list(KvType)),
    st.sampled_from(list(FlashAttention)),
    st.sampled_from([64, 256, 512, 2048]),
)
machines = st.builds(
    lambda memory, gpus: Hardware(
        Device("CPU", DeviceKind.CPU, memory * GB, memory * GB, "CPU"),
        tuple(Device(f"CUDA{index}", DeviceKind.GPU, free * GB, free * GB, "CUDA") for index, free in enumerate(gpus)),
    ),
    st.integers(1, 256),
    st.lists(st.integers(0, 80), max_size=3),
)


def weights(shape: ModelShape, tied: bool = False) -> Weights:
    return Weights(50_000_000, 60_000_000, (40_000_000,) * shape.layers, tied=tied)


@given(shapes, plans, contexts)
def test_a_longer_context_never_needs_less(shape: ModelShape, plan: Plan, other: int) -> None:
    short, long = sorted((plan.context_length, other))
    needs = [
        footprint(shape, weights(shape), msgspec.structs.replace(plan, context_length=context)).memory_need(0).total
        for context in (short, long)
    ]
    assert needs[0] <= needs[1]


@given(shapes, plans)
def test_a_wider_kv_type_or_a_larger_batch_never_needs_less(shape: ModelShape, plan: Plan) -> None:
    by_type = [
        sum(layer_kv(shape, msgspec.structs.replace(plan, kv_type_k=kind, kv_type_v=kind)))
        for kind in sorted(KvType, key=lambda kind: KV_BYTES[kind])
    ]
    assert by_type == sorted(by_type)
    by_batch = [
        footprint(shape, weights(shape), msgspec.structs.replace(plan, micro_batch_size=size)).memory_need(0).total
        for size in (64, 512, 2048)
    ]
    assert by_batch == sorted(by_batch)


@given(shapes, plans, machines, st.booleans())
def test_every_part_lies_somewhere_once(shape: ModelShape, plan: Plan, machine: Hardware, tied: bool) -> None:
    parts = footprint(shape, weights(shape, tied), plan)
    found = allot(parts, machine)
    copied = parts.input if tied and found.verdict.gpu_layers else 0
    assert sum(need.weights for need in found.needs) == weights(shape).total + copied
    assert sum(need.kv for need in found.needs) == sum(parts.layer_kv)
    assert 0 <= found.verdict.gpu_layers <= parts.layers


@given(shapes, plans, machines)
def test_what_fits_leaves_the_margin_everywhere(shape: ModelShape, plan: Plan, machine: Hardware) -> None:
    found = allot(footprint(shape, weights(shape), plan), machine)
    devices = (machine.memory, *machine.gpus)
    if found.verdict.fits:
        held = [pair for pair in zip(found.needs, devices, strict=False) if pair[0].total]
        assert all(need.total + MARGIN <= device.free for need, device in held)
    else:
        assert found.missing > 0
    one_more = found.verdict.gpu_layers + 1
    if len(machine.gpus) == 1 and one_more <= found.verdict.layers:
        assert allot(footprint(shape, weights(shape), plan), machine, one_more).missing > 0


@given(shapes, plans, st.integers(1, 128))
def test_more_memory_never_turns_a_model_away(shape: ModelShape, plan: Plan, size: int) -> None:
    def fits(memory: int) -> bool:
        machine = Hardware(Device("CPU", DeviceKind.CPU, memory * GB, memory * GB, "CPU"))
        return allot(footprint(shape, weights(shape), plan), machine).verdict.fits

    assert fits(2 * size) or not fits(size)


def test_unified_memory_counts_once() -> None:
    shape = ModelShape(
        architecture="llama", layers=32, embedding=4096, feed_forward=14336, heads=32, kv_heads=(8,) * 32,
        key_width=128, value_width=128, vocabulary=128_256, context_length=131_072,
    )  # fmt: skip
    parts = footprint(shape, weights(shape), Plan(context_length=8192))
    alone = parts.gpu_needs(33, Hardware(_memory(24), (_unified(18),)))[0].total + parts.memory_need(33).total

    def verdict(free: int) -> Placement:
        memory = Device("CPU", DeviceKind.CPU, 24 * GB, free, "CPU")
        return allot(parts, Hardware(memory, (_unified(18),)), 33).verdict.placement

    assert verdict(alone + MARGIN) is Placement.ALL_ON_GPU
    assert verdict(alone + MARGIN - 1) is Placement.DOES_NOT_FIT


def _memory(size: int) -> Device:
    return Device("CPU", DeviceKind.CPU, size * GB, size * GB, "CPU")


def _unified(size: int) -> Device:
    return Device("MTL0", DeviceKind.UNIFIED, size * GB, size * GB, "MTL")
