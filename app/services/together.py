"""Finds out whether several models fit into memory at once; a probe child tells. On the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.engine.models import ModelFile
from app.core.prediction.probe_frames import Machine, MeasuredNeed, MeasureNeed, Probe
from app.core.prediction.together import Together, together
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

Then = Callable[[Together], object]


class TogetherFinder:
    """Asks once; `then` is called once, with a `Together` that does not fit where the child could not tell."""

    def __init__(self, start: ChildFactory, relay: Relay, files: Sequence[ModelFile], then: Then) -> None:
        self._files = files
        self._then: Then | None = then
        self._machine: Machine | None = None
        self._needs: list[MeasuredNeed] = []
        self._slot = ChildSlot(start, relay, self._on_event, lambda _: self._answer(Together()))
        self._slot.send(Probe())
        for file in files:
            self._slot.send(MeasureNeed(file.identity.path, file.options))

    def shutdown(self) -> None:
        """Nobody waits for the answer any more."""
        self._then = None
        self._slot.shutdown()

    def _on_event(self, event: Event) -> None:
        match event:
            case Machine():
                self._machine = event
            case MeasuredNeed():
                self._needs.append(event)
            case Failed():
                self._answer(Together())
        if self._machine is not None and len(self._needs) == len(self._files):
            weights = [file.identity.bytes for file in self._files]
            self._answer(together(self._machine, list(zip(weights, self._needs, strict=True))))

    def _answer(self, found: Together) -> None:
        then, self._then = self._then, None
        if then is not None:
            self._slot.close()
            then(found)
