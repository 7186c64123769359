"""The typesetting child: colours code and draws formulas, at the pace that hostile ones take."""

from __future__ import annotations

from collections.abc import Callable

from app.core.chat.typeset_frames import Code, Formula, Tinted, Typeset
from app.core.errors import ProtocolBroken
from app.core.protocol import Event
from app.worker.highlight import language_name, suffix_of, tints_of
from app.worker.wire import Job


class TypesetServer:
    """Runs `Typeset`."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send

    def run(self, job: Job) -> None:
        """Run one command; see `Server`."""
        match job.command:
            case Typeset(id=number, work=Code(text=text, language=language)):
                self._send(Tinted(number, tints_of(text, language), language_name(language), suffix_of(language)))
            case Typeset(id=number, work=Formula() as formula):
                from app.worker.formulas import draw  # its fonts are read when the first formula comes

                self._send(draw(number, formula))
            case other:
                raise ProtocolBroken(f"not a command for typesetting: {other!r}")

    def idle(self) -> float | None:
        """There is no background work."""
        return None
