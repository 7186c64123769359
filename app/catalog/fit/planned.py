"""What llama.cpp itself planned for a model, in place of the formula; pure and quick enough for a slider.

It is asked for a few context lengths. At any other the formula follows the context, corrected by how
far it was from the plans on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from app.core.catalog.hub import ModelShape, Weights
from app.core.engine.loading import DEFAULT_CONTEXT
from app.core.prediction.fit import NeedSource, Plan
from app.core.prediction.footprint import Footprint, footprint
from app.core.prediction.probe_frames import MeasuredNeed

_PRINTED_KV = 32 * 1024
"""How far the size that llama.cpp prints may be from the real one."""


@dataclass(frozen=True)
class _Ratio:
    """How many times the formula's sizes llama.cpp's were, at one context length in tokens."""

    context: int
    kv: float
    compute: float
    host_compute: float


def planned(
    shape: ModelShape, weights: Weights, plan: Plan, known: Iterable[MeasuredNeed]
) -> tuple[Footprint, NeedSource]:
    """The parts of a model as the plan would load it, from what llama.cpp planned as far as that is known."""
    parts = footprint(shape, weights, plan)
    alike = {context: one for one in known for context in (_context(one),) if _plan_of(one, context, plan) == plan}
    if plan.context_length in alike:
        return refined(parts, alike[plan.context_length]), NeedSource.MEASURED
    if not alike:
        return parts, NeedSource.FORMULA
    below = max((context for context in alike if context < plan.context_length), default=min(alike))
    above = min((context for context in alike if context > plan.context_length), default=max(alike))
    first, last = (_ratio(shape, weights, plan, alike[context], context) for context in (below, above))
    return _scaled(parts, first, last, plan.context_length), NeedSource.BETWEEN


def refined(parts: Footprint, measured: MeasuredNeed) -> Footprint:
    """The parts with llama.cpp's own sizes in place of the formula's."""
    host = {name: size for name, size in measured.compute_bytes.items() if name.endswith("_Host")}
    devices = [size for name, size in measured.compute_bytes.items() if name not in host]
    kv = sum(parts.layer_kv)
    differs = kv > 0 and abs(measured.kv_bytes - kv) > _PRINTED_KV
    return replace(
        parts,
        layer_kv=tuple(size * measured.kv_bytes // kv for size in parts.layer_kv) if differs else parts.layer_kv,
        compute=max(devices, default=parts.compute) + measured.output_bytes,
        host_compute=sum(host.values()) + measured.output_bytes if host else parts.host_compute,
    )


def _context(measured: MeasuredNeed) -> int:
    return measured.options.context_length or DEFAULT_CONTEXT


def _plan_of(measured: MeasuredNeed, context: int, beside: Plan) -> Plan:
    """The plan that was measured, as if it were for the context and the GPU layers of another one."""
    plan = Plan.of(measured.options, context)
    return msgspec.structs.replace(plan, context_length=beside.context_length, gpu_layers=beside.gpu_layers)


def _ratio(shape: ModelShape, weights: Weights, plan: Plan, measured: MeasuredNeed, context: int) -> _Ratio:
    formula = footprint(shape, weights, msgspec.structs.replace(plan, context_length=context))
    real = refined(formula, measured)
    return _Ratio(
        context=context,
        kv=_quotient(sum(real.layer_kv), sum(formula.layer_kv)),
        compute=_quotient(real.compute, formula.compute),
        host_compute=_quotient(real.host_compute, formula.host_compute),
    )


def _scaled(parts: Footprint, first: _Ratio, last: _Ratio, context: int) -> Footprint:
    """The formula's parts at a context, corrected by what lies below and above it."""
    span = last.context - first.context
    share = (context - first.context) / span if span else 0.0

    def between(low: float, high: float) -> float:
        return low + (high - low) * share

    kv = between(first.kv, last.kv)
    return replace(
        parts,
        layer_kv=tuple(round(size * kv) for size in parts.layer_kv),
        compute=round(parts.compute * between(first.compute, last.compute)),
        host_compute=round(parts.host_compute * between(first.host_compute, last.host_compute)),
    )


def _quotient(real: int, formula: int) -> float:
    return real / formula if formula else 1.0
