"""The list that is there without a network."""

from __future__ import annotations

import pytest

from app.catalog.find.recommended import load_recommended
from app.catalog.find.repo_ref import parse_repo_ref
from app.core.catalog.hub import Recommendation
from app.core.paths import resources
from app.core.prediction.fit import Placement
from app.core.prediction.probe_frames import Machine
from app.services.fit_service import FitService
from tests.machines import DESKTOP, GB, LAPTOP, MAC, WORKSTATION, cuda, machine

MODELS = load_recommended(resources())
BITS = {"Q8_0": (8.4, 8.7), "Q4_K_M": (4.75, 5.1), "MXFP4": (4.2, 4.7)}
"""Bits per weight of whole files: what the type has, and what a few tensors of other types add."""


def suggested(on: Machine) -> list[tuple[str, Placement]]:
    fit = FitService()
    fit.set_machine(on)
    return [(model.name, found.verdict.placement) for model, found in fit.recommend(MODELS)]


def test_there_is_something_for_every_size_once() -> None:
    assert len(MODELS) >= 8
    assert len({model.repo for model in MODELS}) == len(MODELS)
    assert [model.bytes for model in MODELS] == sorted(model.bytes for model in MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_an_entry_can_be_opened_and_is_plausible(model: Recommendation) -> None:
    assert parse_repo_ref(model.repo).repo == model.repo
    assert model.why.endswith(".") and model.license
    low, high = BITS[model.variant]
    assert low < model.bytes * 8 / model.parameters < high
    assert 0 <= model.active_parameters < model.parameters
    assert 4096 <= model.context_length <= 1 << 20


@pytest.mark.parametrize(("on", "name", "placement"), [
    (LAPTOP, "Qwen3 4B", Placement.CPU),
    (DESKTOP, "Qwen3 14B", Placement.ALL_ON_GPU),
    (MAC, "gpt-oss 20B", Placement.ALL_ON_GPU),
    (WORKSTATION, "Qwen3 32B", Placement.ALL_ON_GPU),
])  # fmt: skip
def test_the_largest_that_runs_well_comes_first(on: Machine, name: str, placement: Placement) -> None:
    assert suggested(on)[0] == (name, placement)


def test_two_cards_go_before_a_larger_main_memory() -> None:
    found = suggested(WORKSTATION)
    kinds = [placement for _, placement in found]
    assert kinds == sorted(kinds, key=lambda kind: kind is not Placement.ALL_ON_GPU)
    assert found[-1] == ("gpt-oss 120B", Placement.PARTLY)


def test_cards_are_filled_together() -> None:
    """A model that neither card holds alone lies on both."""
    two = machine(128 * GB, 112 * GB, cuda(0, "RTX 3090", 16 * GB, 15 * GB), cuda(1, "RTX 3090", 16 * GB, 15 * GB))
    one = machine(128 * GB, 112 * GB, cuda(0, "RTX 3090", 16 * GB, 15 * GB))
    assert dict(suggested(two))["Qwen3 32B"] is Placement.ALL_ON_GPU
    assert dict(suggested(one))["Qwen3 32B"] is Placement.PARTLY


def test_nothing_is_recommended_where_nothing_fits() -> None:
    assert suggested(machine(2 * GB, GB // 2)) == []
