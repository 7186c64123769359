"""Which models suit a machine, told from a line of a list alone: the size of a model, not its header; pure."""

from __future__ import annotations

import msgspec

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import READING_SPEED, estimated_weights, fit, typical_shape
from app.core.catalog.hub import Format, Recommendation, RemoteFile, RepoSummary, Variant
from app.core.engine.loading import LoadOptions
from app.core.prediction.fit import Fit, Hardware, Placement

COMMON_QUANTIZATION, COMMON_BITS = "Q4_K_M", 4.85
"""What most people take, and its bits per weight."""

PATIENCE = 0.5
"""The part of the reading speed that is fast enough here, for an estimate may be off by as much."""

SuitKey = tuple[bool, bool, float]


def fit_of_recommendation(model: Recommendation, hardware: Hardware, calibration: Calibration) -> Fit:
    """How a recommended model would fit with a context of usual length."""
    variant = _variant(model.repo, model.variant, model.bytes, model.parameters)
    if model.active_parameters:
        variant = _with_experts(variant, model.active_parameters)
    return fit(variant, hardware, LoadOptions(), calibration)


def fit_of_repo(repo: RepoSummary, hardware: Hardware, calibration: Calibration) -> Fit | None:
    """How a repo's model would fit at a common quantization; None where the Hub does not tell its size."""
    if not repo.parameters:
        return None
    size = round(repo.parameters * COMMON_BITS / 8)
    return fit(_variant(repo.id, COMMON_QUANTIZATION, size, repo.parameters), hardware, LoadOptions(), calibration)


def suit_key(found: Fit, size: int) -> SuitKey:
    """To sort by, the highest first.

    What lies entirely on GPUs goes before all else, then what answers about as fast as people read;
    of those the largest first, of the others the smallest.
    """
    fluent = found.speed is not None and found.speed.likely >= PATIENCE * READING_SPEED
    return found.verdict.placement is Placement.ALL_ON_GPU, fluent, float(size if fluent else -size)


def _variant(repo: str, quantization: str, size: int, parameters: int) -> Variant:
    return Variant(
        repo=repo,
        branch="main",
        commit="",
        name=quantization,
        format=Format.GGUF,
        quantization=quantization,
        bits_per_weight=size * 8 / parameters,
        files=(RemoteFile("", size),),
        parameters=parameters,
    )


def _with_experts(variant: Variant, active: int) -> Variant:
    """A mixture of experts, of whose weights one token uses only a part."""
    shape = typical_shape(variant)
    weights = estimated_weights(variant, shape)
    return msgspec.structs.replace(
        variant,
        shape=msgspec.structs.replace(shape, experts=round(variant.parameters / active), experts_used=1),
        weights=msgspec.structs.replace(weights, experts=weights.layers),
    )
