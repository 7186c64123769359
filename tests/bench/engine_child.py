"""An engine child whose events are waited for."""

from __future__ import annotations

import sys
from queue import SimpleQueue

from app.children.child import Child
from app.children.outcome import Outcome
from app.core.engine.engine_frames import Finished, Generate, Load, ModelInfo
from app.core.protocol import ChildRole, Event, Failed
from app.core.remote.server_frames import Connect
from tests.bench.environment import ROOT

LOG = ROOT / ".cache" / "bench-engine.log"


class Engine:
    """Started by `with`."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
        self._child = Child(ChildRole.ENGINE, self._inbox.put, self._inbox.put, log=LOG)

    def __enter__(self) -> Engine:
        self._child.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.shutdown()

    def load(self, command: Load | Connect) -> ModelInfo:
        """Load a model, or connect to one."""
        self._child.send(command)
        found = self._wait(ModelInfo)
        assert isinstance(found, ModelInfo)
        return found

    def answer(self, command: Generate) -> Finished:
        """Have it answered."""
        self._child.send(command)
        found = self._wait(Finished)
        assert isinstance(found, Finished)
        return found

    def _wait(self, kind: type[Event]) -> Event:
        while True:
            item = self._inbox.get()
            if isinstance(item, kind):
                return item
            if isinstance(item, Failed):
                raise item.failure.error()
            if isinstance(item, Outcome):
                sys.exit(f"the engine stopped: {item.sentence}")
