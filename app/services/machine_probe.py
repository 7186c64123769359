"""What this machine has, asked of a short-lived child so that no driver is loaded into the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.prediction.probe_frames import Machine, Probe
from app.core.protocol import Event
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay, ignore


class MachineProbe(QObject):
    """`machine` is None until the child has answered; one that cannot answer leaves it so."""

    found = Signal(object)  # Machine

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, ignore)  # one that ends without an answer tells nothing
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self.ask)
        self.machine: Machine | None = None

    def ask_after(self, milliseconds: int) -> None:
        """Ask when the window has had time for itself."""
        self._delay.start(milliseconds)

    def ask(self) -> None:
        """Start the child, unless one is at it; `found` follows."""
        if not self._slot.is_filled:
            self._slot.send(Probe())

    def shutdown(self) -> None:
        """End a child that is still busy, and start none any more."""
        self._delay.stop()
        self._slot.shutdown()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Machine):
            self.machine = event
            self.found.emit(event)
        self._slot.close()
