"""A child that is asked one thing after the other, while the caller waits for the answer.

Any thread but the window's.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.children.child import Child
from app.children.outcome import Outcome
from app.core.errors import Cancelled
from app.core.protocol import ChildRole, Command, Event

_LOOK_SECONDS = 0.1
_START_SECONDS = 20.0  # more, for a child that has yet to start on a busy machine
_END_SECONDS = 5.0

Answer = Event | Outcome | None


class AskedChild:
    """Started for the first question, and anew for the one after its end."""

    def __init__(
        self, role: ChildRole, logs: Path, stopped: Callable[[], bool], command: Sequence[str] | None = None
    ) -> None:
        self._role = role
        self._log = logs / f"{role.value}.log"
        self._stopped = stopped
        self._command = command
        self._child: Child | None = None
        self._answers: queue.SimpleQueue[Event | Outcome] = queue.SimpleQueue()

    def ask(self, command: Command, seconds: float) -> Answer:
        """What the child answers; how it ended, if it did instead; None if it took too long, and was ended.

        Raises:
            Cancelled: the caller was stopped.
        """
        until = time.monotonic() + seconds + (0 if self._child else _START_SECONDS)
        self._started().send(command)
        while time.monotonic() < until:
            try:
                answer = self._answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if self._stopped():
                    raise Cancelled from None
                continue
            if isinstance(answer, Outcome):
                self._child = None
            return answer
        self.close()
        return None

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait(_END_SECONDS)

    def _started(self) -> Child:
        if self._child is None:
            answers = self._answers = queue.SimpleQueue()
            self._child = Child(self._role, answers.put, answers.put, log=self._log, command=self._command)
            self._child.start()
        return self._child
