"""The Guide: the tiny model in the box, which answers questions about Parley before any other model is there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
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


def recited(sampling: Sampling) -> Sampling:
    """The Guide's sampling: greedy where nothing else was chosen, since it is to say what is so."""
    is_usual = sampling.temperature == Sampling().temperature
    return msgspec.structs.replace(sampling, temperature=0) if is_usual else sampling


def is_guide(path: str) -> bool:
    """Whether this is the Guide's file."""
    return Path(path) == _path()


def _path() -> Path:
    return resources() / "guide" / "guide.gguf"
