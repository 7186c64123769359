"""Fits a machine's speed to the replies that were timed on it; pure, for any process.

A token's time is a sum of parts: reading the weights, attending to the context, and what does not
depend on sizes; on the processor and on GPUs. Each part is a nominal cost times a factor of this
machine. Models of different sizes, and contexts filled to different lengths, tell the factors apart.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import PureWindowsPath

from app.core.engine.token_cost import TokenCost
from app.core.prediction.measurement import Measurement

MODEL_SPREAD = 0.15
"""How far a model may lie from what the machine's factors say of it, as a logarithm."""

NOISE = 0.08
"""How much a token's time differs between two replies of a machine at rest, as a logarithm."""

BELIEF = 0.5
"""How far from what other models say a lone reply is believed, as a logarithm: the machine may have been busy."""

_BOUNDS = (0.02, 50.0)
"""A time beyond these times the nominal one was disturbed by something else."""

_MOST_REPLIES = 100
_OWN_REPLIES = 9
_NEAR = 0.3
"""Replies whose times differ by less, as a logarithm, tell about the same of a third."""

_ROUNDS, _SMALL_STEP, _LARGE_STEP = 12, 1e-4, 1.0

Row = list[float]


@dataclass(frozen=True)
class Prior:
    """What is thought of a factor before any reply: its logarithm, and the uncertainty of that."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Estimate:
    """Seconds per token, and their uncertainty as a logarithm."""

    seconds: float
    spread: float


@dataclass(frozen=True)
class _Rest:
    """By how much a reply took longer than the factors say, and what they say, as logarithms."""

    model: str
    quantization: str
    backend: str
    value: float
    said: float


@dataclass(frozen=True)
class MachineSpeed:
    """The logarithms of a machine's factors, how uncertain they are together, and what they leave unexplained."""

    logs: Row
    covariance: list[Row]
    rests: tuple[_Rest, ...]

    def estimate(self, cost: TokenCost, backend: str, model: str, quantization: str) -> Estimate:
        """How long a token takes: by the model's own replies where there are any, else by those of others.

        Of the model's own replies the lower median counts: other programs can make a reply slower,
        none can make it faster. Those that took about as long, as in a context of that length, weigh
        most. A lone one is held against what other models say.

        Args:
            cost: the token on nominal devices.
            backend: the devices that compute.
            model: the name of the model's file; empty where it has none yet.
            quantization: the type of its weights.
        """
        base, spread = self._by_factors(cost)
        others = [one for one in self.rests if one.model != model]
        known = base + _shrunk(one for one in others if one.quantization == quantization)
        own = [one for one in self.rests if model and one.model == model and one.backend == backend]
        if not own:
            return Estimate(math.exp(known), math.hypot(spread, MODEL_SPREAD))
        found = base + _median_near(base, own[:_OWN_REPLIES])
        if len(own) == 1 and others:
            found = min(max(found, known - BELIEF), known + BELIEF)
        return Estimate(math.exp(found), NOISE if len(own) > 1 else 2 * NOISE)

    def _by_factors(self, cost: TokenCost) -> tuple[float, float]:
        """The logarithm of a token's time, and its standard deviation."""
        seconds, shares = _seconds_and_shares(self.logs, cost)
        moved = [_dot(row, shares) for row in self.covariance]
        return math.log(seconds), math.sqrt(max(_dot(shares, moved), 0.0))


def fit_speed(replies: Iterable[Measurement], priors: Sequence[Prior]) -> MachineSpeed:
    """Fit the factors by least squares of logarithms, drawn to the priors.

    Gauss-Newton, the steps being small enough for its linear model. Large deviations count by their
    size instead of its square (Huber, "Robust Estimation of a Location Parameter", 1964). Replies of
    one model share what is peculiar to it, so that many of them weigh little more than one: each has
    the weight 1 / (noise² + count x spread²), as for equally correlated errors.

    Args:
        replies: measurements of speed with their costs, the newest first.
        priors: one for each part of a cost.
    """
    known = [one for one in replies if one.cost is not None and _BOUNDS[0] <= one.ratio <= _BOUNDS[1]][:_MOST_REPLIES]
    counts = Counter(file_name(one.model) for one in known)
    weights = [1 / (NOISE**2 + counts[file_name(one.model)] * MODEL_SPREAD**2) for one in known]
    logs = [prior.mean for prior in priors]
    matrix: list[Row] = []
    for _ in range(_ROUNDS):
        matrix, slope = _normal_equations(known, weights, logs, priors)
        step = _dots(inverse(matrix), slope)
        logs = [log + min(max(change, -_LARGE_STEP), _LARGE_STEP) for log, change in zip(logs, step, strict=True)]
        if max(map(abs, step)) < _SMALL_STEP:
            break
    rests = tuple(_rest_of(one, _seconds_and_shares(logs, one.cost)[0]) for one in known if one.cost is not None)
    return MachineSpeed(logs, inverse(matrix), rests)


