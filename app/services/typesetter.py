"""Colours for code and pictures of formulas, made in a child so that no text can hold up the window.

Runs on the window's thread. One piece of work is in the child at a time, the latest asked for first,
since that is what is in view; a child that takes too long over one is killed, and that one is given up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.core.chat.typeset_frames import Drawn, Tinted, Typeset, Work
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

PATIENCE_MS = 3000
# Besides, for a child that has yet to start: on a busy machine that takes longer than any honest work.
START_MS = 20_000
IDLE_MS = 60_000
MOST_WAITING = 256
MOST_KEPT = 512

Result = Tinted | Drawn | None
Then = Callable[[Result], None]


class Typesetter(QObject):
    """Owns at most one child, which ends when nothing was asked for a while."""

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.patience_ms = PATIENCE_MS
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._open = True
        self._number = 0
        self._doing: Work | None = None
        self._waiting: OrderedDict[Work, list[Then]] = OrderedDict()
        self._known: OrderedDict[Work, Result] = OrderedDict()
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._slot.kill)
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._rest)

    @property
    def is_busy(self) -> bool:
        """Whether something that was asked for is not done."""
        return bool(self._waiting)

    def ask(self, work: Work, then: Then) -> None:
        """Have a piece of work done; `then` gets what came of it, at once where that is known, None if nothing did.

        When very much is waiting already, what was asked for first is not done at all.
        """
        if work in self._known:
            self._known.move_to_end(work)
            then(self._known[work])
            return
        if not self._open:
            return
        self._waiting.setdefault(work, []).append(then)
        self._waiting.move_to_end(work)
        while len(self._waiting) > MOST_WAITING:
            oldest = next(waiting for waiting in self._waiting if waiting != self._doing)
            del self._waiting[oldest]
        self._next()

    def shutdown(self) -> None:
        """End the child, and start none any more."""
        self._open = False
        self._waiting.clear()
        self._patience.stop()
        self._idle.stop()
        self._slot.shutdown()

    def _next(self) -> None:
        if self._doing is not None or not self._waiting:
            return
        patience = self.patience_ms if self._slot.is_filled else self.patience_ms + START_MS
        self._number += 1
        self._doing = next(reversed(self._waiting))
        self._slot.send(Typeset(id=self._number, work=self._doing))
        self._patience.start(patience)
        self._idle.start()

    def _on_event(self, event: Event) -> None:
        if getattr(event, "id", None) != self._number:
            return
        if isinstance(event, Tinted | Drawn):
            self._settle(event)
        elif isinstance(event, Failed):
            self._settle(None)

    def _settle(self, result: Result) -> None:
        self._patience.stop()
        work, self._doing = self._doing, None
        if work is None:
            return
        self._known[work] = result
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
        for then in self._waiting.pop(work, ()):
            then(result)
        self._next()

    def _rest(self) -> None:
        if self._doing is None:
            self._slot.close()

    def _on_exit(self, _: Outcome) -> None:
        """Whatever was in the child's hands when it ended is given up; the rest is done by another one."""
        self._settle(None)
