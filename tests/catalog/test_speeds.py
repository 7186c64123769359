"""A machine's speed, fitted to replies: simulated machines whose real factors are known, and busy ones."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import msgspec
import pytest

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import fit
from app.catalog.fit.speeds import BELIEF, Prior, fit_speed, inverse
from app.core.engine.loading import KvType, LoadOptions
from app.core.engine.token_cost import DeviceCost, TokenCost
from app.core.prediction.fit import WIDE_VECTOR, Hardware, Plan
from app.core.prediction.footprint import allot, footprint
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.speed import token_cost
from tests.catalog.test_fit import DESKTOP, LAPTOP, MIDDLE, SMALL, cpu, variant

VAGUE = (Prior(0.0, 0.7), Prior(0.0, 0.5), Prior(0.0, 0.5)) * 2
HERE = Hardware(cpu(64, 60))


def cost(weights: float, attention: float, fixed: float, gpu: DeviceCost | None = None) -> TokenCost:
    return TokenCost(DeviceCost(weights, attention, fixed), gpu or DeviceCost())


def reply(
    of: TokenCost, seconds: float, model: str = "/models/a.gguf", quantization: str = "Q4_K_M", backend: str = "CPU"
) -> Measurement:
    return Measurement(
        kind=MeasurementKind.SPEED, backend=backend, architecture="llama", quantization=quantization,
        predicted=of.total, measured=seconds, model=model, cost=of,
    )  # fmt: skip


def took(of: TokenCost, factors: tuple[float, ...]) -> float:
    return sum(part * factor for part, factor in zip(of.parts, factors, strict=True))


def many(factors: tuple[float, ...], seed: int = 1) -> list[Measurement]:
    """Replies of ten models of different sizes, at three lengths of the context each."""
    chance = random.Random(seed)
    found = []
    for model in range(10):
        weights, fixed = 10 ** chance.uniform(-4, -0.5), 10 ** chance.uniform(-4, -2.5)
        for filled in (0.05, 0.5, 1.0):
            of = cost(weights, filled * 10 ** chance.uniform(-4, -1.5), fixed)
            found.append(reply(of, took(of, factors) * math.exp(chance.gauss(0, 0.04)), f"/models/{model}.gguf"))
    return found


def test_the_factors_of_a_machine_are_told_apart() -> None:
    factors = (0.4, 2.5, 1.6, 1, 1, 1)
    machine = fit_speed(many(factors), VAGUE)
    assert [math.exp(log) for log in machine.logs[:3]] == pytest.approx(factors[:3], rel=0.15)
    new = cost(0.02, 0.01, 0.001)
    found = machine.estimate(new, "CPU", "new.gguf", "Q4_K_M")
    assert found.seconds == pytest.approx(took(new, factors), rel=0.1)


def test_a_third_of_the_replies_on_a_busy_machine_does_no_harm() -> None:
    factors = (0.4, 2.5, 1.6, 1, 1, 1)
    busy = [
        reply(one.cost, one.measured * 6, one.model) if index % 3 == 0 and one.cost else one
        for index, one in enumerate(many(factors))
    ]
    new = cost(0.02, 0.01, 0.001)
    found = fit_speed(busy, VAGUE).estimate(new, "CPU", "new.gguf", "Q4_K_M")
    assert found.seconds == pytest.approx(took(new, factors), rel=0.3)


def test_a_models_own_reply_counts_first_and_follows_the_context() -> None:
    short, long = cost(0.02, 0.001, 0.001), cost(0.02, 0.02, 0.001)
    known = [reply(short, 3 * short.total, "/here/odd.gguf"), *many((1, 1, 1, 1, 1, 1))]
    lone = Calibration([known[0]]).seconds(long, "CPU", HERE, "odd.gguf", "Q4_K_M")
    assert 2 * long.total < lone.seconds < 3.2 * long.total
    beside = Calibration([known[0], *known]).seconds(long, "CPU", HERE, "odd.gguf", "Q4_K_M")
    assert beside.seconds == pytest.approx(3 * long.total, rel=0.15)
    other = Calibration(known).seconds(long, "CPU", HERE, "other.gguf", "Q4_K_M")
    assert other.seconds == pytest.approx(long.total, rel=0.25)


def test_a_wild_outlier_among_a_models_own_replies_is_not_believed() -> None:
    of = cost(0.02, 0.001, 0.001)
    calm, wild = reply(of, of.total), reply(of, 15 * of.total)
    for known in ([calm, wild], [wild, calm], [wild, calm, calm], [calm, wild, wild, calm]):
        found = Calibration(known).seconds(of, "CPU", HERE, "a.gguf", "Q4_K_M")
        assert found.seconds == pytest.approx(of.total, rel=0.1)


def test_a_lone_wild_reply_is_held_against_what_other_models_say() -> None:
    of = cost(0.02, 0.001, 0.001)
    found = Calibration([reply(of, 15 * of.total), *many((1, 1, 1, 1, 1, 1))])
    seconds = found.seconds(of, "CPU", HERE, "a.gguf", "Q4_K_M").seconds
    assert seconds < of.total * math.exp(BELIEF) * 1.15


def test_the_processors_replies_help_to_predict_what_lies_partly_on_a_gpu() -> None:
    gpu = DeviceCost(0.004, 0.001, 0.001)
    partly = cost(0.02, 0.004, 0.001, gpu)
    before, after = (
        Calibration(known).seconds(partly, "CPU+CUDA", DESKTOP, "", "Q4_K_M")
        for known in ([], many((4, 4, 4, 1, 1, 1)))
    )
    assert after.seconds == pytest.approx(4 * partly.cpu.total + gpu.total, rel=0.15)
    assert after.spread < before.spread


def test_replies_of_another_kind_of_gpu_say_nothing() -> None:
    on_gpu = TokenCost(DeviceCost(), DeviceCost(0.01, 0.001, 0.001))
    vulkan = [reply(on_gpu, 4 * on_gpu.total, backend="Vulkan")]
    empty, known = (Calibration(one).seconds(on_gpu, "CUDA", DESKTOP, "", "Q4_0") for one in ([], vulkan))
    assert known == empty


def test_the_range_narrows_as_replies_come_and_holds_most_models() -> None:
    model, options = variant(SMALL, "Q4_K_M"), LoadOptions(context_length=2048)
    replies = many((1, 1, 1, 1, 1, 1))
    widths = []
    for count in (0, 3, 30):
        found = fit(model, HERE, options, Calibration(replies[:count])).speed
        assert found is not None and found.low < found.likely < found.high
        widths.append(found.high / found.low)
    assert all(later < before for before, later in pairwise(widths))
    inside = 0
    for seed in range(2, 32):
        chance = random.Random(seed)
        truth = tuple(math.exp(chance.gauss(0, 0.4)) for _ in range(6))
        new = cost(0.02, 0.01, 0.001)
        peculiar = took(new, truth) * math.exp(chance.gauss(0, 0.15))
        estimate = fit_speed(many(truth, seed)[:6], VAGUE).estimate(new, "CPU", "new.gguf", "Q4_K_M")
        inside += abs(math.log(peculiar / estimate.seconds)) <= 1.28 * estimate.spread
    assert inside >= 21


def test_what_has_no_cost_or_is_beyond_belief_is_left_out() -> None:
    of = cost(0.02, 0.001, 0.001)
    plain = Measurement(
        kind=MeasurementKind.SPEED, backend="CPU", architecture="llama", quantization="Q4_K_M", predicted=1, measured=3
    )
    known = Calibration([plain, reply(of, 100 * of.total), reply(of, of.total / 100)])
    assert known.seconds(of, "CPU", HERE, "a.gguf", "Q4_K_M") == Calibration().seconds(of, "CPU", HERE, "", "Q4_K_M")


def test_what_the_rows_became_is_priced_not_the_name_of_the_mixture() -> None:
    named, options = variant(SMALL, "Q4_K_M"), LoadOptions(context_length=2048)
    assert named.weights is not None

    def likely(types: dict[str, int], quantization: str = "Q4_K_M") -> float:
        weights = msgspec.structs.replace(named.weights, types=types)
        one = msgspec.structs.replace(named, weights=weights, quantization=quantization)
        found = fit(one, HERE, options, Calibration()).speed
        assert found is not None
        return found.likely

    slow, fast = likely({}, "Q5_0"), likely({})
    assert slow < 0.8 * fast
    assert likely({"Q4_K": 1}) == likely({"Q5_1": 0, "Q6_K": 3}) == fast
    assert likely({"Q5_0": 1}) == slow
    assert slow < likely({"Q5_0": 1, "Q8_0": 1}) < fast


def test_a_longer_context_is_slower_and_more_layers_on_the_gpu_are_faster() -> None:
    def likely(context: int, layers: int | None) -> float:
        found = fit(
            variant(MIDDLE, "Q4_K_M"), DESKTOP, LoadOptions(context_length=context, gpu_layers=layers), Calibration()
        )
        assert found.speed is not None
        return found.speed.likely

    assert likely(2048, None) > likely(16_384, None)
    assert likely(4096, 0) < likely(4096, 16) < likely(4096, 33)


def likely_with_cache(keys: KvType, values: KvType, cores: int = 4) -> float:
    options = LoadOptions(context_length=16_384, kv_type_k=keys, kv_type_v=values)
    hardware = msgspec.structs.replace(HERE, cores=cores)
    found = fit(variant(SMALL, "Q4_K_M"), hardware, options, Calibration()).speed
    assert found is not None
    return found.likely


def test_quantized_values_cost_the_processor_more_than_quantized_keys() -> None:
    half, eight, four = KvType.F16, KvType.Q8_0, KvType.Q4_0
    assert likely_with_cache(eight, half) >= likely_with_cache(half, half) > likely_with_cache(half, eight)
    assert likely_with_cache(eight, eight) > likely_with_cache(eight, four) > likely_with_cache(eight, KvType.Q5_1)


def test_cores_share_a_plain_cache_by_tokens_and_a_quantized_one_by_heads() -> None:
    """Of 32 heads, handed out by two, the busiest core goes through six whether there are 6 or 7."""
    half, eight = KvType.F16, KvType.Q8_0
    assert likely_with_cache(half, half, 7) > likely_with_cache(half, half, 6)
    for keys in (half, eight):
        assert likely_with_cache(keys, eight, 7) == likely_with_cache(keys, eight, 6)
    assert likely_with_cache(eight, eight, 8) > likely_with_cache(eight, eight, 7)


def test_replies_in_a_context_about_as_long_tell_the_most() -> None:
    """A cache that has outgrown the processor's own is read more slowly: from there on, all of it."""
    short, long, longer = (cost(0.01, attention, 0.0) for attention in (0.01, 0.04, 0.05))
    known = [reply(long, 1.3 * long.total), *(reply(short, short.total) for _ in range(3))]
    machine = fit_speed(known, VAGUE)
    assert machine.estimate(longer, "CPU", "a.gguf", "Q4_K_M").seconds > 1.2 * longer.total
    assert machine.estimate(short, "CPU", "a.gguf", "Q4_K_M").seconds == pytest.approx(short.total, rel=0.05)


