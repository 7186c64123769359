"""A prediction and what came of it, and how the engine's answers become such."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.core.engine.engine_frames import Finished, ModelInfo
from app.core.engine.guide import is_guide
from app.core.engine.messages import FinishReason
from app.core.engine.token_cost import TokenCost

FEWEST_TOKENS = 16
"""A shorter reply says little about speed."""


class MeasurementKind(StrEnum):
    """What was compared with its prediction."""

    MEMORY = "memory"
    SPEED = "speed"


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction and what came of it.

    Of memory in bytes, of which `certain` are known beforehand (weights and KV cache); of speed in
    seconds per token, the prediction being the `cost` on nominal devices. `backend` names the devices
    that took part, such as `CPU`, `CUDA` or `CPU+CUDA`.
    """

    kind: MeasurementKind
    backend: str
    architecture: str
    quantization: str
    predicted: float
    measured: float
    certain: float = 0.0
    model: str = ""
    at: float = 0.0
    cost: TokenCost | None = None

    @property
    def ratio(self) -> float:
        """How many times the uncertain part was what had been predicted."""
        uncertain = self.predicted - self.certain
        return (self.measured - self.certain) / uncertain if uncertain > 0 else 1.0


def measurements_of(info: ModelInfo, reply: Finished) -> list[Measurement]:
    """What a reply tells: its speed if it is long enough, and the engine's memory once it has worked hard.

    Args:
        info: the loaded model.
        reply: the end of one of its replies.
    """
    found: list[Measurement] = []
    if is_guide(info.path):  # too small to tell anything of models that people choose
        return found
    if reply.peak_bytes and info.predicted_bytes:
        found.append(
            Measurement(
                kind=MeasurementKind.MEMORY,
                backend=info.backend,
                architecture=info.architecture,
                quantization=info.quantization,
                predicted=info.predicted_bytes,
                measured=reply.peak_bytes,
                certain=info.certain_bytes,
                model=info.path,
            )
        )
    rate, is_long = reply.timings.decode_rate, reply.usage.completion_tokens >= FEWEST_TOKENS
    if is_long and rate > 0 and reply.cost is not None and reply.reason is not FinishReason.CANCELLED:
        found.append(speed_of(info, reply.cost, rate))
    return found


def speed_of(info: ModelInfo, cost: TokenCost, rate: float) -> Measurement:
    """A speed in tokens per second, and what a token was to cost."""
    return Measurement(
        kind=MeasurementKind.SPEED,
        backend=info.backend,
        architecture=info.architecture,
        quantization=info.quantization,
        predicted=cost.total,
        measured=1 / rate,
        model=info.path,
        cost=cost,
    )
