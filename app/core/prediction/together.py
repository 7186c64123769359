"""Whether several models can be in memory at once; values and one rule, for every process. Sizes are bytes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.core.prediction.fit import DeviceKind, Hardware
from app.core.prediction.footprint import PROCESS_BYTES
from app.core.prediction.probe_frames import Machine, MeasuredNeed


class Together(msgspec.Struct, frozen=True):
    """What all models need at once and what there is; both 0 where nobody could tell."""

    need: int = 0
    room: int = 0

    @property
    def fits(self) -> bool:
        """Whether they may run at once; what is not known does not fit."""
        return 0 < self.need <= self.room


def together(machine: Machine, models: Sequence[tuple[int, MeasuredNeed]]) -> Together:
    """Judge models by the bytes of their files and by what llama.cpp planned for them.

    A model takes what another leaves on the GPUs, and main memory for the rest, so that all rooms count as one.
    """
    hardware = Hardware.of(machine)
    rooms = [gpu.room for gpu in hardware.gpus if gpu.kind is DeviceKind.GPU]
    need = sum(
        weights + plan.kv_bytes + sum(plan.compute_bytes.values()) + plan.output_bytes + PROCESS_BYTES
        for weights, plan in models
    )
    return Together(need, hardware.memory.room + sum(rooms))
