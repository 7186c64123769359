"""A short list of models to begin with, known without the network; runs in any process."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.core.catalog.hub import Recommendation


def load_recommended(resources: Path) -> tuple[Recommendation, ...]:
    """The whole list, the smallest first.

    Raises:
        OSError, msgspec.DecodeError: the program's own files are damaged.
    """
    found = msgspec.json.decode((resources / "recommended.json").read_bytes(), type=tuple[Recommendation, ...])
    return tuple(sorted(found, key=lambda one: one.bytes))
