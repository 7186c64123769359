"""A place for one child: started by the first command, heard while it is there, and replaced once it is gone.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.core.protocol import Event, Leave
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.child import Child
    from app.children.outcome import Outcome
    from app.core.protocol import Command

ChildFactory = Callable[[Callable[[Event], None], "Callable[[Outcome], None]"], "Child"]

_END_SECONDS = 5.0
"""How long a killed child may take: one that waits for a slow disk does not end at once."""


_FINISH_SECONDS = 10.0
"""How long a child may take that still has something to do: on a busy machine it may not even have started yet."""


class ChildSlot:
    """`take` gets the events of the child in here, `lost` how it ended while it was.

    One that was let go, by `close` or `drop`, is heard of no more, whatever it still says.
    """

    def __init__(
        self, start: ChildFactory, relay: Relay, take: Callable[[Event], None], lost: Callable[[Outcome], None]
    ) -> None:
        self._start = start
        self._relay = relay
        self._take = take
        self._lost = lost
        self._child: Child | None = None
        self._leaving: list[Child] = []
        self._is_over = False

    @property
    def is_filled(self) -> bool:
        """Whether there is a child now."""
        return self._child is not None

    def send(self, command: Command) -> None:
        """Send a command to the child; one is started if there is none."""
        if self._child is None and not self._is_over:
            child = self._child = self._start(
                lambda event: self._relay.post(lambda: self._on_event(child, event)),
                lambda outcome: self._relay.post(lambda: self._on_exit(child, outcome)),
            )
            child.start()
        self.tell(command)

    def tell(self, command: Command) -> None:
        """Send a command to the child if there is one."""
        if self._child is not None:
            self._child.send(command)

    def kill(self) -> None:
        """End the child at once, as if it had ended by itself: `lost` follows."""
        if self._child is not None:
            self._child.kill()

    def drop(self) -> None:
        """End the child at once, and hear of it no more."""
        if self._child is not None:
            self._child.kill()
            self._let_go()

    def close(self) -> None:
        """Have the child end by itself, what it has not done yet undone; it is heard of no more."""
        if self._child is not None:
            self._child.close()
            self._let_go()

    def shutdown(self) -> None:
        """End every child before the program exits, and start none any more."""
        self._is_over = True
        self.drop()
        for child in self._leaving:
            child.kill()
            child.wait(_END_SECONDS)

    def finish(self) -> None:
        """The same, but the child does first what it was sent, unless that takes long."""
        self._is_over = True
        self.tell(Leave())
        self.close()
        for child in self._leaving:
            child.shutdown(_FINISH_SECONDS)

    def _let_go(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._leaving.append(child)

    def _on_event(self, child: Child, event: Event) -> None:
        if child is self._child:
            self._take(event)

    def _on_exit(self, child: Child, outcome: Outcome) -> None:
        if child is self._child:
            self._child = None
            self._lost(outcome)
        else:
            self._leaving.remove(child)
