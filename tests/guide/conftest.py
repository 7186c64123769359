"""Makes the modules of `packaging/guide` importable, and reads the Guide's material once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

sys.path.insert(0, str(ROOT / "packaging"))

from guide.facts import Material, load_material  # noqa: E402


@pytest.fixture(scope="session")
def material() -> Material:
    return load_material()
