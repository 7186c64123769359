"""What this machine has, asked of a short-lived child so that no driver is loaded into the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.probe_frames import Machine, Probe
from app.core.protocol import Event
from app.services.engine_host import ChildFactory
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.child import Child


class MachineProbe(QObject):
    """`machine` is None until the child has answered; one that cannot answer leaves it so."""

    found = Signal(object)  # Machine

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._start = start
        self._relay = relay
        self._child: Child | None = None
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self.ask)
        self.machine: Machine | None = None

    def ask_after(self, milliseconds: int) -> None:
        """Ask when the window has had time for itself."""
        self._delay.start(milliseconds)

    def ask(self) -> None:
        """Start the child, unless one is at it; `found` follows."""
        if self._child is None:
            self._child = self._start(
                lambda event: self._relay.post(lambda: self._on_event(event)),
                lambda _: self._relay.post(self._on_exit),
            )
            self._child.start()
            self._child.send(Probe())

    def shutdown(self) -> None:
        """End a child that is still busy, and start none any more."""
        self._delay.stop()
        if self._child is not None:
            self._child.kill()
            self._child.wait(1)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Machine):
            self.machine = event
            self.found.emit(event)
        if self._child is not None:
            self._child.close()

    def _on_exit(self) -> None:
        """The child's end carries no news: it either answered or did not; another may be asked now."""
        self._child = None
