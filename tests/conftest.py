"""Fixtures that several folders share: models made on the spot, and a watch over what tests leave behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

# numpy's own threads wait for each other in a loop: on a busy machine that takes ten times as long as one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

MAKE_GGUF = Path(__file__).parent / "models" / "make_gguf.py"

ModelFactory = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(request: pytest.FixtureRequest) -> ModelFactory:
    """Makes a model by shape and options, once for all test runs until the script changes."""
    version = hashlib.sha256(MAKE_GGUF.read_bytes()).hexdigest()[:16]
    folder = Path(request.config.cache.mkdir(f"models-{version}"))

    def make(shape: str, *options: str) -> Path:
        target = folder / f"{'-'.join([shape, *(option.lstrip('-') for option in options)])}.gguf"
        if not target.exists():
            unfinished = target.with_suffix(".unfinished")
            subprocess.run([sys.executable, MAKE_GGUF, shape, unfinished, *options], check=True)
            unfinished.replace(target)
        return target

    return make


@pytest.fixture(scope="session")
def tiny_gguf(make_model: ModelFactory) -> Path:
    """A llama of under a megabyte with a ChatML template and 4,096 tokens of context."""
    return make_model("tiny")


@pytest.fixture(scope="session")
def tiny_no_template_gguf(make_model: ModelFactory) -> Path:
    """The same without a chat template."""
    return make_model("tiny", "--no-template")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a child process or a thread running."""
    processes = set(psutil.Process().children())
    threads = set(threading.enumerate())
    yield
    left = [process for process in psutil.Process().children() if process not in processes]
    assert not [process.pid for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not [thread.name for thread in threading.enumerate() if thread not in threads]
