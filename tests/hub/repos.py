"""The reference repos, laid out once for all test runs until the script that makes them changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

MAKE_REPOS = Path(__file__).parent / "make_repos.py"


def reference_repos(config: pytest.Config) -> Path:
    """Their folder; only to be read."""
    assert config.cache is not None
    version = hashlib.sha256(MAKE_REPOS.read_bytes()).hexdigest()[:16]
    folder = Path(config.cache.mkdir(f"repos-{version}"))
    target = folder / "repos"
    with FileLock(folder / "lock"):
        if not target.exists():
            unfinished = folder / "unfinished"
            subprocess.run([sys.executable, MAKE_REPOS, unfinished], check=True)
            unfinished.replace(target)
    return target
