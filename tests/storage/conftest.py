"""An open database with its stores, and the values they are filled with."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from app.core.engine.loading import KvType, LoadOptions
from app.core.engine.messages import ModelIdentity, ReplyRecord
from app.core.engine.sampling import Sampling
from app.storage.conversations import ConversationStore
from app.storage.database import Database

NOBODY = 65534


class Clock:
    """A time that goes on by one second at each look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "parley.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database(path, busy_seconds=0.05) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> ConversationStore:
    return ConversationStore(database, clock=Clock())


@pytest.fixture
def record() -> ReplyRecord:
    return ReplyRecord(
        model=ModelIdentity("Tiny", "/models/tiny.gguf", 1234, "llama", "Q4_0"),
        engine="llama.cpp",
        engine_version="1",
        template="chatml",
        sampling=Sampling(temperature=0.2, logit_bias={5: -1.0}),
        options=LoadOptions(kv_type_k=KvType.Q8_0),
        seed=7,
    )


@pytest.fixture
def guarded_folder() -> Iterator[tuple[Path, Callable[[], AbstractContextManager[None]]]]:
    """A folder, and a context in which its permissions bind, also when the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)

        @contextmanager
        def unprivileged() -> Iterator[None]:
            if sys.platform == "win32" or os.geteuid() != 0:
                yield
                return
            os.setresuid(NOBODY, NOBODY, 0)
            try:
                yield
            finally:
                os.setresuid(0, 0, 0)

        yield folder, unprivileged
        folder.chmod(0o777)
