"""What a token costs on devices of nominal speed, by the kind of work; values only, used by every process."""

from __future__ import annotations

import msgspec


class DeviceCost(msgspec.Struct, frozen=True, array_like=True):
    """Seconds on one kind of device: to read the weights, to attend to the context, and whatever the size."""

    weights: float = 0.0
    attention: float = 0.0
    fixed: float = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.attention + self.fixed


class TokenCost(msgspec.Struct, frozen=True):
    """One token's way through the layers in main memory, and through those on GPUs."""

    cpu: DeviceCost = DeviceCost()
    gpu: DeviceCost = DeviceCost()

    @property
    def total(self) -> float:
        """Seconds in all: the devices work one after the other."""
        return self.cpu.total + self.gpu.total

    @property
    def parts(self) -> tuple[float, ...]:
        """The kinds of work in one row: the processor's, then the GPUs'."""
        return (
            self.cpu.weights, self.cpu.attention, self.cpu.fixed,
            self.gpu.weights, self.gpu.attention, self.gpu.fixed,
        )  # fmt: skip
