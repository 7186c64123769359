"""What a file that Parley made of a checkpoint says of that; runs in any process."""

from __future__ import annotations

from app.catalog.gguf.header import GgufHeader
from app.core.checkpoints.repack import Making


def making_of(header: GgufHeader) -> Making | None:
    """How it was made; None of a file that somebody else made, or that does not say it rightly."""
    method, lossless = header.metadata.get("parley.repack.method"), header.metadata.get("parley.repack.lossless")
    if not isinstance(method, str) or not isinstance(lossless, bool):
        return None
    return Making(
        method=method,
        lossless=lossless,
        notes=_texts(header, "parley.repack.notes"),
        repo=header.text("parley.source.repo"),
        branch=header.text("parley.source.branch"),
        commit=header.text("parley.source.commit"),
        files=_texts(header, "parley.source.files"),
    )


def _texts(header: GgufHeader, key: str) -> tuple[str, ...]:
    found = header.metadata.get(key)
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, tuple) else ()
