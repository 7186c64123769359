"""Reads the Guide's material once."""

from __future__ import annotations

import pytest
from guide.facts import Material, load_material


@pytest.fixture(scope="session")
def material() -> Material:
    return load_material()
