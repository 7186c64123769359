"""Corrects predictions by what was measured on this machine before; pure rules."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.catalog.fit.speeds import Estimate, MachineSpeed, Prior, fit_speed
from app.core.engine.token_cost import TokenCost
from app.core.prediction.fit import Device, Hardware
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.speed import NOMINAL_BANDWIDTH

MOST_MEASUREMENTS = 200
_MEMORY_BOUNDS = 0.5, 3.0
"""A measurement of memory beyond these was disturbed by something else."""

_MEASURED_SPREAD, _GUESSED_SPREAD, _OTHER_SPREAD = 0.35, 0.7, 0.5
"""How uncertain a factor is before any reply, as a logarithm: weights, by whether bandwidth is known; all others."""

_SpeedKey = tuple[tuple[str, ...], float, float]


@dataclass(frozen=True)
class Calibration:
    """What is known of this machine; the newest measurements first. Empty on a new one."""

    measurements: Sequence[Measurement] = ()
    _speeds: dict[_SpeedKey, MachineSpeed] = field(default_factory=dict, init=False, repr=False, compare=False)

    def memory_factor(self, backend: str, architecture: str, quantization: str) -> float | None:
        """The correction from the measurements most like this one, None without any on this backend.

        It is their median, so that a disturbed one does no harm: first of the same architecture and
        quantization, then of the same quantization, then of any model.
        """
        low, high = _MEMORY_BOUNDS
        memory = (one for one in self.measurements if one.kind is MeasurementKind.MEMORY and one.backend == backend)
        same = [one for one in memory if low <= one.ratio <= high]
        alike = [one for one in same if one.quantization == quantization]
        closest = [one for one in alike if one.architecture == architecture]
        ratios = [one.ratio for one in (closest or alike or same)[:MOST_MEASUREMENTS]]
        return statistics.median(ratios) if ratios else None

    def seconds(self, cost: TokenCost, backend: str, hardware: Hardware, model: str, quantization: str) -> Estimate:
        """How long a token takes here; see `MachineSpeed.estimate`."""
        return self._machine(backend, hardware).estimate(cost, backend, model, quantization)

    def _machine(self, backend: str, hardware: Hardware) -> MachineSpeed:
        """The machine's factors, from the replies of the processor and of the GPUs that take part."""
        gpus = tuple(name for name in backend.split("+") if name != "CPU")
        key = gpus, hardware.memory.bandwidth, hardware.gpus[-1].bandwidth if hardware.gpus else 0.0
        if key not in self._speeds:
            alike = {"CPU", *gpus}
            speeds = (one for one in self.measurements if one.kind is MeasurementKind.SPEED)
            replies = (one for one in speeds if set(one.backend.split("+")) <= alike)
            self._speeds[key] = fit_speed(replies, _priors(hardware))
        return self._speeds[key]


def _priors(hardware: Hardware) -> tuple[Prior, ...]:
    """Before the first reply: the measured bandwidths, where they are known."""
    devices = hardware.memory, (hardware.gpus or (hardware.memory,))[-1]
    other = Prior(0.0, _OTHER_SPREAD)
    return tuple(prior for device in devices for prior in (_weights_prior(device), other, other))


def _weights_prior(device: Device) -> Prior:
    """Weights are read about as fast as one thread copies, reads and writes counted: 0.8 to 1.3 times on two cores."""
    if not device.bandwidth:
        return Prior(0.0, _GUESSED_SPREAD)
    return Prior(math.log(NOMINAL_BANDWIDTH[device.kind] / device.bandwidth), _MEASURED_SPREAD)
