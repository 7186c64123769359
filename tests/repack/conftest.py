"""Models that were repacked, in llama.cpp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.repack.logits import Runner


@pytest.fixture
def runner() -> Iterator[Callable[[Path], Runner]]:
    """Loads a model, and frees it in the end."""
    made: list[Runner] = []

    def load(path: Path) -> Runner:
        made.append(Runner(path))
        return made[-1]

    yield load
    for one in made:
        one.close()
