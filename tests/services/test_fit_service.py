"""What fits, as the window asks it: give-back by device, plans in place of the formula, and ranking."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.local_variant import local_variant
from app.core.catalog.hub import Format, RepoSummary
from app.core.engine.engine_frames import ModelInfo
from app.core.engine.loading import KvType, LoadOptions
from app.core.prediction.fit import MIB, Hardware, NeedSource
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.probe_frames import MeasuredNeed
from app.services.fit_service import FitService, given_back
from tests.machines import DESKTOP, GB, LAPTOP, MAC, WORKSTATION, cuda, machine

CONTEXT = 450 * MIB


def loaded(memory: int, layers: int, gpu_layers: int, *, mapped: bool = True, **gpu_bytes: int) -> ModelInfo:
    return ModelInfo(
        name="m", path="/m.gguf", architecture="llama", quantization="Q4_K_M", parameters=1, bytes=20 * GB,
        context_length=4096, trained_context=4096, layers=layers, gpu_layers=gpu_layers, template="", engine="",
        engine_version="", options=LoadOptions(use_mmap=mapped), memory_bytes=memory, device="",
        gpu_bytes=gpu_bytes,
    )  # fmt: skip


def test_each_card_gives_back_what_lies_on_it() -> None:
    model = loaded(21 * GB, 40, 40, CUDA0=14 * GB, CUDA1=6 * GB)
    assert given_back(WORKSTATION, model) == {"CUDA0": 14 * GB + CONTEXT, "CUDA1": 6 * GB + CONTEXT, "CPU": GB}


def test_after_unloading_each_card_is_as_free_as_before() -> None:
    """The probe's figures while a model is loaded, and the same machine without it."""
    empty = Hardware.of(WORKSTATION)
    busy = machine(
        128 * GB,
        112 * GB - GB,
        cuda(0, "RTX 4090", 24 * GB, 22_800_000_000 - 14 * GB - CONTEXT),
        cuda(1, "RTX 4090", 24 * GB, 23_200_000_000 - 6 * GB - CONTEXT),
    )
    freed = Hardware.of(busy, given_back(busy, loaded(21 * GB, 40, 40, CUDA0=14 * GB, CUDA1=6 * GB)))
    assert [gpu.free for gpu in freed.gpus] == [gpu.free for gpu in empty.gpus]
    assert freed.memory.free == empty.memory.free


def test_what_is_mapped_counts_as_free_already() -> None:
    half = loaded(21 * GB, 40, 20, CUDA0=9 * GB)
    assert given_back(DESKTOP, half) == {"CUDA0": 9 * GB + CONTEXT, "CPU": 2 * GB}
    assert given_back(LAPTOP, loaded(3 * GB, 40, 0, mapped=False)) == {"CPU": 3 * GB}
    assert given_back(MAC, loaded(21 * GB, 40, 40)) == {"CPU": 21 * GB}


def plan(context: int, kv: int, compute: int, kind: KvType = KvType.F16) -> MeasuredNeed:
    options = LoadOptions(context_length=context, kv_type_k=kind, kv_type_v=kind)
    return MeasuredNeed("m", options, kv, {"CPU": compute}, 0)


def test_between_two_plans_the_need_follows_the_context(tiny_gguf: Path) -> None:
    fit, variant = FitService(), local_variant(tiny_gguf)
    fit.set_machine(LAPTOP)

    def asked(context: int, kind: KvType = KvType.F16) -> tuple[NeedSource, int]:
        options = LoadOptions(context_length=context, kv_type_k=kind, kv_type_v=kind)
        (found,) = fit.rank([variant], options).fits
        return found.source, found.part("compute")

    formula = {context: asked(context)[1] for context in (1024, 1536, 2048, 4096)}
    kv = {context: fit.rank([variant], LoadOptions(context_length=context)).fits[0].part("kv") for context in formula}
    fit.add_plan(variant, plan(1024, kv[1024], 2 * formula[1024]))
    assert asked(1024) == (NeedSource.MEASURED, 2 * formula[1024])
    assert asked(2048) == (NeedSource.BETWEEN, 2 * formula[2048])
    fit.add_plan(variant, plan(2048, kv[2048], 4 * formula[2048]))
    assert asked(2048) == (NeedSource.MEASURED, 4 * formula[2048])
    assert asked(1536) == (NeedSource.BETWEEN, pytest.approx(3 * formula[1536], abs=2))
    assert asked(4096) == (NeedSource.BETWEEN, pytest.approx(4 * formula[4096], abs=2))
    assert asked(2048, KvType.Q8_0)[0] is NeedSource.FORMULA


def test_sorting_by_fit_puts_first_what_runs_here_and_last_what_is_of_unknown_size() -> None:
    fit = FitService()
    fit.set_machine(DESKTOP)

    def repo(name: str, billions: float, kind: Format = Format.GGUF) -> RepoSummary:
        return RepoSummary(id=f"o/{name}", parameters=round(billions * GB), formats=(kind,))

    listed = [
        repo("huge", 180),
        repo("other", 3, Format.SAFETENSORS),
        repo("small", 1),
        repo("unknown", 0),
        repo("large", 13),
        repo("largest", 400),
    ]
    order = [one.id.removeprefix("o/") for one, _ in fit.sort_by_fit(listed)]
    assert order == ["large", "small", "other", "huge", "largest", "unknown"]


def test_the_last_run_of_a_variant_is_found_by_its_file(tiny_gguf: Path) -> None:
    run = Measurement(
        kind=MeasurementKind.MEMORY, backend="CPU", architecture="llama", quantization="F16",
        predicted=7.9e9, measured=7.8e9, model="/models/owner/tiny.gguf",
    )  # fmt: skip
    variant = msgspec.structs.replace(local_variant(tiny_gguf), quantization="F16")
    fit = FitService(Calibration([msgspec.structs.replace(run, model="/models/other.gguf"), run]))
    assert fit.last_run(variant) == run
    assert fit.last_run(msgspec.structs.replace(variant, quantization="Q4_0")) is None
