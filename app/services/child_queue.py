"""Commands for one kind of child, run one after another: it lives as long as there is something to do.

Runs on the window's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from app.core import protocol
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome
    from app.core.protocol import Command

C = TypeVar("C", bound="Command")


class ChildQueue(Generic[C]):
    """Feeds a child.

    `take` gets each event with the command it belongs to, and says whether that was its last;
    `lost` gets a command whose child ended before it.
    """

    def __init__(
        self, start: ChildFactory, relay: Relay, take: Callable[[C, Event], bool], lost: Callable[[C, Outcome], None]
    ) -> None:
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._take = take
        self._lost = lost
        self._waiting: deque[C] = deque()
        self.current: C | None = None

    def add(self, command: C) -> None:
        """Run a command when those before it are done."""
        self._waiting.append(command)
        self._next()

    def cancel(self) -> None:
        """Ask the child to stop what it does; its last event follows all the same."""
        self._slot.tell(protocol.Cancel())

    def withdraw(self, command: C) -> bool:
        """Never run a command that still waits; false if it does not."""
        waits = command in self._waiting
        if waits:
            self._waiting.remove(command)
        return waits

    def kill(self) -> None:
        """End what is run; its command is lost, those behind it follow."""
        self._slot.kill()

    def abandon(self) -> None:
        """End what is run, and run nothing of what waits."""
        self._waiting.clear()
        self.kill()

    def shutdown(self) -> None:
        """End the child, and run nothing any more."""
        self._waiting.clear()
        self.current = None
        self._slot.shutdown()

    def _next(self) -> None:
        if self.current is not None:
            return
        if not self._waiting:
            self._slot.close()
            return
        self.current = self._waiting.popleft()
        self._slot.send(self.current)

    def _on_event(self, event: Event) -> None:
        if self.current is not None and self._take(self.current, event):
            self.current = None
            if isinstance(event, Failed):
                self._slot.close()  # it may be about to end
            self._next()

    def _on_exit(self, outcome: Outcome) -> None:
        command, self.current = self.current, None
        if command is not None:
            self._lost(command, outcome)
        self._next()