def file_name(path: str) -> str:
    """The last part of a path of any system: the same file has the same name in every folder."""
    return PureWindowsPath(path).name


def inverse(matrix: Sequence[Row]) -> list[Row]:
    """Of a symmetric positive definite matrix, by Gauss-Jordan elimination."""
    size = len(matrix)
    rows = [[*row, *(float(at == index) for at in range(size))] for index, row in enumerate(matrix)]
    for index in range(size):
        pivot = rows[index][index]
        rows[index] = [value / pivot for value in rows[index]]
        for other in range(size):
            times = rows[other][index]
            if other != index and times:
                rows[other] = [value - times * own for value, own in zip(rows[other], rows[index], strict=True)]
    return [row[size:] for row in rows]


def _normal_equations(
    replies: Sequence[Measurement], weights: Sequence[float], logs: Row, priors: Sequence[Prior]
) -> tuple[list[Row], Row]:
    """The matrix and the right side of the next step."""
    size = len(priors)
    matrix = [[priors[row].spread ** -2 if row == column else 0.0 for column in range(size)] for row in range(size)]
    slope = [(prior.mean - log) / prior.spread**2 for prior, log in zip(priors, logs, strict=True)]
    for one, weight in zip(replies, weights, strict=True):
        assert one.cost is not None
        seconds, shares = _seconds_and_shares(logs, one.cost)
        rest = _rest(one, seconds)
        held = weight * min(1.0, MODEL_SPREAD / max(abs(rest), MODEL_SPREAD))
        used = [index for index, share in enumerate(shares) if share]
        for row in used:
            slope[row] += held * rest * shares[row]
            for column in used:
                matrix[row][column] += held * shares[row] * shares[column]
    return matrix, slope


def _seconds_and_shares(logs: Row, cost: TokenCost) -> tuple[float, Row]:
    """A token's time by the factors, and the share of it that each part has."""
    parts = [math.exp(log) * part if part else 0.0 for log, part in zip(logs, cost.parts, strict=True)]
    seconds = max(sum(parts), 1e-9)
    return seconds, [part / seconds for part in parts]


def _rest(reply: Measurement, seconds: float) -> float:
    return math.log(reply.measured / seconds)


def _rest_of(reply: Measurement, seconds: float) -> _Rest:
    name = file_name(reply.model)
    return _Rest(name, reply.quantization, reply.backend, _rest(reply, seconds), math.log(seconds))


def _median_near(said: float, rests: Sequence[_Rest]) -> float:
    """The lower median of what is left, each weighing the more the nearer what was said of it is."""
    weighed = sorted((one.value, 1 / (_NEAR**2 + (one.said - said) ** 2)) for one in rests)
    reached = accumulate(weight for _, weight in weighed)
    half = sum(weight for _, weight in weighed) / 2
    return next(value for (value, _), weight in zip(weighed, reached, strict=True) if weight >= half * (1 - 1e-9))


def _shrunk(rests: Iterable[_Rest]) -> float:
    """What models of one quantization have in common: half of it if one has run, more the more there are."""
    by_model: dict[str, Row] = {}
    for one in rests:
        by_model.setdefault(one.model, []).append(one.value)
    return sum(map(statistics.median_low, by_model.values())) / (len(by_model) + 1)


def _dot(one: Row, other: Row) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))


def _dots(matrix: Sequence[Row], vector: Row) -> Row:
    return [_dot(row, vector) for row in matrix]
