"""A window that is killed while it writes; `tests.bench kills` does it 200 times."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.window.kills import Kills


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
def test_kills_lose_nothing_that_was_committed(tmp_path: Path) -> None:
    kills = Kills(tmp_path / "home", seed=4)
    kills.run(8)
    assert len(kills.committed) > 20
    assert (kills.lost, kills.damage) == ([], [])
    assert kills.interrupted > 0