def processor_cost(
    width: int = 128, vocabulary: int = 32_000, tokens: int = 8000, kv: KvType = KvType.F16
) -> DeviceCost:
    """Of a token after so many, with vectors of 64 numbers and heads so wide."""
    model = variant(SMALL, "Q4_K_M")
    assert model.shape is not None and model.weights is not None
    shape = msgspec.structs.replace(model.shape, key_width=width, value_width=width, vocabulary=vocabulary)
    plan = Plan(context_length=8192, kv_type_k=kv, kv_type_v=kv)
    hardware = msgspec.structs.replace(HERE, cores=2, vector=WIDE_VECTOR)
    parts = allot(footprint(shape, model.weights, plan), hardware)
    return token_cost(shape, model.weights, plan, parts, hardware, tokens=tokens).cpu


def test_a_step_of_a_plain_cache_costs_as_much_as_if_it_were_full() -> None:
    """The second of two cores has little to do after 286 tokens, and the first the 256 that it has after 512."""
    half, full, next_step = (processor_cost(tokens=tokens).attention for tokens in (286, 512, 513))
    assert half == full < next_step == processor_cost(tokens=768).attention
    assert processor_cost(tokens=200).attention < 0.5 * half


def test_a_quantized_cache_costs_what_it_holds() -> None:
    some, twice = (processor_cost(tokens=tokens, kv=KvType.Q8_0).attention for tokens in (286, 572))
    assert twice == pytest.approx(2 * some)


