"""Has llama.cpp itself tell what the variants need that the user looks at, one after the other.

Runs on the window's thread. The hub's child fetches a variant's headers, a probe child lets llama.cpp
plan with them. What cannot be measured keeps its formula, without a word to the user.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.catalog.hub import HeaderCopy, Variant
from app.core.engine.loading import LoadOptions
from app.core.errors import ParleyError
from app.core.prediction.probe_frames import MeasuredNeed, MeasureRemote
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.fit_service import FitService, VariantKey, variant_key
from app.services.hub_service import HubService, Question
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

REST_MS = 250
"""How long the slider has to rest before llama.cpp is asked anew."""

IDLE_MS = 20_000


class NeedFinder(QObject):
    """Owns at most one probe child, which ends when nothing was measured for a while.

    What was measured goes into the fit service before `measured` is emitted.
    """

    opened = Signal(object)  # Variant with exact weights
    measured = Signal(object)  # Variant

    def __init__(
        self, hub: HubService, fit: FitService, start: ChildFactory, relay: Relay, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._hub = hub
        self._fit = fit
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._wanted: tuple[Variant, ...] = ()
        self._options = LoadOptions()
        self._running: tuple[Variant, LoadOptions] | None = None
        self._headers: dict[VariantKey, tuple[HeaderCopy, ...]] = {}
        self._settled: set[tuple[VariantKey, LoadOptions]] = set()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._go_on)
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._end_idle_child)
        hub.variant_opened.connect(self._on_opened)
        hub.failed.connect(self._on_failed)

    def want(self, variants: Sequence[Variant], options: LoadOptions) -> None:
        """Measure these, in order, once the user's hand rests; what was wanted before is no more."""
        self._wanted, self._options = tuple(variants), options
        self._rest.start()

    def shutdown(self) -> None:
        """End the child before the program exits."""
        self._rest.stop()
        self._idle.stop()
        self._slot.shutdown()

    def _go_on(self) -> None:
        """Take the next step that is missing: a variant's headers, or llama.cpp's plan."""
        for variant in self._wanted:
            key = variant_key(variant)
            if key not in self._headers:
                self._open(variant)
                return
            if self._headers[key] and (key, self._options) not in self._settled:
                self._measure(variant, self._headers[key])
                return

    def _open(self, variant: Variant) -> None:
        asked = self._hub.asked_variant
        if asked is None or variant_key(asked) != variant_key(variant):
            self._hub.open_variant(variant)

    def _measure(self, variant: Variant, headers: tuple[HeaderCopy, ...]) -> None:
        if self._running is not None:
            return
        self._running = variant, self._options
        self._idle.start()
        self._slot.send(MeasureRemote(headers=headers, options=self._options))

    def _on_opened(self, variant: Variant, headers: tuple[HeaderCopy, ...]) -> None:
        self._headers[variant_key(variant)] = headers
        self.opened.emit(variant)
        self._go_on()

    def _on_failed(self, question: Question, error: ParleyError) -> None:
        """Not asked again until something else is wanted."""
        if question is Question.VARIANT:
            logging.info("A header was not read: %s", error.sentence)
            self._wanted = ()

    def _on_event(self, event: Event) -> None:
        if self._running is None:
            return
        variant = self._running[0]
        if isinstance(event, MeasuredNeed):
            self._fit.add_plan(variant, event)
            self._settle()
            self.measured.emit(variant)
        elif isinstance(event, Failed):
            logging.info("%s was not measured: %s", variant.name, event.failure.error().sentence)
            self._settle()
        self._go_on()

    def _on_exit(self, outcome: Outcome) -> None:
        """A child that ends while it measures would do so the next time too."""
        if self._running is not None:
            logging.info("%s was not measured: %s", self._running[0].name, outcome.sentence)
            self._settle()
            self._go_on()

    def _end_idle_child(self) -> None:
        if self._running is not None:
            self._idle.start()
        else:
            self._slot.close()

    def _settle(self) -> None:
        if self._running is not None:
            variant, options = self._running
            self._settled.add((variant_key(variant), options))
            self._running = None
