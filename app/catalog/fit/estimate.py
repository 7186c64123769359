"""Which models suit a machine, told from a line of a list alone: the size of a model, not its header; pure."""

from __future__ import annotations

from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import fit, is_fluent
from app.core.fit import Fit, Hardware, Placement
from app.core.hub import Format, Recommendation, RemoteFile, RepoSummary, Variant
from app.core.loading import LoadOptions

COMMON_QUANTIZATION, COMMON_BITS = "Q4_K_M", 4.85
"""What most people take, and its bits per weight."""

SuitKey = tuple[bool, bool, float]


def fit_of_recommendation(model: Recommendation, hardware: Hardware, calibration: Calibration) -> Fit:
    """How a recommended model would fit with a context of usual length."""
    return _estimated(model.repo, model.variant, model.bytes, model.parameters, hardware, calibration)


def fit_of_repo(repo: RepoSummary, hardware: Hardware, calibration: Calibration) -> Fit | None:
    """How a repo's model would fit at a common quantization; None where the Hub does not tell its size."""
    if not repo.parameters:
        return None
    size = round(repo.parameters * COMMON_BITS / 8)
    return _estimated(repo.id, COMMON_QUANTIZATION, size, repo.parameters, hardware, calibration)


def suit_key(found: Fit, size: int) -> SuitKey:
    """To sort by, the highest first.

    What lies entirely on GPUs goes before all else, then what answers faster than people read; of
    those the largest first, of the others the smallest.
    """
    fluent = is_fluent(found)
    return found.verdict.placement is Placement.ALL_ON_GPU, fluent, float(size if fluent else -size)


def _estimated(
    repo: str, quantization: str, size: int, parameters: int, hardware: Hardware, calibration: Calibration
) -> Fit:
    variant = Variant(
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
    return fit(variant, hardware, LoadOptions(), calibration)