def test_what_heads_leave_over_costs_more_than_whole_steps() -> None:
    """On one core a head 80 wide took 55 ns for a token of the context, and one 128 wide 30 ns."""
    wide = processor_cost(128).attention
    assert 1.5 * wide < processor_cost(80).attention < processor_cost(112).attention
    assert processor_cost(64).attention < wide < processor_cost(256).attention < 2 * wide


def test_a_large_vocabulary_costs_a_tenth_of_a_millisecond_to_draw_from() -> None:
    small, large = (processor_cost(vocabulary=size).fixed for size in (2_000, 128_000))
    assert 50e-6 < large - small < 250e-6


def test_the_inverse_of_a_matrix() -> None:
    matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]
    product = [
        [
            sum(left * right for left, right in zip(row, column, strict=True))
            for column in zip(*inverse(matrix), strict=True)
        ]
        for row in matrix
    ]
    for index, row in enumerate(product):
        assert row == pytest.approx([float(at == index) for at in range(3)], abs=1e-12)


def test_before_any_reply_the_bandwidth_of_the_memory_tells_the_speed() -> None:
    model, options = variant(SMALL, "Q8_0"), LoadOptions(context_length=1024)

    def likely(bandwidth: float) -> float:
        memory = msgspec.structs.replace(LAPTOP.memory, bandwidth=bandwidth)
        found = fit(model, msgspec.structs.replace(LAPTOP, memory=memory), options, Calibration()).speed
        assert found is not None
        return found.likely

    assert likely(80e9) > 1.6 * likely(40e9)
