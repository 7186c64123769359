"""The Guide: the tiny model in the box, which answers questions about Parley before any other model is there."""

from __future__ import annotations

from pathlib import Path

from app.core.messages import ModelIdentity
from app.core.models import ModelFile
from app.core.paths import resources

NAME = "Guide"


def guide_file() -> ModelFile | None:
    """The Guide as a model to choose; None where it was left out of the program."""
    path = _path()
    try:
        status = path.stat()
    except OSError:
        return None
    identity = ModelIdentity(name=NAME, path=str(path), bytes=status.st_size, built_in=True)
    return ModelFile(id=0, identity=identity, modified_ns=status.st_mtime_ns)


def is_guide(path: str) -> bool:
    """Whether this is the Guide's file."""
    return Path(path) == _path()


def _path() -> Path:
    return resources() / "guide" / "guide.gguf"
