"""`parley models search` and `variants`: what the Hub has, and what of it this machine can run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection, HubClient
from app.catalog.find.repo_ref import parse_repo_ref
from app.catalog.find.token import TokenStore
from app.catalog.fit.fit import best, fit
from app.catalog.ledger import Ledger
from app.cli.doctor import probe
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import known_so_far
from app.core.catalog.hub import Access, Format, RemoteFile, RepoPage, RepoSummary, SearchOrder, SearchQuery, Variant
from app.core.engine.loading import LoadOptions
from app.core.errors import ParleyError
from app.core.prediction.fit import Fit, Hardware, Placement
from app.core.program.ledger import Purpose
from app.core.sizes import format_bytes, format_count

_PARTS = ("weights", "kv", "compute", "overhead")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A variant for programs; what depends on this machine is None where it could not be examined."""

    name: str
    repo: str
    branch: str
    commit: str
    format: Format
    quantization: str
    bits: int
    group_size: int | None
    act_order: bool | None
    bits_per_weight: float
    parameters: int
    architecture: str
    context_length: int
    license: str
    base_model: str
    bytes: int
    files: tuple[dict[str, str | int], ...]
    need_bytes: dict[str, int] | None
    verdict: str | None
    tokens_per_second: float | None
    recommended: bool


def search(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Search, page after page, until there are as many as asked for."""
    query = SearchQuery(
        text=arguments.text,
        author=arguments.author,
        format=Format(arguments.format) if arguments.format else None,
        order=SearchOrder(arguments.sort),
        limit=arguments.limit,
    )
    hub = connected(invocation)
    left, cursor = query.limit, ""
    while left > 0:
        page = hub.search(query, cursor)
        for repo in page.repos[:left]:
            _show_repo(repo, invocation)
        left, cursor = left - len(page.repos), page.cursor
        if not cursor or not page.repos:
            break
    if left == query.limit and not invocation.terminal.json:
        invocation.terminal.note("Nothing was found. Try fewer words, or another spelling.")
    return 0


def variants(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every variant of a repo, with what it needs and how fast it would be here."""
    ref = parse_repo_ref(arguments.repo, Connection.of(os.environ).endpoint)
    page = connected(invocation).open_repo(ref)
    hardware = _hardware(invocation)
    known = known_so_far(invocation)
    fits = [fit(variant, hardware, LoadOptions(), known) if hardware else None for variant in page.variants]
    star = best(page.variants, hardware, LoadOptions(), known) if hardware else None
    starred = star[0] if star else None
    if arguments.json:
        rows = [_line(page, one, found, one == starred) for one, found in zip(page.variants, fits, strict=True)]
        invocation.terminal.record(rows)
        if page.refusal is not None:
            invocation.terminal.note(str(page.refusal.error()))
    else:
        _show_page(page, fits, starred, invocation)
    return 0


def connected(invocation: Invocation) -> Hub:
    """The Hub, with the user's token."""
    token = TokenStore(invocation.folders.config, os.environ).find().token
    return Hub(
        HubClient(Connection.of(os.environ, token), Ledger(os.environ, Purpose.SEARCH).note),
        invocation.folders.cache / "hub",
    )


def recommended(variants: Sequence[Variant], invocation: Invocation) -> Variant | None:
    """The best of these for this machine; None where it cannot be told."""
    hardware = _hardware(invocation)
    found = best(variants, hardware, LoadOptions(), known_so_far(invocation)) if hardware else None
    return found[0] if found else None


def _hardware(invocation: Invocation) -> Hardware | None:
    """This machine; None if it cannot be examined, which must not hide what the Hub has."""
    try:
        return Hardware.of(probe(invocation.folders))
    except ParleyError as error:
        invocation.terminal.note(str(error))
        return None


def _line(page: RepoPage, variant: Variant, found: Fit | None, is_recommended: bool) -> Line:
    return Line(
        name=variant.name,
        repo=variant.repo,
        branch=variant.branch,
        commit=variant.commit,
        format=variant.format,
        quantization=variant.quantization,
        bits=variant.bits,
        group_size=variant.group_size,
        act_order=variant.act_order,
        bits_per_weight=round(variant.bits_per_weight, 3),
        parameters=variant.parameters,
        architecture=variant.architecture,
        context_length=variant.context_length,
        license=page.license,
        base_model=page.base_model,
        bytes=variant.bytes,
        files=tuple(_file(file) for file in variant.files),
        need_bytes={**{part: found.part(part) for part in _PARTS}, "total": found.total} if found else None,
        verdict=found.verdict.placement.value if found else None,
        tokens_per_second=round(found.speed.likely, 1) if found and found.speed else None,
        recommended=is_recommended,
    )


def _file(file: RemoteFile) -> dict[str, str | int]:
    return {"path": file.path, "bytes": file.bytes, "sha256": file.sha256}


def _show_repo(repo: RepoSummary, invocation: Invocation) -> None:
    if invocation.terminal.json:
        invocation.terminal.record(msgspec.to_builtins(repo) | {"access": repo.access.value})
        return
    day = datetime.fromtimestamp(repo.updated, UTC).date().isoformat() if repo.updated else ""
    parts = [
        ", ".join(kind.value for kind in repo.formats),
        f"{format_count(repo.downloads)} downloads",
        f"{format_count(repo.likes)} likes",
        day,
        "" if repo.access is Access.OPEN else repo.access.value,
    ]
    invocation.terminal.line(f"{repo.id}\n  {', '.join(part for part in parts if part)}")


def _show_page(page: RepoPage, fits: list[Fit | None], starred: Variant | None, invocation: Invocation) -> None:
    terminal = invocation.terminal
    about = [f"licence {page.license}" if page.license else "", f"from {page.base_model}" if page.base_model else ""]
    terminal.line(", ".join([page.summary.id, *(part for part in about if part)]))
    branches = {variant.branch for variant in page.variants}
    for variant, found in zip(page.variants, fits, strict=True):
        star = "*" if variant == starred else " "
        place = f" ({variant.branch})" if len(branches) > 1 else ""
        bits = f"{variant.bits_per_weight:.2f} bits per weight" if variant.bits_per_weight else ""
        parts = [format_bytes(variant.bytes), bits, _verdict(found)]
        terminal.line(f"{star} {variant.quantization or variant.name}{place}: {', '.join(p for p in parts if p)}")
    if not page.variants:
        terminal.note("No model that Parley knows how to run is among its files.")
    if starred is not None:
        terminal.line("* is the best for this machine.")
    if page.refusal is not None:
        terminal.note(str(page.refusal.error()))


def _verdict(found: Fit | None) -> str:
    if found is None:
        return ""
    need, speed = (
        f"needs {format_bytes(found.total)}",
        f"about {found.speed.likely:.0f} tokens/s" if found.speed else "",
    )
    where = {
        Placement.ALL_ON_GPU: "runs on the GPU",
        Placement.PARTLY: f"{found.verdict.gpu_layers} of {found.verdict.layers} layers on the GPU",
        Placement.CPU: "runs on the processor",
        Placement.DOES_NOT_FIT: f"does not fit: {format_bytes(found.missing)} too much",
    }[found.verdict.placement]
    return ", ".join(part for part in (need, where, speed) if part)


COMMANDS: CommandTable = {"models search": search, "models variants": variants}
