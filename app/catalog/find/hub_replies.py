"""From the Hub's answers, as its client gives them, to Parley's values; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from huggingface_hub import ModelInfo

from app.catalog.find.branch import Branch
from app.catalog.find.card import Card
from app.core.catalog.hub import Access, Format, RemoteFile, RepoPage, RepoSummary, SearchOrder, SearchQuery, Variant
from app.core.errors import Failure

_SORT = {SearchOrder.DOWNLOADS: "downloads", SearchOrder.LIKES: "likes", SearchOrder.UPDATED: "lastModified"}
_FIELDS = ["author", "downloads", "likes", "gated", "private", "lastModified", "tags", "gguf", "safetensors"]


def search_parameters(query: SearchQuery) -> dict[str, str | int | list[str]]:
    """What the Hub's search is asked."""
    asked: dict[str, str | int | list[str]] = {"sort": _SORT[query.order], "limit": query.limit, "expand": _FIELDS}
    if query.text:
        asked["search"] = query.text
    if query.author:
        asked["author"] = query.author
    if query.format is not None:
        asked["filter"] = query.format.value
    return asked


def listed_branch(repo: str, name: str, info: ModelInfo, *, refused: bool) -> Branch:
    """A branch of which only the listing is known."""
    files = tuple(
        RemoteFile(sibling.rfilename, sibling.size or 0, str(sibling.lfs.sha256) if sibling.lfs else "")
        for sibling in info.siblings or ()
    )
    config = info.config if isinstance(info.config, dict) else {}
    return Branch(repo, name, info.sha or name, files, config, parameters=_count(info), headers_refused=refused)


def repo_page(
    info: ModelInfo, branch: str, variants: tuple[Variant, ...], card: Card, refusal: Failure | None
) -> RepoPage:
    """A repo's page; what its card says goes before what the Hub has made of it."""
    told: Mapping[str, object] = vars(info.card_data) if info.card_data else {}
    summary = summary_of(info)
    formats = tuple(dict.fromkeys(variant.format for variant in variants)) or summary.formats
    largest = max((variant.parameters for variant in variants), default=0)
    parameters = summary.parameters or largest
    return RepoPage(
        summary=msgspec.structs.replace(summary, formats=formats, parameters=parameters),
        branch=branch,
        variants=variants,
        license=card.value("license") or Card(front=told).value("license") or _tagged(info, "license:"),
        base_model=card.value("base_model") or Card(front=told).value("base_model"),
        card=card.text,
        prompt_template=card.value("prompt_template"),
        refusal=refusal,
    )


def summary_of(info: ModelInfo) -> RepoSummary:
    """A line of a search."""
    tags = set(info.tags or ())
    formats = tuple(kind for kind in Format if kind.value in tags)
    packed = [kind for kind in formats if kind is not Format.SAFETENSORS]
    access = Access.PRIVATE if info.private else Access.GATED if info.gated else Access.OPEN
    return RepoSummary(
        id=info.id,
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        updated=info.last_modified.timestamp() if isinstance(info.last_modified, datetime) else 0.0,
        access=access,
        formats=tuple(packed) or formats,
        parameters=_count(info),
    )


def _count(info: ModelInfo) -> int:
    """The number of weights as the Hub has it, 0 where it does not say."""
    told = info.gguf.get("total") if isinstance(info.gguf, dict) else getattr(info.safetensors, "total", None)
    return told if isinstance(told, int) and told > 0 else 0


def _tagged(info: ModelInfo, prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in info.tags or () if tag.startswith(prefix)), "")
