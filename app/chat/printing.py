"""PDFs of conversations, made in two children: one lays out the pages, the other draws the formulas.

Plain Python on the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.children.asked import AskedChild
from app.children.outcome import Outcome
from app.core.chat.typeset_frames import Drawn, Formula, Typeset
from app.core.data.exchange_errors import PrintFailed
from app.core.data.exchange_frames import PagesPrinted, PrintPages
from app.core.errors import ParleyError
from app.core.protocol import ChildRole, Failed

PRINT_SECONDS = 600.0
FORMULA_SECONDS = 3.0
MOST_GIVEN_UP = 10
"""After so many formulas that took too long, or the child with them, no other is drawn: they were made to."""

_MOST_KEPT = 512


class PagePrinter:
    """The same children print a whole archive."""

    def __init__(self, logs: Path, stopped: Callable[[], bool], command: Sequence[str] | None = None) -> None:
        self._pages = AskedChild(ChildRole.PRINT, logs, stopped, command)
        self._typesetter = AskedChild(ChildRole.TYPESET, logs, stopped, command)
        self._known: dict[Formula, Drawn | None] = {}
        self._given_up = 0
        self._last_id = 0

    def draw(self, formula: Formula) -> Drawn | None:
        """The formula as a picture; None if it cannot be drawn.

        Raises:
            Cancelled: it was stopped.
        """
        if formula not in self._known and self._given_up < MOST_GIVEN_UP:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._last_id += 1
            answer = self._typesetter.ask(Typeset(id=self._last_id, work=formula), FORMULA_SECONDS)
            self._given_up += not isinstance(answer, Drawn | Failed)
            self._known[formula] = answer if isinstance(answer, Drawn) else None
        return self._known.get(formula)

    def __call__(self, source: Path, target: Path, title: str) -> None:
        """Write the PDF of an HTML file.

        Raises:
            PrintFailed: the child came to nothing, or took longer than `PRINT_SECONDS`.
            Cancelled: it was stopped.
        """
        self._last_id += 1
        command = PrintPages(id=self._last_id, source=str(source), target=str(target), title=title)
        match self._pages.ask(command, PRINT_SECONDS):
            case PagesPrinted():
                return
            case Failed(failure=failure):
                error: ParleyError = failure.error()
                raise error
            case Outcome() as outcome:
                raise PrintFailed(reason=outcome.sentence)
            case _:
                raise PrintFailed(reason="it took too long")

    def close(self) -> None:
        """End the children."""
        self._pages.close()
        self._typesetter.close()
