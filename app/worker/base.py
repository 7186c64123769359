"""What the child's loop asks of the worker of a role."""

from __future__ import annotations

from abc import ABC, abstractmethod

from app.engines.base import Emit
from app.worker.wire import Job


class Worker(ABC):
    """Does what one role is for, on the child's main thread; `send` takes what it has to tell."""

    def __init__(self, send: Emit) -> None:
        self._send = send

    @abstractmethod
    def run(self, job: Job) -> None:
        """Run one command to its end.

        Raises:
            ProtocolBroken: it is not a command for this role.
            Cancelled: it was stopped.
            ParleyError: it came to nothing.
        """

    def idle(self) -> float | None:
        """Do a short piece of background work; how many seconds to rest then, None until a command comes."""
        return None
