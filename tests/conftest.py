"""Fixtures that several folders share: models made on the spot, and a watch over what tests leave behind."""

from __future__ import annotations

import atexit
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from display import a_display
from filelock import FileLock
from hypothesis import HealthCheck, settings
from keyring.backends.fail import Keyring
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.hub.hubserver import HubServer
from tests.hub.repos import reference_repos
from tests.hub.served import hub_with_tiny

if "PYTEST_XDIST_WORKER" in os.environ:
    # One of several processes has a screen of its own: windows of two would take the keyboard from each other.
    _screen = a_display()
    os.environ.update(_screen.__enter__())
    atexit.register(_screen.__exit__, None, None, None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell has it in the background; what the tests start would ignore Ctrl+C as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What is tried is the same in every run, however long it takes on a busy machine.
settings.register_profile(
    "tests",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")

# numpy's own threads wait for each other in a loop: on a busy machine that takes ten times as long as one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

MAKE_GGUF = Path(__file__).parent / "models" / "make_gguf.py"

WAIT_MS = 30_000
"""As long as a test waits where it names no limit: on a busy machine a child alone takes seconds to start."""

ENDING_SECONDS = 10
"""So long may that take to end which was told to."""

ModelFactory = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(request: pytest.FixtureRequest) -> ModelFactory:
    """Makes a model by shape and options, once for all test runs until the script changes."""
    version = hashlib.sha256(MAKE_GGUF.read_bytes()).hexdigest()[:16]
    folder = Path(request.config.cache.mkdir(f"models-{version}"))

    def make(shape: str, *options: str) -> Path:
        target = folder / f"{'-'.join([shape, *(option.lstrip('-') for option in options)])}.gguf"
        with FileLock(folder / "lock"):
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


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Parley's folders for this process and its children, which find nobody's token and no keyring either."""
    home = tmp_path / "home"
    monkeypatch.setenv("PARLEY_HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")  # for children
    monkeypatch.setattr("keyring.core._keyring_backend", Keyring())
    for name in ("HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def tiny_hub(
    request: pytest.FixtureRequest, tiny_gguf: Path, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HubServer]:
    """A local Hub with the reference repos and a small model that runs; this process and its children ask it."""
    with hub_with_tiny(reference_repos(request.config), tiny_gguf, tmp_path / "hub") as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


@pytest.fixture(scope="session")
def tiny_no_template_gguf(make_model: ModelFactory) -> Path:
    """The same without a chat template."""
    return make_model("tiny", "--no-template")


class PatientBot(QtBot):
    """Waits longer than its parent does, which fails tests on a busy machine that pass on an idle one."""

    def waitSignal(self, signal: Any, *, timeout: int = WAIT_MS, **options: Any) -> Any:
        """Until the signal is emitted."""
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals: Any, *, timeout: int = WAIT_MS, **options: Any) -> Any:
        """Until each of them is emitted."""
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = WAIT_MS) -> None:
        """Until it is true."""
        super().waitUntil(callback, timeout=timeout)

    def waitActive(self, widget: Any, *, timeout: int = WAIT_MS) -> Any:
        """Until the window has the keyboard; for `with`, and nothing without it."""
        return super().waitActive(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[QtBot]:
    """pytest-qt's, with patience."""
    yield PatientBot(request)
    # Offscreen it would be emptied after Python's end, and the process die of what Python put there.
    QGuiApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a child process or a thread running; what is ending is waited for."""
    processes = set(psutil.Process().children())
    threads = set(threading.enumerate())
    yield
    _, left = psutil.wait_procs([one for one in psutil.Process().children() if one not in processes], ENDING_SECONDS)
    assert not [process.pid for process in left]
    others = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in others:
        thread.join(ENDING_SECONDS)
    assert not [thread.name for thread in others if thread.is_alive()]
