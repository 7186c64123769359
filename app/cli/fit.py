"""`parley models fit`: what a model would need here, part by part, and how fast it would answer."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection
from app.catalog.find.repo_ref import parse_repo_ref
from app.catalog.fit.calibration import Calibration
from app.catalog.fit.fit import best_of, fit
from app.catalog.fit.local_variant import local_variant
from app.cli.doctor import ProbeLost, probe, probing
from app.cli.hub import connected
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import known_so_far
from app.core.catalog.hub import HeaderCopy, Variant
from app.core.engine.loading import KvType, LoadOptions
from app.core.errors import ParleyError
from app.core.paths import expanded
from app.core.prediction.fit import Fit, Hardware, NeedSource, Placement
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.core.prediction.probe_frames import MeasuredNeed, MeasureNeed, MeasureRemote
from app.core.protocol import Command, Event
from app.core.sizes import format_bytes, format_count


class Past(msgspec.Struct, frozen=True):
    """The last comparison of the engine's memory with its prediction, in bytes."""

    predicted: int
    measured: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A variant on this machine; `measured_by_llama_cpp` says that it planned the buffers itself."""

    name: str
    quantization: str
    context_length: int
    needs: tuple[dict[str, str | int], ...]
    need_bytes: int
    verdict: str
    gpu_layers: int
    layers: int
    missing_bytes: int
    tokens_per_second: dict[str, float] | None
    quality: int
    exact: bool
    measured_by_llama_cpp: bool
    recommended: bool
    last_run: Past | None = None


def show_fit(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Tell it of a file, or of every variant of a repo."""
    options = LoadOptions(
        context_length=arguments.context, kv_type_k=KvType(arguments.kv_type), kv_type_v=KvType(arguments.kv_type)
    )
    hardware = Hardware.of(probe(invocation.folders))
    known = known_so_far(invocation)
    path = expanded(arguments.model)
    if path.exists() or path.suffix.lower() == ".gguf":
        answers = [_of_file(path.absolute(), hardware, options, known, invocation)]
    else:
        answers = _of_repo(arguments.model, hardware, options, known, invocation)
    for answer in answers:
        if arguments.json:
            invocation.terminal.record(answer)
        else:
            invocation.terminal.table(_lines(answer))
    return 0


def _of_file(
    path: Path, hardware: Hardware, options: LoadOptions, known: Calibration, invocation: Invocation
) -> Answer:
    variant = local_variant(path)
    with probing(invocation.folders) as ask:
        measured = _measured(MeasureNeed(path=str(path), options=options), ask, invocation)
    return _answer(variant, fit(variant, hardware, options, known, measured), False, _past(known, str(path)))


def _of_repo(
    text: str, hardware: Hardware, options: LoadOptions, known: Calibration, invocation: Invocation
) -> list[Answer]:
    """Every variant, measured from its headers alone where they can be read."""
    ref = parse_repo_ref(text, Connection.of(os.environ).endpoint)
    hub = connected(invocation)
    fits = []
    with probing(invocation.folders) as ask:
        for listed in hub.open_repo(ref).variants:
            variant, headers = _opened(hub, listed, invocation)
            command = MeasureRemote(headers=headers, options=options)
            measured = _measured(command, ask, invocation) if headers else ()
            fits.append((variant, fit(variant, hardware, options, known, measured)))
    star = best_of(fits)
    starred = star[0] if star else None
    return [_answer(variant, found, variant == starred) for variant, found in fits]


def _opened(hub: Hub, variant: Variant, invocation: Invocation) -> tuple[Variant, tuple[HeaderCopy, ...]]:
    """With its exact weights and its headers; as it was listed where they cannot be read."""
    try:
        return hub.open_variant(variant)
    except ParleyError as error:
        invocation.terminal.note(f"{variant.name}: {error}")
        return variant, ()


def _measured(
    command: MeasureNeed | MeasureRemote, ask: Callable[[Command], Event], invocation: Invocation
) -> tuple[MeasuredNeed, ...]:
    """What llama.cpp plans; nothing for what it cannot load, which the formula still knows."""
    try:
        answer = ask(command)
    except ProbeLost:
        raise
    except ParleyError as error:
        invocation.terminal.note(str(error))
        return ()
    return (answer,) if isinstance(answer, MeasuredNeed) else ()


def _past(known: Calibration, path: str) -> Past | None:
    found: list[Measurement] = [
        one for one in known.measurements if one.kind is MeasurementKind.MEMORY and one.model == path
    ]
    return Past(round(found[0].predicted), round(found[0].measured)) if found else None


def _answer(variant: Variant, found: Fit, is_recommended: bool, past: Past | None = None) -> Answer:
    speed = found.speed
    rates = {name: round(getattr(speed, name), 2) for name in ("low", "likely", "high")} if speed else None
    return Answer(
        name=variant.name,
        quantization=variant.quantization,
        context_length=found.context_length,
        needs=tuple(msgspec.to_builtins(need) | {"total": need.total} for need in found.needs),
        need_bytes=found.total,
        verdict=found.verdict.placement.value,
        gpu_layers=found.verdict.gpu_layers,
        layers=found.verdict.layers,
        missing_bytes=found.missing,
        tokens_per_second=rates,
        quality=found.quality,
        exact=found.exact,
        measured_by_llama_cpp=found.source is NeedSource.MEASURED,
        recommended=is_recommended,
        last_run=past,
    )


def _lines(answer: Answer) -> list[tuple[str, str]]:
    lines = [
        ("Variant", " ".join((answer.name, "(the best for this machine)" if answer.recommended else "")).strip()),
        ("Context", f"{format_count(answer.context_length)} tokens"),
    ]
    for need in answer.needs:
        parts = ", ".join(
            f"{format_bytes(int(need[part]))} {label}"
            for part, label in (
                ("weights", "weights"),
                ("kv", "context"),
                ("compute", "to compute"),
                ("overhead", "overhead"),
            )
        )
        lines.append((f"Needs of {need['device']}", f"{format_bytes(int(need['total']))}: {parts}"))
    lines.append(("Verdict", _verdict(answer)))
    if answer.tokens_per_second:
        low, likely, high = (answer.tokens_per_second[name] for name in ("low", "likely", "high"))
        lines.append(("Speed", f"about {likely:.0f} tokens/s ({low:.0f} to {high:.0f})"))
    lines.append(("Quality", f"{answer.quality} of 5"))
    if answer.last_run:
        predicted, measured = format_bytes(answer.last_run.predicted), format_bytes(answer.last_run.measured)
        lines.append(("Last run", f"predicted {predicted}, measured {measured}"))
    return lines


def _verdict(answer: Answer) -> str:
    match Placement(answer.verdict):
        case Placement.ALL_ON_GPU:
            return "runs on the GPU"
        case Placement.PARTLY:
            return f"runs with {answer.gpu_layers} of {answer.layers} layers on the GPU"
        case Placement.CPU:
            return "runs on the processor"
    return f"does not fit: {format_bytes(answer.missing_bytes)} too much"


COMMANDS: CommandTable = {"models fit": show_fit}
