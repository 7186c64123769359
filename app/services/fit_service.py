"""What fits on this machine now, for the window: holds the machine and what was measured on it; pure otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.catalog.find.file_groups import gguf_candidates
from app.catalog.fit.calibration import Calibration
from app.catalog.fit.estimate import SuitKey, fit_of_recommendation, fit_of_repo, suit_key
from app.catalog.fit.fit import best_of, fit
from app.core.catalog.hub import Format, Recommendation, RepoSummary, Variant
from app.core.engine.engine_frames import ModelInfo
from app.core.engine.loading import LoadOptions
from app.core.prediction.fit import CONTEXT_BYTES, Fit, Hardware, Reason, shares_memory
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.probe_frames import Machine, MeasuredNeed

VariantKey = tuple[str, str, str]


@dataclass(frozen=True)
class Ranked:
    """Each variant with its fit, and the one to recommend among those that Parley can run."""

    fits: tuple[Fit, ...]
    best: Variant | None = None
    reason: Reason | None = None


class FitService:
    """Quick enough to be asked while a slider moves; `hardware` is None until the machine is known."""

    def __init__(self, calibration: Calibration | None = None) -> None:
        self.calibration = calibration or Calibration()
        self.machine: Machine | None = None
        self.hardware: Hardware | None = None
        self._plans: dict[VariantKey, list[MeasuredNeed]] = {}

    def set_machine(self, machine: Machine, loaded: ModelInfo | None = None) -> None:
        """The machine as a probe found it, while `loaded` held its part of it."""
        self.machine = machine
        self.hardware = Hardware.of(machine, given_back(machine, loaded) if loaded else None)

    def add_plan(self, variant: Variant, plan: MeasuredNeed) -> None:
        """What llama.cpp planned for a variant, to be used in place of the formula from now on."""
        self._plans.setdefault(variant_key(variant), []).append(plan)

    def rank(self, variants: Sequence[Variant], options: LoadOptions) -> Ranked:
        """How every variant would fit, and which one is best; empty until the machine is known."""
        hardware = self.hardware
        if hardware is None:
            return Ranked(())
        fits = tuple(
            fit(variant, hardware, options, self.calibration, self._plans.get(variant_key(variant), ()))
            for variant in variants
        )
        chosen = best_of(pair for pair in zip(variants, fits, strict=True) if can_run(pair[0]))
        return Ranked(fits, *chosen) if chosen else Ranked(fits)

    def recommend(self, models: Sequence[Recommendation]) -> list[tuple[Recommendation, Fit]]:
        """Those that fit, the one that suits this machine best first; empty until the machine is known."""
        if self.hardware is None:
            return []
        fits = [(model, fit_of_recommendation(model, self.hardware, self.calibration)) for model in models]
        fitting = [(model, found) for model, found in fits if found.verdict.fits]
        return sorted(fitting, key=lambda one: suit_key(one[1], one[0].bytes), reverse=True)

    def sort_by_fit(self, repos: Sequence[RepoSummary]) -> list[tuple[RepoSummary, Fit | None]]:
        """What fits here goes first, then what is too large, of either GGUF first; last what is of unknown size."""
        hardware = self.hardware
        found = [(repo, fit_of_repo(repo, hardware, self.calibration) if hardware else None) for repo in repos]
        return sorted(found, key=lambda one: _suits(*one), reverse=True)

    def last_run(self, variant: Variant) -> Measurement | None:
        """How the prediction of its memory compared with what it took when it last ran on this machine."""
        names = {PurePosixPath(file.path).name for file in variant.files[:1]}
        runs = (one for one in self.calibration.measurements if one.kind is MeasurementKind.MEMORY)
        alike = (one for one in runs if one.quantization == variant.quantization)
        return next((one for one in alike if Path(one.model).name in names), None)


def variant_key(variant: Variant) -> VariantKey:
    """What tells a variant from all others."""
    return variant.repo, variant.commit, variant.header_file or variant.name


def can_run(variant: Variant) -> bool:
    """Whether Parley runs this variant: a GGUF file that llama.cpp reads, or what can be made into one."""
    return not is_cut(variant) if variant.format is Format.GGUF else variant.becomes is not None


def is_cut(variant: Variant) -> bool:
    """Whether its files are raw pieces, which have to be joined before they are a model."""
    return any(group.is_cut for group in gguf_candidates(variant.files))


def given_back(machine: Machine, loaded: ModelInfo) -> dict[str, int]:
    """What ending the engine frees, by device; pages of a mapped file count as free already.

    Each GPU gives back what the model holds on it, and the context that the engine's backend has there.
    """
    share = min(loaded.gpu_layers / loaded.layers, 1.0) if loaded.layers else 0.0
    mapped = loaded.bytes * (1 - share) if loaded.options.use_mmap else 0.0
    in_memory = loaded.memory_bytes - sum(loaded.gpu_bytes.values()) - mapped
    gpus = [device for device in machine.devices if device.kind == "gpu" and not shares_memory(device)]
    on_gpus = {gpu.name: loaded.gpu_bytes.get(gpu.name, 0) + CONTEXT_BYTES.get(gpu.backend, 0) for gpu in gpus}
    return {"CPU": max(round(in_memory), 0), **on_gpus}


def _suits(repo: RepoSummary, found: Fit | None) -> tuple[bool, bool, bool, SuitKey]:
    """A key to sort by, highest first."""
    is_gguf = Format.GGUF in repo.formats
    if found is None:
        return False, False, is_gguf, (False, False, 0.0)
    return True, found.verdict.fits, is_gguf, suit_key(found, repo.parameters)
